"""What all tests share: examples of properties, `--golden`, which rewrites the goldens, interrupts, who runs what."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import settings

# the same examples in each run, however loaded the machine is and in whatever order files are collected
settings.register_profile("meshhub", deadline=None, derandomize=True)
settings.load_profile("meshhub")

# a shell has what it starts in the background ignore interrupts, and so would all that tests start and interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--golden`."""
    parser.addoption("--golden", action="store_true", help="rewrite the goldens instead of comparing with them")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together what shares clusters."""
    from together import FolderOrFile  # only where there are several processes

    return FolderOrFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be rewritten."""
    return bool(request.config.getoption("--golden"))
