"""Interfaces, addresses and routes, as lines that `ip -batch` reads; and running such lines.

Interfaces of nodes and pods are `eth0`, on their network, and `eth1` of a node, outside. The other end of each
is a port of a bridge in the hub.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable, Sequence

from lab.errors import LabError
from lab.mesh.namespace import program
from lab.mesh.wiring import OUTSIDE, PODS, Node, Pod

INNER, OUTER = "eth0", "eth1"
_INTERNET = "outside"


def bridges(networks: Iterable[str]) -> list[str]:
    """In the hub: one bridge per network, and the one outside."""
    names = [_INTERNET, *(_bridge(network) for network in networks)]
    return [line for name in names for line in (f"link add {name} type bridge", f"link set {name} up")]


def plug_node(node: Node) -> list[str]:
    """In the hub: a cable from the node's network to the node, and one from outside."""
    return [
        *_plug(node.namespace, INNER, _bridge(node.network)),
        *_plug(node.namespace, OUTER, _INTERNET),
    ]


def plug_pod(pod: Pod) -> list[str]:
    """In the hub: a cable from the pod's network to the pod."""
    return _plug(pod.namespace, INNER, _bridge(pod.network))


def set_up_node(node: Node) -> list[str]:
    """In the node's namespace."""
    own, *gateways = node.outside
    return [
        "link set lo up",
        f"addr add {node.address}/{PODS.prefixlen} dev {INNER}",
        f"link set {INNER} up",
        f"addr add {own}/{OUTSIDE.prefixlen} dev {OUTER}",
        *(f"addr add {address}/32 dev {OUTER}" for address in gateways),
        f"link set {OUTER} up",
        # No router: every address there is, is asked for outside.
        f"route add default dev {OUTER} src {own}",
    ]


def set_up_pod(pod: Pod) -> list[str]:
    """In the pod's namespace."""
    return [
        "link set lo up",
        f"addr add {pod.address}/{PODS.prefixlen} dev {INNER}",
        f"link set {INNER} up",
        f"route add default via {pod.via}",
    ]


def port(namespace: str, interface: str) -> str:
    """The hub's end of this interface's cable; a name of an interface has at most 15 characters."""
    return f"{interface}-{_digest(namespace)[:10]}"


def unplug(namespace: str) -> list[str]:
    """In the hub: pull out what leads to a node or pod; some of it is not there (`run` with `force`)."""
    return [f"link del {port(namespace, interface)}" for interface in (INNER, OUTER)]


def run(lines: Sequence[str], namespace: str = "", *, force: bool = False) -> None:
    """Carry the lines out in this namespace, or in that of the calling thread.

    A line that fails raises LabError with what `ip` says, and the ones after it are left; with `force` it does
    neither.
    """
    options = [*(["-n", namespace] if namespace else []), *(["-force"] if force else [])]
    done = subprocess.run(
        [program("ip"), *options, "-batch", "-"],
        input="\n".join(lines),
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0 and not force:
        reason, *_ = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        failed = re.search(r"^Command failed -:(\d+)$", done.stderr, re.MULTILINE)
        command = f"ip {lines[int(failed[1]) - 1]}" if failed else "ip"
        raise LabError(": ".join(filter(None, (namespace, command, reason))))


def _plug(namespace: str, interface: str, bridge: str) -> list[str]:
    name = port(namespace, interface)
    # A pod that is made again keeps its hardware address: its neighbours still know it.
    address = re.sub("(..)", r":\1", _digest(namespace + interface)[:10])
    return [
        f"link add {name} type veth peer name {interface} address 02{address} netns {namespace}",
        f"link set {name} master {bridge} up",
    ]


def _bridge(network: str) -> str:
    return f"net-{_digest(network)[:10]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
