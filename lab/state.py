"""What the lab remembers in `lab.json`: its clusters, each with the choices that outlive its processes.

Which processes run is not in here: every process records itself (lab.process).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from lab.errors import LabError
from lab.files import write
from lab.folder import LabFolder

FORMAT = 1
DEFAULT_TRUST_DOMAIN = "cluster.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """One cluster as it was asked for, and what was chosen for it."""

    name: str
    base: int | None = None
    """First of its ports; None until it was first started."""
    istiod: bool = True
    trust_domain: str = DEFAULT_TRUST_DOMAIN
    boot: str = ""
    """Boot of the machine in which its data was written."""


def read_state(folder: LabFolder) -> dict[str, ClusterState]:
    """The clusters by name, in the order in which they were added; none when nothing was started yet."""
    try:
        document = json.loads(folder.state.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}")
        return {entry["name"]: ClusterState(**entry) for entry in document["clusters"]}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as problem:
        raise LabError(
            f"{folder.state} is not what this version of the lab writes ({problem})",
            advice="Run `python -m lab down` and start again.",
        ) from None


def write_state(folder: LabFolder, clusters: Iterable[ClusterState]) -> None:
    """Replace what is remembered."""
    entries = [
        {
            "name": cluster.name,
            "base": cluster.base,
            "istiod": cluster.istiod,
            "trust_domain": cluster.trust_domain,
            "boot": cluster.boot,
        }
        for cluster in clusters
    ]
    write(folder.state, json.dumps({"format": FORMAT, "clusters": entries}, indent=1) + "\n")
