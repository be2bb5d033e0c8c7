"""CORS policy: which other web origins a browser may let call a destination, and with what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from meshhub_pulumi.dialects.gateway_api import hooks as gateway_api
from meshhub_pulumi.dialects.istio import hooks as istio
from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.features.unsayable import unsayable
from meshhub_pulumi.model.finding import Finding, Owner, finding
from meshhub_pulumi.model.header import HeaderName, header_names
from meshhub_pulumi.model.plugin import Feature, Patch, RouteSite, Whole
from meshhub_pulumi.model.regex import Regex, fits
from meshhub_pulumi.model.schema import Many, MeshModel
from meshhub_pulumi.model.units import Duration, milliseconds


class OriginMatch(MeshModel):
    """Origins such as `https://shop.example.com`: this one, all that begin so, or all that an expression fits."""

    exact: Annotated[str, Field(min_length=1)] | None = None
    prefix: Annotated[str, Field(min_length=1)] | None = None
    regex: Regex | None = None

    @model_validator(mode="after")
    def _one_form(self) -> OriginMatch:
        if sum(part is not None for part in (self.exact, self.prefix, self.regex)) != 1:
            raise ValueError("give one of exact, prefix and regex")
        return self


CorsMethod = Literal["*", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]


def _set(items: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(sorted(set(items), key=repr))


def _whole_seconds(duration: str) -> str:
    if duration.endswith("ms"):
        raise ValueError("must be whole seconds")
    return duration


class CorsPolicy(MeshModel):
    """What the client's proxy answers a browser that asks before a request to another origin.

    An origin that any of `allow_origins` fits is allowed. `allow_methods` and `allow_headers` may be sent (`*` for
    all), `expose_headers` be read. The answer holds for `max_age`, in whole seconds. `allow_credentials` lets cookies
    and the like be sent along. Lists have no order.
    """

    allow_origins: Annotated[Many[OriginMatch], AfterValidator(_set)] = ()
    allow_methods: Annotated[Many[CorsMethod], AfterValidator(_set)] = ()
    allow_headers: Annotated[Many[HeaderName], AfterValidator(header_names)] = ()
    expose_headers: Annotated[Many[HeaderName], AfterValidator(header_names)] = ()
    max_age: Annotated[Duration, AfterValidator(_whole_seconds)] | None = None
    allow_credentials: bool | None = None


_ANY_ORIGIN = ("*", "https://any.invalid")
"""Envoy allows every origin where an expression fits `*`; one that fits a made-up origin does as much."""


def _anybody(origin: OriginMatch) -> bool:
    return any(
        origin.exact == some
        or (origin.prefix is not None and some.startswith(origin.prefix))
        or (origin.regex is not None and fits(origin.regex, some))
        for some in _ANY_ORIGIN
    )


def _check(cors: CorsPolicy, site: RouteSite, owner: Owner) -> Iterator[Finding]:
    if not cors.allow_origins:
        yield finding("MH112", "the CORS policy allows no origin", owner)
    for origin in cors.allow_origins:
        if _origin(origin) is None:
            ((form, text),) = origin.model_dump(exclude_none=True).items()
            at, advice = owner.at(f"{owner.path}.allow_origins"), "Name each origin, as in https://shop.example.com."
            yield from unsayable(f"the {form} {text} of an origin", gateway_api.HTTP_ROUTE, site, at, advice)
    if cors.allow_credentials and any(map(_anybody, cors.allow_origins)):
        yield finding("MH519", "any web site may send requests with its visitor's credentials", owner)


def _istio(cors: CorsPolicy, _site: RouteSite) -> Patch:
    asked: dict[str, Any] = {
        "allowOrigins": [origin.model_dump(exclude_none=True) for origin in cors.allow_origins],
        "allowMethods": list(cors.allow_methods),
        "allowHeaders": list(cors.allow_headers),
        "exposeHeaders": list(cors.expose_headers),
        "maxAge": cors.max_age,
        "allowCredentials": cors.allow_credentials,
    }
    return {"corsPolicy": Whole({name: value for name, value in asked.items() if value not in (None, [])})}


def _gateway_api(cors: CorsPolicy, _site: RouteSite) -> Patch:
    asked: dict[str, Any] = {
        "allowOrigins": _alone([origin for origin in map(_origin, cors.allow_origins) if origin]),
        "allowMethods": _alone(cors.allow_methods),
        "allowHeaders": _alone(cors.allow_headers),
        "exposeHeaders": list(cors.expose_headers),
        "maxAge": round(milliseconds(cors.max_age) / 1_000) if cors.max_age else None,
        "allowCredentials": cors.allow_credentials or None,
    }
    return {"filters": {"CORS": Whole({name: value for name, value in asked.items() if value not in (None, [])})}}


def _alone(items: Sequence[str]) -> list[str]:
    """A list as the Gateway API wants it: `*` stands by itself."""
    return ["*"] if "*" in items else list(items)


_HOST = r"([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+(:[0-9]{1,5})?"


def _origin(origin: OriginMatch) -> str | None:
    """An origin of the Gateway API; None where it has no such form."""
    if origin.exact == "*" or (origin.exact and re.fullmatch(rf"https?://{_HOST}", origin.exact)):
        return origin.exact
    return f"{origin.prefix}*" if origin.prefix in ("http://", "https://") else None


FEATURE = Feature(
    name="cors_policy",
    title="CORS policy",
    render={istio.HTTP_ROUTE: _istio, gateway_api.HTTP_ROUTE: _gateway_api, smh.HTTP_ROUTE: _istio},
    check=_check,
)
