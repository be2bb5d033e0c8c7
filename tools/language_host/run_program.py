"""Runs Pulumi's own program runner, and says by the exit code whether the user was told what went wrong.

The runner itself says so for an unhandled exception but not for a `pulumi.RunError`, whose message the engine
would then follow with a second error about an exit code. Runs on the project's Python, so that nothing but
Pulumi's SDK may be expected here, and not even that.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

ERROR_WAS_SHOWN = 32
INTERRUPTED = 130


def main() -> None:
    # Pulumi's runner has nothing importable beside it; our folder would hide a program's own `host.py`.
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [folder for folder in sys.path if folder != here]
    del sys.argv[0]
    shown = False
    try:
        import pulumi
    except ImportError:
        pass  # the runner explains
    else:
        real = pulumi.log.error

        def error(*args: Any, **kwargs: Any) -> None:
            nonlocal shown
            shown = True
            real(*args, **kwargs)

        pulumi.log.error = error
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        sys.exit(ERROR_WAS_SHOWN if shown and ended.code == 1 else ended.code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


main()
