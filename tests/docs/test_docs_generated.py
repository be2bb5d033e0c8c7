"""The pages that are written from the code say what the code says now."""

from __future__ import annotations

import pytest

from docs.generate import HERE, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_makes_of_it(name: str) -> None:
    """`make docs` writes them anew."""
    assert (HERE / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"
