"""Building a network: pods that come and go, what cannot be built, what is there already."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyroute2.nftables.main import NFTables
from two_clusters import Server, ask_ip, hear, network_of, new_prefix, pod, real, two_clusters

from lab.errors import LabError
from lab.mesh import netfilter
from lab.mesh.network import add_pod, build, cut, mend
from lab.mesh.removal import FILES, existing, remove, remove_namespace
from lab.mesh.wiring import Wiring


def machine() -> object:
    """What may not change on the machine itself: links, addresses, routes, packet rules, forwarding."""
    with NFTables(nfgen_family=netfilter.IPV4) as tables:
        rules = [str(rule) for rule in (*tables.get_tables(), *tables.get_rules())]
    links = [[link[key] for key in ("ifname", "address", "flags", "operstate")] for link in ask_ip("link")]
    addresses = [
        [link["ifname"], [(info["local"], info["prefixlen"]) for info in link["addr_info"]]] for link in ask_ip("addr")
    ]
    forwarding = Path("/proc/sys/net/ipv4/ip_forward").read_text()
    return links, addresses, ask_ip("route", "show", "table", "all"), ask_ip("rule"), rules, forwarding


@real
def test_a_pod_comes_and_goes(prefix: str, serve: Server) -> None:
    """One that returns at its address is found at once by who knew it, and is not cut although it was."""
    build(two_clusters(prefix))
    late = pod(prefix, "late", "east", "10.244.0.40")
    for name in ("first", "second"):
        add_pod(late)
        serve(late.namespace, "10.244.0.40", 8080, name)
        assert [name, "10.244.0.20"] == hear(f"{prefix}-east-client", "10.244.0.40", 8080)
        cut(late.namespace)
        remove_namespace(late.namespace)
        assert late.namespace not in existing(prefix)
        assert not (FILES / late.namespace).exists()
    remove_namespace(late.namespace)


@real
def test_a_pod_that_is_there_is_not_made_again(mesh: str) -> None:
    """And stays as it is."""
    before = existing(mesh)
    with pytest.raises(LabError, match="already"):
        add_pod(pod(mesh, "east-gw", "east", "10.244.0.2"))
    assert before == existing(mesh)


@real
def test_the_machine_is_as_before(prefix: str) -> None:
    """Neither while there is a mesh nor afterwards is anything changed outside its namespaces."""
    before = machine()
    build(two_clusters(prefix))
    cut(f"{prefix}-west")
    assert before == machine()
    mend(f"{prefix}-west")
    assert 9 == remove(prefix)
    assert before == machine()
    assert [] == existing(prefix)
    assert [] == list(FILES.glob(f"{prefix}*"))


@real
def test_threads_build_side_by_side_and_stay_where_they_are() -> None:
    """Two labs at once, from a pool of threads that are used again."""
    prefixes = [new_prefix(), new_prefix()]
    home = network_of("/proc/thread-self/ns/net")
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda prefix: build(two_clusters(prefix)), prefixes))
            homes = list(pool.map(lambda _: network_of("/proc/thread-self/ns/net"), range(8)))
        assert {home} == {*homes, network_of("/proc/thread-self/ns/net")}
        assert [9, 9] == [len(existing(prefix)) for prefix in prefixes]
    finally:
        assert [9, 9] == [remove(prefix) for prefix in prefixes]


@real
def test_what_cannot_be_built_leaves_nothing(prefix: str) -> None:
    """Whichever part it is; the message quotes what was wrong."""
    whole = two_clusters(prefix)
    wrong = pod(prefix, "east-wrong", "east", "10.244.0.999")
    with pytest.raises(LabError, match=r"east-wrong: .* rather than \"10\.244\.0\.999/16\""):
        build(Wiring(prefix=prefix, nodes=whole.nodes, pods=(*whole.pods, wrong)))
    assert [] == existing(prefix)
    assert [] == list(FILES.glob(f"{prefix}*"))


@real
def test_a_mesh_that_is_there_is_not_built_over(mesh: str, serve: Server) -> None:
    """It may be somebody's who uses it: the error leaves it alone."""
    with pytest.raises(LabError, match="already"):
        build(two_clusters(mesh))
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "still there")
    assert "still" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]
