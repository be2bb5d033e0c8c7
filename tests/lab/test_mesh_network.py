"""The network of a live mesh, with real namespaces: who reaches whom, through what, and what stays afterwards."""

from __future__ import annotations

import errno
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from pyroute2.nftables.main import NFTables

from lab.errors import LabError
from lab.folder import LabFolder
from lab.mesh import namespace as namespaces
from lab.mesh import netfilter, network
from lab.mesh.namespace import NAMED, call, inside, program
from lab.mesh.network import add_pod, build, cut, mend, why_not
from lab.mesh.removal import FILES, existing, remove, remove_namespace
from lab.mesh.wiring import Forward, Node, Pod, Wiring, check, hub
from lab.process import Command, spawn
from lab.take_down import down

NEEDED = why_not()
real = pytest.mark.skipif(bool(NEEDED), reason=f"no live mesh on this machine: {NEEDED}")

APP, PROXY = 1000, 1337
EAST_GATEWAY, WEST_GATEWAY = "172.18.0.220", "172.18.0.221"
Server = Callable[[str, str, int, str], None]


def new_prefix() -> str:
    """As a lab's folder has one, but of no folder."""
    return f"mh{secrets.token_hex(4)}"


def node(prefix: str, name: str, number: int, *, gateway: str, at: str = "10.244.0.1", shared: str = "") -> Node:
    return Node(
        namespace=f"{prefix}-{name}",
        network=shared or name,
        address=at,
        outside=(f"100.64.0.{number}", gateway),
        forwards=(Forward(address=gateway, port=15443, to_address="10.244.0.2", to_port=8443),),
    )


def pod(
    prefix: str, name: str, on: str, at: str, *, captured: bool = False, hosts: Mapping[str, str] | None = None
) -> Pod:
    namespace = f"{prefix}-{name}"
    return Pod(namespace=namespace, network=on, address=at, via="10.244.0.1", captured=captured, hosts=hosts or {})


def two_clusters(prefix: str) -> Wiring:
    """East and west with the same addresses: a gateway and a client each, and in east a pod with a sidecar."""
    return Wiring(
        prefix=prefix,
        nodes=(
            node(prefix, "east", 1, gateway=EAST_GATEWAY),
            node(prefix, "west", 2, gateway=WEST_GATEWAY),
        ),
        pods=(
            pod(prefix, "east-gw", "east", "10.244.0.2"),
            pod(prefix, "east-client", "east", "10.244.0.20", hosts={"istiod.example": "10.244.0.1"}),
            pod(prefix, "east-app", "east", "10.244.0.11", captured=True),
            pod(prefix, "west-gw", "west", "10.244.0.2"),
            pod(prefix, "west-client", "west", "10.244.0.20"),
            pod(prefix, "west-only", "west", "10.244.0.30"),
        ),
    )


@pytest.fixture(scope="module")
def mesh() -> Iterator[str]:
    """The prefix of two clusters that are built; tests leave them as they are."""
    prefix = new_prefix()
    build(two_clusters(prefix))
    yield prefix
    remove(prefix)


@pytest.fixture
def prefix() -> Iterator[str]:
    """A prefix; whatever a test makes with it is removed."""
    prefix = new_prefix()
    yield prefix
    remove(prefix)


@pytest.fixture
def serve() -> Iterator[Server]:
    """Starts servers inside namespaces: each tells whoever connects its name, and whom it sees."""
    with ExitStack() as running:

        def start(namespace: str, address: str, port: int, name: str) -> None:
            listener = call(namespace, lambda: socket.create_server((address, port)))

            def answer() -> None:
                with suppress(OSError):  # closed
                    while True:
                        connection, (client, _) = listener.accept()
                        with connection:
                            connection.sendall(f"{name} {client}".encode())

            thread = threading.Thread(target=answer)
            thread.start()
            running.callback(listener.close)
            running.callback(thread.join)
            running.callback(listener.shutdown, socket.SHUT_RDWR)

        yield start


def connect(namespace: str, address: str, port: int, *, limit: float = 3.0) -> socket.socket:
    return call(namespace, lambda: socket.create_connection((address, port), timeout=limit))


def hear(namespace: str, address: str, port: int, *, limit: float = 3.0) -> list[str]:
    """What the server says that a program of root reaches: its name, and the address that it sees."""
    with connect(namespace, address, port, limit=limit) as connection:
        return connection.makefile().read().split()


