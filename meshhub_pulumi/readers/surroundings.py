"""Surroundings: what a program finds where the engine runs it, for as long as it is read; the next one finds its own.

That is the working directory, the environment, the import path, and modules of its own: not those of one before it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1])


@contextmanager
def standing_in(folder: Path) -> Iterator[Path]:
    """Stand in a program's folder, which is given without links; everything is as before after."""
    before, path, modules, environment = Path.cwd(), list(sys.path), set(sys.modules), dict(os.environ)
    os.chdir(folder)
    here = Path.cwd()
    sys.path.insert(0, str(here))
    try:
        yield here
    finally:
        _forget(set(sys.modules) - modules, _libraries(path, here))
        os.chdir(before)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)


def _libraries(path: Iterable[str], folder: Path) -> tuple[str, ...]:
    """Where modules lie that are the same for every program: what the reader itself could import.

    They are not loaded twice: a provider's library registers itself once.
    """
    shared = [entry for entry in path if entry and not folder.is_relative_to(os.path.realpath(entry))]
    return tuple(entry.rstrip(os.sep) + os.sep for entry in [*shared, _PACKAGE])


def _forget(names: Iterable[str], libraries: tuple[str, ...]) -> None:
    for name in names:
        module = sys.modules[name]
        places = _places(module)
        if not places or any(place.startswith(libraries) for place in places):
            continue
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        if (held := getattr(sys.modules.get(parent), "__dict__", {})).get(child) is module:
            del held[child]
    # these mean another folder from another working directory
    for entry in [entry for entry in sys.path_importer_cache if not Path(entry).is_absolute()]:
        del sys.path_importer_cache[entry]


def _places(module: object) -> list[str]:
    """The file of a module, or the folders of a package without one; nothing for what lies in no file."""
    spec = getattr(module, "__spec__", None)
    if spec is None or spec.has_location:
        return [str(file)] if (file := getattr(module, "__file__", None)) else []
    return [str(place) for place in getattr(module, "__path__", ())]
