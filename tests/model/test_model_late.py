"""Late leaves: what is unknown while compiling travels through it untouched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from make import compiled, failover, mesh, shift, to, traffic

from meshhub_pulumi.model.error import ArgsError
from meshhub_pulumi.model.late import Derived, Late, bind_paths, comes_later, derive, is_late
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.model.topology import Cluster, EastWestGateway
from meshhub_pulumi.report.yaml_text import print_manifest


class Unknown:
    """Something to wait for, as Pulumi's Output is: nobody may ask for its value."""

    def apply(self, _then: Callable[[Any], Any]) -> Any:
        raise AssertionError("a compile never waits")

    def future(self) -> Any:
        raise AssertionError("a compile never waits")


def late_mesh(address: Any) -> Spec:
    """A mesh whose west is reached by an address that comes later."""
    joined = mesh("east", Cluster("west", gateway=EastWestGateway(addresses=[address, "10.0.1.9"])))
    bind_paths(joined.args)
    return joined


def test_late_leaves_are_recognised_by_shape() -> None:
    """An object with `apply` and `future` is late, and so is an awaitable; a string or a number is not."""

    async def address() -> str:
        return "10.0.0.1"

    waiting = address()
    assert [comes_later(x) for x in (Unknown(), waiting, "10.0.0.1", 5, None)] == [True, True, False, False, False]
    waiting.close()


@pytest.mark.parametrize("compat", [None, "smh-0.8"])
def test_late_leaves_pass_through(compat: str | None) -> None:
    """An address that comes later stands in the manifest as it was given, and is printed with its path."""
    address = Unknown()
    send = traffic("send", traffic_shift=shift((to("west"), 100)))
    made = compiled(late_mesh(address), send, compat=compat)
    (entry,) = [m.body for k, m in made.manifests.items() if (k.cluster, k.kind) == ("east", "ServiceEntry")]
    leaf = entry["spec"]["endpoints"][0]["address"]
    assert made.errors == []
    assert isinstance(leaf, Late)
    assert leaf.source is address
    assert "address: '<late: clusters[1].gateway.addresses[0]>'" in print_manifest(entry)


def test_what_follows_from_a_late_leaf_is_described() -> None:
    """How a host is resolved depends on what its gateways' addresses turn out to be."""
    send = traffic("send", traffic_shift=shift((to("west"), 100)))
    made = compiled(late_mesh(Unknown()), send)
    (entry,) = [m.body for k, m in made.manifests.items() if (k.cluster, k.kind) == ("east", "ServiceEntry")]
    resolution = entry["spec"]["resolution"]
    assert isinstance(resolution, Derived)
    assert repr(resolution) == "<late: clusters[1].gateway.addresses[0]>"
    assert [resolution.compute(x, "10.0.1.9") for x in ("10.0.1.8", "gw.example.com")] == ["STATIC", "DNS"]
    with pytest.raises(ValueError, match=r"^IPv6 addresses cannot stand beside DNS names$"):
        resolution.compute("gw.example.com", "fd00::1")


def test_failover_refuses_a_late_dns_name() -> None:
    """A failover's gateway must turn out to be an IP address."""
    made = compiled(late_mesh(Unknown()), failover("ha", "east", "west"))
    endpoints = [
        endpoint["address"]
        for key, manifest in made.manifests.items()
        if key.cluster == "east"
        for endpoint in manifest.body["spec"].get("endpoints", ())
    ]
    (waiting,) = filter(is_late, endpoints)
    assert made.errors == []
    assert waiting.compute("10.0.0.1") == "10.0.0.1"
    with pytest.raises(ValueError, match=r"^failover needs gateways with IP addresses, not DNS names$"):
        waiting.compute("gw.example.com")


def test_the_same_late_leaf_is_no_conflict() -> None:
    """Late leaves are compared by identity: what two policies make of one address is one value."""
    first = traffic("a", traffic_shift=shift((to("west"), 100)))
    second = traffic("b", "north", traffic_shift=shift((to("west"), 100)), destinations=[to("east", port=None)])
    made = compiled(late_mesh(Unknown()), first, second)
    assert made.errors == []


def test_late_values_are_checked_when_they_arrive() -> None:
    """The check is that of the field; its message names the path and never the value, which may be a secret."""
    args = late_mesh(Unknown()).args
    gateway = args.clusters[1].gateway  # type: ignore[attr-defined]
    late = gateway.addresses[0]
    assert late.check("GW.Example.com.") == "gw.example.com"
    with pytest.raises(
        ValueError, match=r"^clusters\[1\]\.gateway\.addresses\[0\]: .*IP address or a DNS name"
    ) as error:
        late.check("tcp://secret")
    assert "secret" not in str(error.value)


def test_plain_values_are_checked_at_once() -> None:
    """The same field refuses a plain value that does not fit, where it stands."""
    with pytest.raises(ArgsError, match=r"^EastWestGateway: address: must be an IP address or a DNS name"):
        EastWestGateway(address="http://gw.example.com")


def test_paths_are_bound_below_mappings_and_lists() -> None:
    """`bind_paths` reaches every late leaf, wherever it stands."""
    late = EastWestGateway(address=Unknown()).address
    for value, path in (
        ({"a": [0, {"b c": late}]}, '["a"][1]["b c"]'),
        ((late,), "[0]"),
        (EastWestGateway(address=late), "address"),
    ):
        bind_paths(value)
        assert repr(late) == f"<late: {path}>"


def test_known_parts_are_computed_at_once() -> None:
    """Without a late part there is nothing to wait for."""
    assert derive(max, 1, 2) == 2