def hear_as(uid: int, namespace: str, address: str, port: int, *, source: str = "0.0.0.0") -> str:
    """The name of the server that a program of this user reaches."""
    code = (
        "import socket\n"
        f"connection = socket.create_connection({(address, port)}, timeout=3, source_address={(source, 0)})\n"
        "print(connection.makefile().read())"
    )
    argv = inside(namespace, [sys.executable, "-I", "-S", "-c", code], uid=uid)
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[0]


# What reaches what


@real
def test_pods_of_a_network_reach_each_other_and_see_who_calls(mesh: str, serve: Server) -> None:
    """Nothing is between them."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    assert ["gateway", "10.244.0.20"] == hear(f"{mesh}-east-client", "10.244.0.2", 8080)


@real
def test_networks_have_the_same_addresses_and_do_not_meet(mesh: str, serve: Server) -> None:
    """An address means a different pod on each network, or none."""
    for cluster in ("east", "west"):
        serve(f"{mesh}-{cluster}-gw", "10.244.0.2", 8080, cluster)
    serve(f"{mesh}-west-only", "10.244.0.30", 8080, "only")
    assert "east" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]
    assert "west" == hear(f"{mesh}-west-client", "10.244.0.2", 8080)[0]
    assert "only" == hear(f"{mesh}-west-client", "10.244.0.30", 8080)[0]
    with pytest.raises(OSError, match=r"timed out|No route to host"):
        hear(f"{mesh}-east-client", "10.244.0.30", 8080, limit=0.5)


@real
def test_a_gateways_address_leads_to_its_pod_from_another_cluster(mesh: str, serve: Server) -> None:
    """The gateway sees the other cluster's node, never a pod's address, which would mean somebody else here."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 8443, "gateway of west")
    assert ["gateway", "of", "west", "100.64.0.1"] == hear(f"{mesh}-east-client", WEST_GATEWAY, 15443)


@real
def test_a_pod_may_use_the_gateway_of_its_own_cluster(mesh: str, serve: Server) -> None:
    """There and back through the node, which does not tell the pod of the shorter way that does not work."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8443, "gateway")
    for _ in range(3):
        assert ["gateway", "10.244.0.1"] == hear(f"{mesh}-east-client", EAST_GATEWAY, 15443)
    counters = call(f"{mesh}-east", lambda: Path("/proc/thread-self/net/snmp").read_text()).splitlines()
    names, values = (line.split() for line in counters if line.startswith("Icmp:"))
    assert "0" == dict(zip(names, values, strict=True))["OutRedirects"]


@real
def test_a_port_that_a_gateway_does_not_offer_is_refused(mesh: str, serve: Server) -> None:
    """Only what is forwarded gets in, even where the pod would listen."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 15021, "gateway")
    with pytest.raises(ConnectionRefusedError):
        hear(f"{mesh}-east-client", WEST_GATEWAY, 15021)


@real
def test_an_address_that_nobody_has_is_no_host(mesh: str) -> None:
    """It is asked for outside, as any other."""
    with pytest.raises(OSError, match=r"timed out|No route to host"):
        hear(f"{mesh}-east-client", "203.0.113.7", 443, limit=0.5)


@real
def test_clusters_that_share_a_network_reach_each_others_pods(prefix: str, serve: Server) -> None:
    """Each still has a node of its own, with its own outer address."""
    nodes = (
        node(prefix, "east", 1, gateway=EAST_GATEWAY, shared="flat"),
        node(prefix, "west", 2, gateway=WEST_GATEWAY, at="10.244.1.1", shared="flat"),
    )
    pods = (pod(prefix, "a", "flat", "10.244.0.10"), pod(prefix, "b", "flat", "10.244.1.10"))
    build(Wiring(prefix=prefix, nodes=nodes, pods=pods))
    serve(f"{prefix}-b", "10.244.1.10", 8080, "b")
    serve(f"{prefix}-west", WEST_GATEWAY, 8080, "west")
    assert ["b", "10.244.0.10"] == hear(f"{prefix}-a", "10.244.1.10", 8080)
    assert ["west", "100.64.0.1"] == hear(f"{prefix}-a", WEST_GATEWAY, 8080)


# Sidecars


@pytest.fixture
def sidecar(mesh: str, serve: Server) -> str:
    """The namespace of the captured pod, where an app and everything that the proxy listens on answer."""
    namespace = f"{mesh}-east-app"
    for port, name in {
        8080: "app",
        15001: "outbound",
        15006: "inbound",
        15053: "dns",
        15008: "tunnel",
        15021: "health",
    }.items():
        serve(namespace, "0.0.0.0", port, name)
    return namespace


