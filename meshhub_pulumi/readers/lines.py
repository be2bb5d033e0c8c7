"""Lines: a path in a value becomes the line of the text at which it stands.

The text is taken apart a second time for it, by nodes, which know their lines; hardly anything is ever asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from meshhub_pulumi.readers.source import Source

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')

Step = str | int


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a path: keys, and positions in lists."""
    return tuple(int(index) if index else quoted or plain for quoted, index, plain in _STEP.findall(path))


def lines_down(source: Source, start: int, end: int, steps: tuple[Step, ...]) -> int:
    """How many lines below the start of a YAML document, between two characters of a text, these steps lead.

    Where they lead nowhere, it is as far as they can be followed.
    """
    return _walk(_composed(source, start, end), steps)


@lru_cache(maxsize=64)
def _composed(source: Source, start: int, end: int) -> yaml.Node | None:
    begin = source.text.rfind("\n", 0, start) + 1
    if source.text[begin:start].strip():
        begin = start  # the value starts behind a `---`
    try:
        return yaml.compose(source.text[begin:end], Loader=yaml.CSafeLoader)
    except yaml.YAMLError:  # a %TAG directive stands before the slice
        return None


def _walk(node: yaml.Node | None, steps: tuple[Step, ...]) -> int:
    line = 0
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, step: Step) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return _values(node).get(str(step))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


@lru_cache(maxsize=64)
def _values(node: yaml.MappingNode) -> dict[str, tuple[int, yaml.Node]]:
    # the last of two equal keys is the one that counts; a key that is no text has no path
    return {key.value: (key.start_mark.line, value) for key, value in node.value if isinstance(key.value, str)}
