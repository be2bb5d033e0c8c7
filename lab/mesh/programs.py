"""What a proxy is made of, found or made by the toolchain."""

from __future__ import annotations

from pathlib import Path

from lab.programs import ensure

PILOT_AGENT, ENVOY, BOOTSTRAP = "pilot-agent", "envoy", "envoy-bootstrap"


def programs() -> dict[str, Path]:
    """pilot-agent, Envoy, and the template of Envoy's first configuration; LabError when one cannot be had."""
    return ensure([PILOT_AGENT, ENVOY, BOOTSTRAP])
