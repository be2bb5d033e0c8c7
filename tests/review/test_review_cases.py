"""Golden reviews: what each realistic change does to the mesh stands beside it, and nothing else does.

`tests/review/<case>/` holds `base/`, `head/`, and what `meshhub review base head` prints of them in both forms.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from meshhub_pulumi.cli import main

HERE = Path(__file__).parent
FORMS = {"markdown": "expected.md", "json": "expected.json"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", sorted(path.parent.name for path in HERE.glob("*/head")))
def test_review(
    case: str, form: str, golden: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change reads as what stands beside it."""
    monkeypatch.chdir(HERE / case)
    with pytest.raises(SystemExit) as end:
        main(["review", "base", "head", "--format", form])
    assert 0 == end.value.code
    printed, file = capsys.readouterr().out, HERE / case / FORMS[form]
    if golden:
        file.write_text(printed, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == printed
