"""What all tests share: the examples of properties, `--golden`, which rewrites the goldens, interrupts, processes."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# the same examples in each run, however loaded the machine is and in whatever order files are collected
settings.register_profile("meshhub", deadline=None, derandomize=True)
settings.load_profile("meshhub")

# a shell has what it starts in the background ignore interrupts, and so would all that tests start and interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--golden`."""
    parser.addoption("--golden", action="store_true", help="rewrite the goldens instead of comparing with them")


class Together(LoadScopeScheduling):
    """What runs in one process: the tests of a file, and all of a folder whose files share clusters."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in ("tests/e2e", "tests/oracle") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Clusters take ten seconds to start, so no two processes start the same."""
    return Together(config, log)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be rewritten."""
    return bool(request.config.getoption("--golden"))
