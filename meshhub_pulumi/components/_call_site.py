"""Where in the user's program a component was made: the origin of its findings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from meshhub_pulumi.model.finding import Origin

_PACKAGE = f"{Path(__file__).parents[1]}{os.sep}"
"""How the names of the library's own files begin; with links unresolved, as frames have them."""


def call_site() -> Origin:
    """The innermost line that is not the library's own."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    line = frame.f_lineno
    return Origin(file=_short(frame.f_code.co_filename), line_of=lambda _path: line)


def _short(file: str) -> str:
    """The file as seen from the working directory, so that messages do not depend on where a checkout lies."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