@real
@pytest.mark.parametrize(("port", "name"), [(8080, "inbound"), (9999, "inbound"), (53, "inbound"), (15021, "health")])
def test_what_is_sent_to_a_pod_goes_to_its_sidecar(mesh: str, sidecar: str, port: int, name: str) -> None:
    """All of it, but the ports that the proxy serves itself."""
    assert name == hear(f"{mesh}-east-client", "10.244.0.11", port)[0]


@real
@pytest.mark.parametrize(
    ("uid", "address", "port", "name"),
    [
        pytest.param(APP, "10.96.0.80", 9080, "outbound", id="a-service"),
        pytest.param(APP, "240.0.0.12", 9080, "outbound", id="a-virtual-address"),
        pytest.param(APP, "10.244.0.2", 8080, "outbound", id="another-pod"),
        pytest.param(PROXY, "10.244.0.2", 8080, "other", id="the-proxy-to-another-pod"),
        pytest.param(APP, "127.0.0.1", 8080, "app", id="loopback"),
        pytest.param(PROXY, "127.0.0.1", 8080, "app", id="the-proxy-to-loopback"),
        pytest.param(APP, "10.244.0.11", 8080, "app", id="itself-by-address"),
        pytest.param(PROXY, "10.244.0.11", 8080, "inbound", id="the-proxy-chose-its-own-pod"),
        pytest.param(PROXY, "10.244.0.11", 15008, "tunnel", id="the-proxys-own-tunnel"),
        pytest.param(APP, "10.96.0.10", 53, "dns", id="dns"),
        pytest.param(APP, "127.0.0.1", 53, "dns", id="dns-on-loopback"),
        pytest.param(PROXY, "10.244.0.2", 53, "resolver", id="the-proxys-own-dns"),
    ],
)
def test_what_a_pod_sends_goes_to_its_sidecar(
    mesh: str, sidecar: str, serve: Server, uid: int, address: str, port: int, name: str
) -> None:
    """All that leaves the pod, but what the proxy itself sends."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "other")
    serve(f"{mesh}-east-gw", "10.244.0.2", 53, "resolver")
    assert name == hear_as(uid, sidecar, address, port)


@real
def test_the_proxy_reaches_its_own_app(sidecar: str) -> None:
    """From the address that marks what it passes on, even at the pod's address."""
    assert "app" == hear_as(PROXY, sidecar, "10.244.0.11", 8080, source="127.0.0.6")


