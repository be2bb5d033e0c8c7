"""Regular expressions in routes: what RE2 cannot run is refused by Istio, where there is a webhook to refuse it.

In an HTTPRoute nobody refuses it, and every proxy then refuses all new routes of that port. No expression is quoted: it
may be a secret, such as an API key in a header, and the policy pack is not told which values are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from meshhub_pulumi.model.finding import Finding, finding
from meshhub_pulumi.model.manifest import Manifests
from meshhub_pulumi.model.plugin import ManifestRule
from meshhub_pulumi.model.regex import regex_fault
from meshhub_pulumi.rules.place import asker_of
from meshhub_pulumi.rules.walk import texts, walk

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
_PARTS = (
    "spec.rules[].matches[].path",
    "spec.rules[].matches[].headers[]",
    "spec.rules[].matches[].queryParams[]",
)
"""Of an HTTPRoute, what may be an expression."""


def _check(manifests: Manifests) -> Iterator[Finding]:
    for kind, read in _READ.items():
        for manifest in manifests.of(kind):
            for place, regex in read(manifest.body):
                if fault := regex_fault(regex):
                    yield finding("MH421", fault[0], asker_of(manifest, place))


def _virtual_service(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from texts(body, *_PLACES)


def _http_route(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place, part in walk(body, *_PARTS):
        match part:
            case {"type": "RegularExpression", "value": str(regex)}:
                yield f"{place}.value", regex


_READ: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    "HTTPRoute": _http_route,
    "VirtualService": _virtual_service,
}


RULE = ManifestRule(name="regular_expressions", codes=("MH421",), check=_check)
