"""The page of the features: which kind carries what, where each dialect renders it, and how releases differ."""

from __future__ import annotations

from meshhub_pulumi.report.features import print_markdown, support
from meshhub_pulumi.report.releases import print_releases_markdown
from meshhub_pulumi.standard import CATALOGUE, DIALECTS


def page() -> str:
    """docs/features.md."""
    dialects = tuple(DIALECTS.values())
    table = print_markdown(support(CATALOGUE.kinds.values(), CATALOGUE.features, dialects), dialects)
    return _HEAD + table + _RELEASES + print_releases_markdown(dialects)


_HEAD = """\
# Features

What `meshhub features --format markdown` prints: each feature, the kind whose fields ask for it, and the hooks of each
dialect at which it is rendered. "no" means that the dialect cannot express it, and asking for it there is finding
MH301. Under "(any)" stand the features that no field asks for: what others ask for makes them necessary.

"""

_RELEASES = """
## Releases

A cluster says its release as `istioVersion` in the snapshot or `istio_version` on the `Cluster`. What that release
treats differently is finding MH320 at the line that asks for it, a release that is not supported MH321, and where
nobody says one the newest is assumed (MH322). How the table came about is in
[decision 0027](decisions/0027-istio-releases.md).

"""
