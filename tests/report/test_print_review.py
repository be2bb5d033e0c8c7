"""A review as a comment: nothing breaks out of its cell, the size is bounded, and what is left out is counted."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from meshhub_pulumi.model.finding import Where, finding
from meshhub_pulumi.report.compare.effect import (
    Access,
    Change,
    Connection,
    Effect,
    Other,
    Reached,
    Review,
    Seen,
    Share,
    Traffic,
)
from meshhub_pulumi.report.markdown import LARGEST, code
from meshhub_pulumi.report.review_json import print_review_json
from meshhub_pulumi.report.review_markdown import print_review_markdown

HOSTILE = [
    "a|b",
    "\\|",
    "`",
    "``` \n# title",
    "<script>alert(1)</script>",
    "</details>",
    "<!--",
    "@everyone",
    "#1",
    "[x](https://example.com)",
    "![x](https://example.com/x.png)",
    "https://example.com",
    "www.example.com",
    "&lt;",
    "\u202e\u0000\ud800",
    " ",
    "\n| a | b |",
    "$x$",
    "x" * 5_000,
]


def review_of(text: str) -> Review:
    """A review that holds a text wherever a user's text can stand."""
    seen, change = Seen(text, text), Change(text, text, text)
    return Review(
        Effect(
            traffic=[Traffic(seen, ((text, text), ()), (Share(text, 0, 100),), (change,))],
            hosts=[
                Reached(seen, None, (text, text), (text,), (change,)),
                Reached(Seen(text, text, True), (text,), None),
            ],
            failover=[Reached(seen, (text,), (text, text))],
            access=[Access(text, (text,), (text,), (text,), (text,), (text,))],
            others=[Other(text, text, True, True, (change,))],
        ),
        new=[finding("MH101", text, Where(text, text, text, 1))],
        fixed=[finding("MH105", text, Where(text))],
    )


def outside_code(markdown: str) -> str:
    """A document without its code."""
    return re.sub(r"<code>[^<]*</code>|`[^`\n]+`", "", markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_breaks_out(text: str) -> None:
    """Outside of code a document is the same whatever its texts are, line by line."""
    plain, hostile = (outside_code(print_review_markdown(review_of(x))) for x in ("plain", text))
    assert plain == hostile


@given(st.lists(st.text(alphabet="ab`|\\<>&@!*_~[]()#:/.$\n- ", min_size=1), min_size=1, max_size=4).map(" ".join))
def test_a_parser_sees_our_structure_only(text: str) -> None:
    """Parsed as Markdown, a review has our HTML, no links, no images, and the same rows whatever is in them."""
    parser = MarkdownIt("commonmark").enable("table")
    tokens, plain = (parser.parse(print_review_markdown(review_of(x))) for x in (text, "plain"))
    inside = [child for token in tokens for child in token.children or ()]
    assert {"text", "code_inline", "html_inline", "strong_open", "strong_close"} >= {x.type for x in inside}
    assert {"<br>", "<code>", "</code>"} >= {x.content for x in inside if x.type == "html_inline"}
    assert all(x.content.startswith(("<details>\n", "</details>")) for x in tokens if x.type == "html_block")
    assert [x.type for x in plain] == [x.type for x in tokens]


@given(st.text())
def test_code_is_one_piece(text: str) -> None:
    """Code is on one line, has no bar, and one piece of code is all there is."""
    written = code(text)
    assert "\n" not in written
    assert "|" not in written
    assert "" == outside_code(written)


@given(st.text(alphabet="ab`|\\<&@ ", min_size=1, max_size=50))
def test_code_can_be_read(text: str) -> None:
    """What is written is what was meant."""
    written = code(text)
    inside = (
        written[1:-1] if written.startswith("`") else unescape(written.removeprefix("<code>").removesuffix("</code>"))
    )
    assert text == inside


def many(number: int, text: str) -> Review:
    """A review with many rows in two tables and few in a third."""
    seens = [Seen(f"shop/{text}-{index}@east", "east") for index in range(number)]
    return Review(
        Effect(
            traffic=[Traffic(x, ((),), (Share(x.destination, 0, 100),), ()) for x in seens],
            hosts=[Reached(x, None, ("there",)) for x in seens],
            access=[Access("east", ("shop/a@east",), ("namespace shop",), (), (), ("namespace shop",))],
        )
    )


@pytest.mark.parametrize("text", ["checkout", "ü" * 63])
def test_the_size_is_bounded(text: str) -> None:
    """A comment stays below GitHub's limit, says how much is left out, and no small table suffers for a large one."""
    printed = print_review_markdown(many(5_000, text))
    assert LARGEST * 0.9 < len(printed.encode()) <= LARGEST
    told = re.search(r"\*\*Left out\*\*.*: (\d+) of 5000 rows of “Requests”, (\d+) of 5000 rows of “Hosts”", printed)
    assert told
    rows = printed.count("go to")
    assert 5_000 == rows + int(told[1])
    assert "### Access" in printed
    assert printed.count("<details>") == printed.count("</details>") == 2


def test_a_few_rows_are_not_folded() -> None:
    """A short table is open, a long one is folded, and nothing is left out of either."""
    assert "### Requests" in print_review_markdown(many(15, "a"))
    assert "<summary>Requests (16)</summary>" in print_review_markdown(many(16, "a"))
    assert "Left out" not in print_review_markdown(many(200, "a"))


def test_equal_effects_in_several_clusters_are_one_row() -> None:
    """What is the same for the callers of several clusters is told once, with their names."""
    seens = [Seen("shop/a@east", "east"), Seen("shop/a@east", "west"), Seen("shop/a@east", "east", gateway=True)]
    change = (Change("tls.mode", None, "DISABLE"),)
    printed = print_review_markdown(Review(Effect(connections=[Connection(seen, change) for seen in seens])))
    assert "| `shop/a@east` | `east`<br>`west` | `tls.mode` | not set | `DISABLE` |" in printed
    assert "|  | gateways of `east` | `tls.mode` | not set | `DISABLE` |" in printed


def test_cells_say_what_they_leave_out() -> None:
    """A cell of many texts shows the first and counts the rest."""
    callers = tuple(f"namespace n{index}" for index in range(25))
    printed = print_review_markdown(Review(Effect(access=[Access("east", ("x",), callers, (), (), callers)])))
    assert "`namespace n9`<br>and 15 more" in printed


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (Review(Effect()), "**No effect on the mesh:**"),
        (Review(None, head_errors=1), "**Not compared:** HEAD has 1 error, and"),
        (Review(None, base_errors=1, head_errors=2), "**Not compared:** BASE has 1 error and HEAD has 2 errors, and"),
    ],
)
def test_the_paragraph_says_it_first(review: Review, expected: str) -> None:
    """The verdict stands in the paragraph, before any table."""
    assert expected in print_review_markdown(review).split("\n")[2]


def test_json_says_where_nothing_was_compared() -> None:
    """Where a side has errors there is no effect to speak of, which is not the same as none."""
    said = json.loads(print_review_json(Review(None, head_errors=1)))
    assert (False, False, None) == (said["compared"], said["changes"], said["effect"])