@real
@pytest.mark.parametrize("server", ["127.0.0.1", "10.96.0.10"])
def test_dns_questions_go_to_the_sidecar(sidecar: str, server: str) -> None:
    """Also by UDP, whichever server is asked."""
    with call(sidecar, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as agent:
        agent.bind(("127.0.0.1", 15053))  # as pilot-agent does
        agent.settimeout(3)
        with call(sidecar, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
            asking.settimeout(3)
            asking.sendto(b"question", (server, 53))
            question, client = agent.recvfrom(100)
            agent.sendto(b"answer", client)
            assert (b"question", b"answer", (server, 53)) == (question, *asking.recvfrom(100))


@real
def test_a_pod_without_a_sidecar_is_not_captured(mesh: str, serve: Server) -> None:
    """What listens on the sidecar's ports gets nothing."""
    for port, name in {8080: "app", 15006: "inbound", 15001: "outbound"}.items():
        serve(f"{mesh}-east-client", "0.0.0.0", port, name)
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "other")
    assert "app" == hear(f"{mesh}-east-gw", "10.244.0.20", 8080)[0]
    assert "other" == hear_as(APP, f"{mesh}-east-client", "10.244.0.2", 8080)


@real
def test_there_is_no_way_around_a_sidecar_by_ipv6(mesh: str) -> None:
    """The rules are for IPv4, so no namespace has an address of the other kind."""
    for name in existing(mesh):
        assert [] == call(name, lambda: ask_ip("-6", "addr"))


# Programs inside


@real
def test_a_program_inside_is_the_users_and_sees_the_pods_files(mesh: str) -> None:
    """Its own hosts and resolver, the user's identity, and the right to read what lies in a closed folder."""
    code = "id -u; id -g; id -G; cat /etc/hosts /etc/resolv.conf; grep CapEff /proc/self/status"
    argv = inside(f"{mesh}-east-client", ["/bin/sh", "-c", code], uid=APP)
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [
        *("1000", "1000", "1000"),
        *("127.0.0.1 localhost", "10.244.0.1 istiod.example"),
        *("nameserver 127.0.0.1", "options timeout:1 attempts:1"),
        "CapEff:\t0000000000000004",
    ] == printed


@real
def test_a_program_inside_may_listen_on_a_low_port(mesh: str) -> None:
    """As in a container: many services have port 80."""
    code = "import socket; print(socket.create_server(('0.0.0.0', 80)).getsockname())"
    argv = inside(f"{mesh}-east-client", [sys.executable, "-I", "-S", "-c", code], uid=APP)
    assert "('0.0.0.0', 80)\n" == subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@real
def test_a_process_of_the_lab_inside_keeps_its_pid(
    mesh: str, lab_folder: LabFolder, eventually: Callable[..., None]
) -> None:
    """The recorded process is the program itself, so it can be ended by its record."""
    folder = lab_folder.clusters / "east"
    folder.mkdir()
    argv = inside(f"{mesh}-east-client", ["/bin/sleep", "60"], uid=APP)
    command = Command(cluster="east", program="app", argv=argv, folder=folder, log=folder / "log" / "app.log")
    process = spawn(command, lab_folder)
    eventually(lambda: Path(f"/proc/{process.pid}/cmdline").read_bytes() == b"/bin/sleep\x0060\x00")
    assert _network_of(NAMED / f"{mesh}-east-client") == _network_of(f"/proc/{process.pid}/ns/net")


# Black holes


@real
def test_a_cut_node_is_a_black_hole_until_it_is_mended(mesh: str, serve: Server) -> None:
    """Open connections hang and go on, new ones are not answered; nobody is told, and others are not affected."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 8443, "west")
    serve(f"{mesh}-east-gw", "10.244.0.2", 8443, "east")
    with call(f"{mesh}-west-gw", lambda: socket.create_server(("10.244.0.2", 8444))) as listener:
        client = connect(f"{mesh}-west-client", "10.244.0.2", 8444)
        inside_west, _ = listener.accept()
    listener = call(f"{mesh}-west-only", lambda: socket.create_server(("10.244.0.30", 8080)))
    with client, inside_west, listener:
        outer = call(f"{mesh}-west", lambda: socket.create_server((WEST_GATEWAY, 9000)))
        with outer, connect(f"{mesh}-east-client", WEST_GATEWAY, 9000) as asking:
            answering, _ = outer.accept()
            with answering:
                cut(f"{mesh}-west")
                try:
                    asking.sendall(b"lost for now")
                    answering.settimeout(0.5)
                    with pytest.raises(TimeoutError):
                        answering.recv(100)
                    with pytest.raises(TimeoutError):
                        hear(f"{mesh}-east-client", WEST_GATEWAY, 15443, limit=0.5)
                    inside_west.sendall(b"not cut")
                    assert b"not cut" == client.recv(100)
                    assert "east" == hear(f"{mesh}-east-client", EAST_GATEWAY, 15443)[0]
                finally:
                    mend(f"{mesh}-west")
                answering.settimeout(10)
                assert b"lost for now" == answering.recv(100)
    assert "west" == hear(f"{mesh}-east-client", WEST_GATEWAY, 15443)[0]


@real
def test_a_cut_pod_is_a_black_hole_until_it_is_mended(mesh: str, serve: Server) -> None:
    """Neither its neighbours nor its node reach it."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    cut(f"{mesh}-east-gw")
    try:
        for other in ("east-client", "east"):
            with pytest.raises(TimeoutError):
                hear(f"{mesh}-{other}", "10.244.0.2", 8080, limit=0.5)
    finally:
        mend(f"{mesh}-east-gw")
    assert "gateway" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]


