"""The network of a live mesh: built from a Wiring in namespaces of its own, cut and mended, and removed.

The machine's own namespace gets no interface, no address, no route and no rule. One namespace is the hub: its
bridges are the networks, and the internet between the clusters.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from functools import partial
from pathlib import Path

from lab.errors import LabError
from lab.mesh import links, netfilter, rules
from lab.mesh.links import INNER, OUTER
from lab.mesh.namespace import NAMED, call, call_in_new, program
from lab.mesh.netfilter import Chain
from lab.mesh.removal import FILES, existing, remove, remove_namespace
from lab.mesh.wiring import Forward, Node, Pod, Wiring, check, hub

_TABLE = "mesh"
_SYSCTL = Path("/proc/sys")
# The rules are for IPv4: nothing is to get past them.
_EVERYWHERE = {"net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1"}
_NODE = {
    **_EVERYWHERE,
    "net/ipv4/ip_forward": "1",
    # A pod that uses its own cluster's gateway is not to be told of a shorter way, which the rules do not know.
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
}
# As container runtimes do: a program without privileges may listen on port 80.
_POD = {**_EVERYWHERE, "net/ipv4/ip_unprivileged_port_start": "0"}


def why_not() -> str:
    """Why this machine cannot hold such a network, in a few words; empty when it can.

    Tries what `build` does in a namespace that vanishes at once; takes about 30 ms.
    """
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        program("ip")
        program("setpriv")
        call_in_new(_try)
    except LabError as problem:
        return problem.message
    except OSError as problem:
        return f"the kernel makes no network namespace: {problem.strerror}"
    return ""


def build(wiring: Wiring) -> None:
    """Make everything that the wiring names; it works when this returns.

    Raises LabError when something cannot be made, and then nothing of it is left.
    """
    check(wiring)
    if existing(wiring.prefix):
        raise LabError(
            f"network namespaces {wiring.prefix}-* are there already",
            advice="Another lab uses this folder, or one crashed: take it down first.",
        )
    try:
        _make_hub(hub(wiring.prefix), sorted({place.network for place in wiring.places}))
        for node in wiring.nodes:
            _make_node(node)
        for pod in wiring.pods:
            _make_pod(pod)
    except BaseException:
        remove(wiring.prefix)
        raise


def add_pod(pod: Pod) -> None:
    """Add one pod to a lab that is built; its network must be one of the lab's.

    One that is made again after `remove_namespace` is found at once, and is not cut. Raises LabError when it
    cannot be made, and then nothing of it is left.
    """
    if (NAMED / pod.namespace).exists():
        raise LabError(f"there is a network namespace {pod.namespace} already")
    try:
        _make_pod(pod)
        mend(pod.namespace)
    except BaseException:
        remove_namespace(pod.namespace)
        raise


def cut(namespace: str) -> None:
    """Make a node's outer side, or a pod, a black hole: packets to and from it vanish, and nobody is told.

    Open connections hang as well. Does nothing when it is cut already; LabError when there is no such namespace.
    """
    port = _outermost_port(namespace, _ports(namespace))
    with suppress(FileExistsError):
        call(hub(namespace), lambda: netfilter.add_table(port, rules.black_hole(port), family=netfilter.BRIDGE))


def mend(*namespaces: str) -> None:
    """Undo `cut` of nodes and pods of one lab, where they are cut. LabError when there is no such namespace."""
    known = _ports(namespaces[0])
    ports = {_outermost_port(namespace, known) for namespace in namespaces}
    place = hub(namespaces[0])
    for port in ports & call(place, partial(netfilter.tables, family=netfilter.BRIDGE)):
        with suppress(FileNotFoundError):
            call(place, partial(netfilter.remove_table, port, family=netfilter.BRIDGE))


def _make_hub(namespace: str, networks: Sequence[str]) -> None:
    links.run([f"netns add {namespace}"])
    _furnish(namespace, _EVERYWHERE, ())
    links.run(links.bridges(networks), namespace)


def _make_node(node: Node) -> None:
    links.run([f"netns add {node.namespace}"])
    _furnish(node.namespace, _NODE, rules.node(node.forwards, inner=INNER, outer=OUTER))
    links.run(links.plug_node(node), hub(node.namespace))
    links.run(links.set_up_node(node), node.namespace)


def _make_pod(pod: Pod) -> None:
    links.run([f"netns add {pod.namespace}"])
    _write_files(pod)
    _furnish(pod.namespace, _POD, rules.captured() if pod.captured else ())
    links.run(links.plug_pod(pod), hub(pod.namespace))
    links.run(links.set_up_pod(pod), pod.namespace)


def _write_files(pod: Pod) -> None:
    """What `ip netns exec` shows the pod's programs in the place of the machine's own; any user may read it."""
    folder = FILES / pod.namespace
    hosts = {"localhost": "127.0.0.1", **pod.hosts}
    files = {
        "hosts": "".join(f"{address} {name}\n" for name, address in hosts.items()),
        # Where the sidecar answers if it is to. Without the limits, a question that nobody answers takes a minute.
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    for name, content in files.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o644)


def _furnish(namespace: str, settings: Mapping[str, str], chains: Sequence[Chain]) -> None:
    def furnish() -> None:
        _set(settings)
        _add_rules(chains)

    call(namespace, furnish)


def _set(settings: Mapping[str, str]) -> None:
    """Change settings of the kernel for the calling thread's namespace."""
    for name, value in settings.items():
        path = _SYSCTL / name
        try:
            path.write_text(value)
        except FileNotFoundError:
            if "ipv6" not in name:  # a kernel without it needs no switch for it
                raise LabError(f"the kernel has no {path}") from None
        except OSError as problem:
            raise LabError(f"cannot write {path}: {problem.strerror}") from None


def _add_rules(chains: Sequence[Chain], *, family: int = netfilter.IPV4) -> None:
    try:
        netfilter.add_table(_TABLE, chains, family=family)
    except OSError as problem:
        raise LabError(f"the kernel's nf_tables does not take the rules: {problem.strerror}") from None


def _ports(namespace: str) -> set[str]:
    """The ports of the hub to which this node or pod belongs; none where there is no hub."""
    try:
        return {name for _, name in call(hub(namespace), socket.if_nameindex)}
    except FileNotFoundError:
        return set()


def _outermost_port(namespace: str, ports: Set[str]) -> str:
    for port in (links.port(namespace, OUTER), links.port(namespace, INNER)):
        if port in ports:
            return port
    raise LabError(f"there is no node or pod {namespace}")


def _try() -> None:
    """What `build` needs, in the calling thread's namespace."""
    forward = Forward(address="192.0.2.1", port=1, to_address="192.0.2.2", to_port=1)
    _set(_NODE)
    _set(_POD)
    links.run(["link add one type bridge", "link add two type veth peer name three"])
    _add_rules((*rules.captured(), *rules.node([forward], inner=INNER, outer=OUTER)))
    _add_rules(rules.black_hole("two"), family=netfilter.BRIDGE)
