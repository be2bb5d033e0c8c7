"""Whatever is given as arguments is taken, or refused at a path of the user's."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.error import ArgsError

leaves = st.none() | st.booleans() | st.integers(-5, 70000) | st.floats(allow_nan=False) | st.text(max_size=5)
FIELDS = {alias for kind in KINDS.values() for info in kind.args.model_fields.values() if (alias := info.alias)}
BELOW = ("name", "namespace", "cluster", "subset", "port", "weight", "destination", "gateway", "addresses", "headers")
fields = st.sampled_from(sorted({*FIELDS, *BELOW}))
junk = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=4), max_leaves=12
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(KINDS)), st.dictionaries(fields, junk, max_size=5))
def test_arguments_are_taken_or_refused(kind: str, said: dict[str, Any]) -> None:
    """Anything that looks like JSON makes arguments, or one error whose paths are those of the user."""
    try:
        KINDS[kind].args(**said)
        problems = ()
    except ArgsError as error:
        problems = error.problems
    for problem in problems:
        assert re.fullmatch(r'[a-zA-Z_]\w*(\.\w+|\[\d+\]|\["[^"]*"\])*', problem.path), problem
        assert problem.reason