@real
def test_cutting_and_mending_may_be_repeated(mesh: str, serve: Server) -> None:
    """The last one counts."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    for act in (mend, cut, cut, mend, mend):
        act(f"{mesh}-east-gw")
    assert "gateway" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]


@real
@pytest.mark.parametrize("act", [cut, mend])
def test_what_does_not_exist_cannot_be_cut(act: Callable[[str], None], mesh: str, prefix: str) -> None:
    """Neither in a lab that exists, nor in one that does not."""
    for name in (f"{mesh}-nobody", f"{prefix}-east"):
        with pytest.raises(LabError, match=f"no node or pod {name}"):
            act(name)


# Making and removing


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
    home = _network_of("/proc/thread-self/ns/net")
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda prefix: build(two_clusters(prefix)), prefixes))
            homes = list(pool.map(lambda _: _network_of("/proc/thread-self/ns/net"), range(8)))
        assert {home} == {*homes, _network_of("/proc/thread-self/ns/net")}
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


@real
def test_remains_of_a_crash_are_removed(prefix: str) -> None:
    """A name without a namespace, files without a name, and a mesh of which half was deleted by hand."""
    build(two_clusters(prefix))
    subprocess.run([program("ip"), "netns", "del", hub(prefix)], check=True)
    subprocess.run([program("ip"), "netns", "del", f"{prefix}-east-gw"], check=True)
    (NAMED / f"{prefix}-begun").touch()
    (FILES / f"{prefix}-other").mkdir()
    assert 8 == remove(prefix)
    assert ([], []) == (existing(prefix), list(FILES.glob(f"{prefix}*")))
    assert 0 == remove(prefix)
    build(two_clusters(prefix))


@real
def test_what_runs_in_a_removed_namespace_is_killed_and_nothing_else(prefix: str) -> None:
    """Another lab's namespaces and programs, and those of the machine, stay."""
    other = f"{prefix}0"  # its names begin with the same letters
    for name in (f"{prefix}-a", f"{other}-a"):
        subprocess.run([program("ip"), "netns", "add", name], check=True)
    sleep = ["/bin/sleep", "60"]
    own, others, free = (
        subprocess.Popen(argv)
        for argv in (inside(f"{prefix}-a", sleep, uid=0), inside(f"{other}-a", sleep, uid=0), sleep)
    )
    try:
        while b"sleep" not in Path(f"/proc/{own.pid}/cmdline").read_bytes():
            assert own.poll() is None
        assert 1 == remove(prefix)
        assert -signal.SIGKILL == own.wait()
        assert (None, None) == (others.poll(), free.poll())
        assert [f"{other}-a"] == existing(other)
    finally:
        for process in (own, others, free):
            process.kill()
            process.wait()
        remove(other)


@real
@pytest.mark.parametrize("with_folder", [True, False])
def test_down_removes_the_namespaces_of_a_lab(lab_folder: LabFolder, with_folder: bool) -> None:
    """Also when somebody deleted the folder by hand: the folder's path is enough."""
    build(two_clusters(lab_folder.prefix))
    if not with_folder:
        subprocess.run(["rm", "-r", lab_folder.path], check=True)
    down(lab_folder.path)
    assert [] == existing(lab_folder.prefix)


@real
def test_the_guard_removes_the_namespaces_of_a_lab(
    lab_folder: LabFolder, lab_environment: dict[str, str], eventually: Callable[..., None]
) -> None:
    """When the process that wanted it was killed."""
    program = f"""
import os, signal
from lab.folder import LabFolder
from lab.guard import watching
from lab.mesh.network import build
from lab.mesh.wiring import Wiring
lab = LabFolder.at({str(lab_folder.path)!r})
with watching(lab):
    build(Wiring(prefix=lab.prefix, nodes=(), pods=()))
    print("built", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], env=lab_environment, capture_output=True, check=False)
    assert (-signal.SIGKILL, b"built\n") == (killed.returncode, killed.stdout)
    eventually(lambda: not existing(lab_folder.prefix) and not lab_folder.path.exists())


def ask_ip(*arguments: str) -> list[dict[str, Any]]:
    text = subprocess.run([program("ip"), "-j", *arguments], capture_output=True, text=True, check=True).stdout
    return [entry for entry in json.loads(text or "[]") if entry]


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


def _network_of(path: Path | str) -> tuple[int, int]:
    seen = Path(path).stat()
    return seen.st_dev, seen.st_ino


# What needs no namespaces


def test_a_folders_prefix_is_its_own(tmp_path: Path) -> None:
    """Ten characters, the same for every way to write the path, and another for another folder."""
    one, same = LabFolder.at(tmp_path / "lab"), LabFolder.at(tmp_path / "x" / ".." / "lab")
    assert one.prefix == same.prefix != LabFolder.at(tmp_path / "lab2").prefix
    assert 10 == len(one.prefix)
    assert f"{one.prefix}-hub" == hub(f"{one.prefix}-east-reviews-v1")


EAST = node("mh0", "east", 1, gateway=EAST_GATEWAY)


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
