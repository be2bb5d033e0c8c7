"""What all tests share: `pytest --golden` rewrites the goldens with what the code does now."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--golden`."""
    parser.addoption("--golden", action="store_true", help="rewrite the goldens instead of comparing with them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are to be rewritten."""
    return bool(request.config.getoption("--golden"))
