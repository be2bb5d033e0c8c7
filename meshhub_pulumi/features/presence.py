"""Presence: a host is described even where no policy asks for anything."""

from __future__ import annotations

from meshhub_pulumi.dialects.smh_0_8 import hooks as smh
from meshhub_pulumi.model.plugin import Feature

FEATURE = Feature(
    name="presence",
    title="A rule for every host",
    render={smh.DESTINATION_RULE: lambda _value, _site: {}},
)
