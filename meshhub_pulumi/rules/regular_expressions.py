"""Regular expressions in routes: what RE2 cannot run is refused by Istio, where there is a webhook to refuse it."""

from __future__ import annotations

from collections.abc import Iterator

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.model.regex import check_regex
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import texts

_PLACES = (
    "spec.http[].match[].uri.regex",
    "spec.http[].match[].scheme.regex",
    "spec.http[].match[].method.regex",
    "spec.http[].match[].authority.regex",
    "spec.http[].match[].headers.*.regex",
    "spec.http[].match[].withoutHeaders.*.regex",
    "spec.http[].match[].queryParams.*.regex",
    "spec.http[].corsPolicy.allowOrigins[].regex",
    "spec.http[].rewrite.uriRegexRewrite.match",
)


def _check(manifests: Manifests) -> Iterator[Finding]:
    for manifest in manifests.of("VirtualService"):
        for place, regex in texts(manifest.body, *_PLACES):
            try:
                check_regex(regex)
            except ValueError as error:
                yield finding("MH421", str(error), asker_of(manifest, place))


RULE = ManifestRule(name="regular_expressions", codes=("MH421",), check=_check)
