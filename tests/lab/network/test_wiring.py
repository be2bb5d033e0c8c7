"""What is checked before a network is built, and told where none can be."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from two_clusters import EAST_GATEWAY, node, pod, real, two_clusters

from lab.errors import LabError
from lab.folder import LabFolder
from lab.mesh import namespace as namespaces
from lab.mesh import network
from lab.mesh.network import why_not
from lab.mesh.wiring import Node, Pod, Wiring, check, hub
from lab.take_down import down

EAST = node("mh0", "east", 1, gateway=EAST_GATEWAY)


def test_a_folders_prefix_is_its_own(tmp_path: Path) -> None:
    """Ten characters, the same for every way to write the path, and another for another folder."""
    one, same = LabFolder.at(tmp_path / "lab"), LabFolder.at(tmp_path / "x" / ".." / "lab")
    assert one.prefix == same.prefix != LabFolder.at(tmp_path / "lab2").prefix
    assert 10 == len(one.prefix)
    assert f"{one.prefix}-hub" == hub(f"{one.prefix}-east-reviews-v1")


@pytest.mark.parametrize(
    ("nodes", "pods", "message"),
    [
        pytest.param((EAST,), [pod("mh1", "a", "east", "10.244.0.9")], "'mh1-a' cannot be", id="foreign-name"),
        pytest.param((EAST,), [pod("mh0", "a b", "east", "10.244.0.9")], "'mh0-a b' cannot be", id="two-words"),
        pytest.param((EAST,), [pod("mh0", "hub", "east", "10.244.0.9")], "mh0-hub is there twice", id="hub"),
        pytest.param((EAST,), [pod("mh0", "east", "east", "10.244.0.9")], "mh0-east is there twice", id="twice"),
        pytest.param(
            (EAST,), [pod("mh0", "a", "east", "10.244.0.1")], "10.244.0.1 on network east", id="address-on-a-network"
        ),
        pytest.param(
            (EAST, node("mh0", "west", 2, gateway=EAST_GATEWAY)),
            [],
            f"two nodes have the outer address {EAST_GATEWAY}",
            id="gateways-address",
        ),
        pytest.param(
            (node("mh0", "east", 1, gateway="10.244.0.2"),), [], "10.244.0.2 cannot be an outer", id="inner-gateway"
        ),
    ],
)
def test_a_wiring_that_cannot_work_is_refused(nodes: tuple[Node, ...], pods: list[Pod], message: str) -> None:
    """Before anything is made, and the message names what is wrong."""
    with pytest.raises(LabError, match=message):
        check(Wiring(prefix="mh0", nodes=nodes, pods=tuple(pods)))


def test_a_wiring_that_works_is_taken() -> None:
    """The same address on two networks is two addresses."""
    check(two_clusters("mh0"))


def test_only_root_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for a skipped test is one that its reader can act on."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "network namespaces need root" == why_not()


def test_a_machine_without_iproute2_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the program's name."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(namespaces, "PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "ip is not installed" == why_not()


@real
def test_a_kernel_without_packet_rules_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the kernel says to the first rules."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(network.netfilter, "add_table", refuse)
    assert "the kernel's nf_tables does not take the rules: Operation not supported" == why_not()


def test_a_user_without_rights_takes_down_a_lab_without_a_network(
    lab_folder: LabFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No program is needed to remove nothing."""
    monkeypatch.setattr(namespaces, "PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert 0 == down(lab_folder.path)
    assert not lab_folder.path.exists()
