"""One policy changes in a process that has read everything: `python -m bench.render_again INPUT COUNT`.

The changed document is read, all of the mesh is compiled with the result before at hand, and the manifests that differ
are printed. Prints the seconds of each change as JSON, and those for which the core was busy with it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.render_input import POLICIES, SNAPSHOT
from meshhub_pulumi.readers.document import read_documents
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.own import read_spec
from meshhub_pulumi.readers.source import Source
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard


def changes(folder: Path, count: int) -> list[tuple[float, float]]:
    """How long each of some changes to one policy takes."""
    loaded = read([str(folder / POLICIES)], str(folder / SNAPSHOT))
    specs = {spec.key: spec for spec in loaded.specs}
    text = next(x for x in _documents(folder) if "trafficShift" in x)
    before = compile_standard(loaded.specs, loaded.snapshot)
    seconds = []
    for number in range(count):
        written = text.replace("timeout: 5s", f"timeout: {number + 6}s")
        begun, busy = time.perf_counter(), time.process_time()
        spec, _ = read_spec(read_documents(Source("changed.yaml", written))[0])
        assert spec is not None
        specs[spec.key] = spec
        after = compile_standard(tuple(specs.values()), loaded.snapshot, before=before)
        manifests = after.manifests.items()
        changed = [print_manifest(made.body) for key, made in manifests if made.body != before.manifests[key].body]
        seconds.append((time.perf_counter() - begun, time.process_time() - busy))
        assert changed
        before = after
    return seconds


def _documents(folder: Path) -> list[str]:
    return [text for file in sorted((folder / POLICIES).iterdir()) for text in file.read_text().split("---\n")]


if __name__ == "__main__":
    json.dump(changes(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout)
