"""The page of the features: which kind carries what, and where each dialect renders it."""

from __future__ import annotations

from meshhub_pulumi.report.features import print_markdown, support
from meshhub_pulumi.standard import CATALOGUE, DIALECTS


def page() -> str:
    """docs/features.md."""
    dialects = tuple(DIALECTS.values())
    return _HEAD + print_markdown(support(CATALOGUE.kinds.values(), CATALOGUE.features, dialects), dialects)


_HEAD = """\
# Features

What `meshhub features --format markdown` prints: each feature, the kind whose fields ask for it, and the hooks of each
dialect at which it is rendered. "no" means that the dialect cannot express it, and asking for it there is finding
MH301. Under "(any)" stand the features that no field asks for: what others ask for makes them necessary.

"""
