"""The nine loopback ports of one cluster, all derived from one base, and the search for a base that is free.

Other people's programs run on the same machine, so a base is taken only when all nine ports can be listened
on. A cluster's last program binds its ports seconds after the first: until then another lab that starts at
the same time must not choose the same base. `reserve` therefore holds one abstract Unix socket per base; such
a socket lives in the network namespace, as ports do, and vanishes with its process, so nothing can be left
behind.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from zlib import crc32

from lab.errors import LabError

ADDRESS = "127.0.0.1"
FIRST, LAST, STEP = 20_000, 32_000, 10
"""Bases tried. Below Linux' default range of ports for outgoing connections (32768-60999),
which could otherwise take a port between the check and its use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """TCP ports of one cluster on 127.0.0.1: `base` up to and including `base + 8`."""

    base: int

    @property
    def etcd_client(self) -> int:
        return self.base

    @property
    def etcd_peer(self) -> int:
        return self.base + 1

    @property
    def api_server(self) -> int:
        return self.base + 2

    @property
    def controller_manager(self) -> int:
        return self.base + 3

    @property
    def istiod_http(self) -> int:
        return self.base + 4

    @property
    def istiod_webhook(self) -> int:
        return self.base + 5

    @property
    def istiod_plaintext_xds(self) -> int:
        return self.base + 6

    @property
    def istiod_xds(self) -> int:
        return self.base + 7

    @property
    def istiod_monitoring(self) -> int:
        return self.base + 8

    def all(self) -> range:
        """Every port, ascending."""
        return range(self.base, self.base + 9)


def is_free(port: int) -> bool:
    """Whether a program started now could listen on this port of 127.0.0.1.

    With SO_REUSEADDR, as Go's listeners have it: connections in TIME_WAIT, which a stopped cluster leaves
    for a minute, do not make a port busy.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def busy(ports: Ports) -> list[int]:
    """Those of the nine ports that somebody listens on."""
    return [port for port in ports.all() if not is_free(port)]


@contextmanager
def reserve(preferred: Sequence[int | None], avoid: Collection[int] = (), *, lab: str = "") -> Iterator[list[Ports]]:
    """Free ports for as many clusters as `preferred` has entries, kept from other labs until the block ends.

    An entry that is a base is used when it is still free; otherwise, and for None, the first base is taken
    that is free and neither preferred by another entry nor in `avoid`. Where the search begins depends on `lab`:
    a cluster that is stopped for a while has its ports free, and another lab is not to take just those. Raises
    LabError when there is none.
    """
    bases = range(FIRST, LAST, STEP)
    begin = crc32(lab.encode()) % len(bases)
    others = [base for base in (*bases[begin:], *bases[:begin]) if base not in {*preferred, *avoid}]
    with ExitStack() as held:
        yield [_take(others if base is None else [base, *others], held) for base in preferred]


def _take(bases: Iterable[int], held: ExitStack) -> Ports:
    for base in bases:
        ports = Ports(base=base)
        reservation = _reservation(base)
        if reservation is None:
            continue
        if busy(ports):
            reservation.close()
            continue
        held.enter_context(reservation)
        return ports
    raise LabError(
        f"no nine neighbouring ports of {ADDRESS} are free between {FIRST} and {LAST}",
        advice="See `ss -ltn` for who listens there.",
    )


def _reservation(base: int) -> socket.socket | None:
    reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        reservation.bind(f"\0meshhub-lab-ports-{base}")
    except OSError:
        reservation.close()
        return None
    return reservation
