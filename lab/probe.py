"""Asking a program over loopback HTTP whether it is ready."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx


def unready(url: str, authority: Path | None = None) -> str:
    """Why the program at this URL is not ready yet, in a few words; empty when it answers 200.

    `authority` is the certificate that an https URL's own one must be signed by.
    """
    trust = ssl.create_default_context(cafile=str(authority)) if authority else False
    try:
        response = httpx.get(url, verify=trust, timeout=5.0, trust_env=False)
    except httpx.HTTPError as problem:
        return str(problem) or type(problem).__name__
    return "" if response.status_code == httpx.codes.OK else response.text.strip()[:200] or "not ready"
