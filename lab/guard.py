"""Takes a lab down when the process that wanted it dies, however it dies.

`watching` runs this module as a process of its own. It holds a descriptor of the starter (pidfd), which
becomes readable when that process is gone, and then does what `down` does. PR_SET_PDEATHSIG on every
program would be the other way, but it fires when the *thread* dies that started the program, tells only
direct children, and leaves the folder behind.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError
from lab.folder import LabFolder
from lab.take_down import down, take_down

_READY = b"ready\n"


@contextmanager
def watching(lab: LabFolder) -> Iterator[None]:
    """Have the lab taken down if this process dies before the block ends; inside, the guard is at its post.

    The block itself takes the lab down when it ends in any other way.
    """
    guard = subprocess.Popen(
        # Without the environment's packages: the guard needs the standard library only, and lives long.
        [sys.executable, "-S", "-m", "lab.guard", str(lab.path), str(os.getpid())],
        env={"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    try:
        assert guard.stdout is not None
        if guard.stdout.readline() != _READY:
            raise LabError("the guard of the lab did not start")
        yield
    finally:
        guard.kill()
        guard.communicate()


def main() -> None:
    lab = LabFolder.at(sys.argv[1])
    starter = int(sys.argv[2])
    descriptor = os.pidfd_open(starter)
    # Our parent at this moment is the starter, or the pid was given to another process meanwhile.
    if os.getppid() == starter:
        os.write(1, _READY)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll()
    try:
        down(lab.path, limit=5.0)
    except LabError:
        # Children that the starter forked still hold its lock; nobody is left who would give it back.
        take_down(lab)


if __name__ == "__main__":
    main()
