"""Header manipulation: headers that are added to requests and responses, or taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.header import AddedHeaders, ChangedHeaderName, header_names
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite, Whole
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import FrozenTexts


class HeaderManipulation(MeshModel):
    """Headers of requests on their way to the destination, and of responses on their way back.

    What is removed is gone before anything is appended, so a header in both lists is replaced. Appending to a header
    that is there adds a further value.
    """

    append_request_headers: AddedHeaders = Field(default_factory=FrozenTexts)
    remove_request_headers: Annotated[Many[ChangedHeaderName], AfterValidator(header_names)] = ()
    append_response_headers: AddedHeaders = Field(default_factory=FrozenTexts)
    remove_response_headers: Annotated[Many[ChangedHeaderName], AfterValidator(header_names)] = ()


def headers_of(headers: HeaderManipulation) -> dict[str, Any]:
    """Istio's Headers, which a route has and each of its destinations may have; empty where nothing is asked for."""
    return {
        name: operations
        for name, add, remove in (
            ("request", headers.append_request_headers, headers.remove_request_headers),
            ("response", headers.append_response_headers, headers.remove_response_headers),
        )
        if (operations := _operations(add, remove))
    }


def modifiers_of(headers: HeaderManipulation) -> dict[str, dict[str, Any]]:
    """The filters of the Gateway API, which a rule has and each of its backends may have; empty as above."""
    return {
        name: modifier
        for name, add, remove in (
            ("RequestHeaderModifier", headers.append_request_headers, headers.remove_request_headers),
            ("ResponseHeaderModifier", headers.append_response_headers, headers.remove_response_headers),
        )
        if (modifier := _modifier(add, remove))
    }


def _operations(add: dict[str, str], remove: Many[str]) -> dict[str, Any]:
    return {**({"add": dict(add)} if add else {}), **({"remove": list(remove)} if remove else {})}


def _check(headers: HeaderManipulation, _site: RouteSite, owner: Owner) -> Iterator[Finding]:
    if not headers_of(headers):
        yield finding("MH112", "no header is named", owner)


def _istio(headers: HeaderManipulation, _site: RouteSite) -> Patch | None:
    changed = headers_of(headers)
    return {"headers": Whole(changed)} if changed else None


def _gateway_api(headers: HeaderManipulation, _site: RouteSite) -> Patch | None:
    # one value as in a VirtualService, so that those of two policies are not mixed
    modifiers = modifiers_of(headers)
    return {"headers": Whole(modifiers)} if modifiers else None


def _modifier(add: dict[str, str], remove: Many[str]) -> dict[str, Any]:
    added = [{"name": name, "value": value} for name, value in add.items()]
    return {**({"add": added} if added else {}), **({"remove": list(remove)} if remove else {})}


FEATURE = Feature(
    name="header_manipulation",
    title="Header manipulation",
    render={istio.HTTP_ROUTE: _istio, gateway_api.HTTP_ROUTE: _gateway_api, smh.HTTP_ROUTE: _istio},
    check=_check,
)
