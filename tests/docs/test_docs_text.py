"""The documentation says what is there: quotes are true, links and paths lead somewhere, lists are whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_pages import PAGES, ROOT, blocks, name_of, prose

from docs.models import PROGRAM_ONLY
from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.readers.files import read

EXAMPLE = ROOT / "examples" / "bookinfo"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
LONGEST_DECISION = 40

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|toml|yaml|mod|sum))")
PLAIN_FILES = {"__main__.py", "go.sum", "mesh.yaml", "findings.txt", "snapshot.yaml"}
"""Names that stand for a file of the reader's, or whose folder is named beside them."""


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_readme_quotes_the_example() -> None:
    """The program in the README stands in the example as it is quoted."""
    program = (EXAMPLE / "__main__.py").read_text(encoding="utf-8")
    quotes = blocks(ROOT / "README.md", "python")
    assert quotes
    assert [] == [quote.text for quote in quotes if quote.text not in program]


def test_readme_shows_what_comes_out() -> None:
    """The manifest in the README is one that the example gives."""
    command = [sys.executable, "-c", "from meshhub_pulumi.cli import main; main()", "render", str(EXAMPLE)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (shown,) = blocks(ROOT / "README.md", "yaml")
    assert f"kind: VirtualService\n{shown.text}" in re.sub(r"(?m)^metadata:\n(  .*\n)+", "", printed)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    """A link leads to a file of the checkout, and to a heading that it has."""
    broken = []
    for link in LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if link.startswith(("https://", "http://")):
            continue
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert [] == broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_exist(page: Path) -> None:
    """A path in backticks is one of the checkout's, or of the package's."""
    said = [text for text in CODE.findall(prose(page)) if PATH.fullmatch(text) and text not in PLAIN_FILES]
    places = (ROOT, ROOT / "meshhub_pulumi", page.parent)
    assert [] == [text for text in said if not any((place / text).exists() for place in places)]


def test_code_refers_to_pages_that_exist() -> None:
    """A page that a message or a comment names is there."""
    files = [x for folder in ("meshhub_pulumi", "lab", "tools") for x in (ROOT / folder).rglob("*.*")]
    texts = {x: x.read_text(encoding="utf-8") for x in files if x.suffix in (".py", ".toml")}
    said = {page for text in texts.values() for page in re.findall(r"docs/[\w/-]+\.md", text)}
    assert {"docs/kinds.md"} <= said
    assert {page for page in said if not (ROOT / page).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    """A `make` command names a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = [text for block in blocks(page, "sh") for text in block.text.splitlines()] + CODE.findall(prose(page))
    assert {x[1] for text in commands if (x := re.match(r"make (\w+)", text))} <= targets


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_decisions_have_one_form(page: Path) -> None:
    """A decision is short, has a status and the three sections, and stands in the list under its own title."""
    text = page.read_text(encoding="utf-8")
    number = page.name[:4]
    assert len(text.splitlines()) <= LONGEST_DECISION
    assert re.match(rf"# {number} .+\n\nStatus: (accepted|replaced)", text)
    assert ["Context", "Decision", "Consequences"] == re.findall(r"^## (.+)$", text, re.MULTILINE)
    title = text.splitlines()[0].removeprefix(f"# {number} ")
    assert f"[{number}]({page.name}) | {title} |" in (page.parent / "README.md").read_text(encoding="utf-8")


def test_decisions_are_numbered() -> None:
    """No number is missing and none is taken twice."""
    assert [f"{number:04}" for number in range(1, len(DECISIONS) + 1)] == [page.name[:4] for page in DECISIONS]


def test_glossary_is_sorted() -> None:
    """A word is found where the alphabet says, and stands there once."""
    words = re.findall(r"^\*\*(.+)\*\*:", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(words), key=str.lower) == words


@pytest.mark.parametrize(("model", "field"), sorted(PROGRAM_ONLY))
def test_program_only_fields(model: str, field: str, tmp_path: Path) -> None:
    """What docs/kinds.md calls a field for programs is refused in YAML."""
    clusters = "[{name: east, provider: x}]" if model == "Cluster" else f"[east]\n  {field}: x"
    header = "apiVersion: meshhub.dev/v1alpha1\nkind: VirtualMesh\nmetadata: {name: shop}\n"
    (tmp_path / "mesh.yaml").write_text(f"{header}spec:\n  clusters: {clusters}\n")
    (found,) = read([str(tmp_path / "mesh.yaml")]).findings
    assert ("MH100", "unknown field; only programs give it") == (found.code, found.message)


def test_every_kind_has_a_section() -> None:
    """Each kind can be found in docs/kinds.md."""
    assert set(KINDS) <= set(HEADING.findall(prose(ROOT / "docs" / "kinds.md")))
