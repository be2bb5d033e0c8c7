"""The floor: a program that only parses an input and prints an output, both with the C YAML library.

`python -m bench.render_floor INPUT OUTPUT`: the folder of the input, and the objects of the output in the form that
costs the least to read.
"""

from __future__ import annotations

import marshal
import sys
from pathlib import Path

import yaml

if __name__ == "__main__":
    parsed = [
        list(yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader)) for file in Path(sys.argv[1]).rglob("*.yaml")
    ]
    objects = marshal.loads(Path(sys.argv[2]).read_bytes())
    yaml.dump_all(objects, sys.stdout, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=False)
