"""Ports: nine per base, a base only when all are free, never the same base for two labs."""

from __future__ import annotations

import socket

import pytest

from lab.errors import LabError
from lab.ports import ADDRESS, FIRST, LAST, STEP, Ports, busy, is_free, reserve


@pytest.fixture
def listener():
    with socket.socket() as listening:
        listening.bind((ADDRESS, 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_nine_ports_are_distinct_and_follow_the_base() -> None:
    """Every named port lies in base..base+8, and none is named twice."""
    ports = Ports(base=20_000)
    named = [getattr(ports, name) for name, kind in vars(Ports).items() if isinstance(kind, property)]
    assert list(range(20_000, 20_009)) == sorted(named) == list(ports.all())


def test_bases_do_not_overlap() -> None:
    """Two neighbouring bases share no port, and all lie below the ports of outgoing connections."""
    assert Ports(base=FIRST).all()[-1] < FIRST + STEP
    assert Ports(base=LAST - STEP).all()[-1] < 32_768


def test_a_port_somebody_listens_on_is_not_free(listener: int) -> None:
    """A listening port is busy, and is free again when the listener is gone."""
    assert not is_free(listener)
    assert listener in busy(Ports(base=listener - 4))


def test_a_connection_in_time_wait_does_not_make_a_port_busy() -> None:
    """A cluster can take its own ports again at once after it was stopped."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((ADDRESS, 0))
        server.listen()
        port = server.getsockname()[1]
        client = socket.create_connection((ADDRESS, port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert is_free(port)


def test_another_base_is_chosen_when_one_port_is_taken() -> None:
    """A preferred base with one busy port is passed over."""
    with reserve([None]) as [free], socket.socket() as foreign:
        base = free.base
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind((ADDRESS, base + 7))
        foreign.listen()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lab.ports._reservation", lambda _: socket.socket(socket.AF_UNIX))
            with reserve([base]) as [chosen]:
                assert chosen.base != base
                assert not busy(chosen)


def test_a_preferred_base_is_kept_when_it_is_free() -> None:
    """A cluster that starts again gets its old ports."""
    with reserve([None]) as [free]:
        base = free.base
    with reserve([base]) as [again]:
        assert base == again.base


def test_a_new_cluster_takes_neither_a_preferred_base_nor_one_to_avoid() -> None:
    """A cluster that is stopped finds its ports free when it starts again."""
    with reserve([None, None]) as [first, second]:
        bases = [first.base, second.base]
    with reserve([None, bases[0]], avoid=[bases[1]]) as [new, old]:
        assert old.base == bases[0]
        assert new.base not in bases


def test_two_labs_that_start_together_get_different_bases() -> None:
    """A reservation holds before anything listens, and ends with its block."""
    with reserve([None, None]) as mine, reserve([None, mine[0].base]) as theirs:
        bases = [ports.base for ports in [*mine, *theirs]]
    assert len(set(bases)) == 4


def test_labs_look_in_different_places() -> None:
    """So the ports of a stopped cluster are not the first that another lab finds."""
    found = set()
    for lab in ("mh0a1b2c3d", "mh4e5f6a7b", "mh8c9d0e1f"):
        with reserve([None], lab=lab) as [ports]:
            found.add(ports.base)
    assert 3 == len(found)


def test_no_free_base_is_a_clean_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """When every base is taken the error says between which ports it looked."""
    monkeypatch.setattr("lab.ports.is_free", lambda _: False)
    with pytest.raises(LabError, match=f"{FIRST} and {LAST}"), reserve([None]):
        pass
