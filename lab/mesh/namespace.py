"""Network namespaces: running code or programs in one, without leaving one's own.

A namespace belongs to a thread, not to a process. So whatever is to happen in another one happens in a thread
of its own that ends afterwards: the caller's thread stays where it is, also when something fails. A socket
stays for ever in the namespace in which it was made, so it can be made there and used from here.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lab.errors import LabError
from lab.process import PATH

NAMED = Path("/run/netns")
"""Where iproute2 keeps the names."""

_NEW_NETWORK = 0x4000_0000  # CLONE_NEWNET; os.setns and os.unshare came with Python 3.12
_libc = ctypes.CDLL(None, use_errno=True)

T = TypeVar("T")


def call(namespace: str, work: Callable[[], T]) -> T:
    """What `work` returns or raises when it is called in this namespace; FileNotFoundError if there is none."""

    def enter() -> None:
        with (NAMED / namespace).open("rb") as file:
            _check(_libc.setns(file.fileno(), _NEW_NETWORK))

    return _call_after(enter, work)


def call_in_new(work: Callable[[], T]) -> T:
    """The same in a new namespace that has no name and vanishes afterwards with all that is in it."""
    return _call_after(lambda: _check(_libc.unshare(_NEW_NETWORK)), work)


def inside(namespace: str, argv: Sequence[str], *, uid: int) -> tuple[str, ...]:
    """The argument list that runs a program in the namespace as this user, with its own hosts and resolv.conf.

    Each of the programs in between becomes the next one, so the pid stays. The user may read every file,
    because the lab's folder is closed to all but its owner.
    """
    return (
        program("ip"),
        *("netns", "exec", namespace),
        program("setpriv"),
        *(f"--reuid={uid}", f"--regid={uid}", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--"),
        *argv,
    )


def program(name: str) -> str:
    """The path of one of the system's programs; LabError when it is not installed."""
    found = shutil.which(name, path=f"{PATH}:{os.environ.get('PATH', '')}")
    if found is None:
        raise LabError(f"{name} is not installed", advice=f"It comes with {_PACKAGES[name]}.")
    return found


_PACKAGES = {"ip": "iproute2", "setpriv": "util-linux"}


def _call_after(enter: Callable[[], None], work: Callable[[], T]) -> T:
    def run() -> T:
        enter()
        return work()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(run).result()


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
