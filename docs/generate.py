"""Generate: the pages that say what the code says are written from the code. `python -m docs.generate`, or `make docs`.

A test fails while a page differs from what its function makes of the code now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.pages import cli, features, findings, kinds, proof, snapshot

HERE = Path(__file__).parent

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli.page,
    "features.md": features.page,
    "findings.md": findings.page,
    "kinds.md": kinds.page,
    "proof.md": proof.page,
    "snapshot.md": snapshot.page,
}
"""Every generated page by its file in docs/, with the function that gives its whole text."""


def main() -> None:
    """Write every page that differs, and say which."""
    for name, page in PAGES.items():
        text, file = page(), HERE / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"docs/{name}")


if __name__ == "__main__":
    main()
