"""Runs in the new process, before the program: writes the process's record, then becomes the program.

Started by `lab.process.spawn` as `python -I -S launch.py JSON PROGRAM ARGUMENT...`; standard library only, so
that it costs about 15 ms. JSON is an object with `starter` (pid), `record` (path), `folder` (working
directory) and `about` (fields copied into the record).

The process records itself because its starter may be killed at any moment: between starting and recording
there would be a process that no `down` could find. exec keeps pid and start time, so the record stays true.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    order = json.loads(sys.argv[1])
    program = sys.argv[2:]
    if os.getppid() != order["starter"]:
        # The starter died first: whoever cleans up after it may already have looked for processes.
        raise SystemExit("not started: its starter is gone")
    line = Path("/proc/self/stat").read_text(encoding="utf-8")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    start = int(line[line.rindex(")") + 2 :].split()[19])
    record = {**order["about"], "pid": os.getpid(), "start": start, "boot": boot}
    unfinished = Path(f"{order['record']}.{os.getpid()}.new")
    unfinished.write_text(json.dumps(record), encoding="utf-8")
    unfinished.replace(order["record"])
    os.chdir(order["folder"])
    # Whatever else the starter's caller had open, such as a pipe whose reader waits for its end.
    for name in [entry.name for entry in Path("/proc/self/fd").iterdir()]:
        if int(name) > sys.stderr.fileno():
            with suppress(OSError):  # the one by which this list was read
                os.set_inheritable(int(name), False)
    # Python ignores these two from its own start on, and exec would hand that down.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execv(program[0], program)
    except OSError as problem:
        raise SystemExit(f"cannot run {program[0]}: {problem.strerror}") from None


if __name__ == "__main__":
    main()
