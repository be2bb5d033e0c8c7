"""Golden cases: what a mesh.yaml compiles to, in both modes, stands beside it.

`tests/cases/<feature>/<case>/` holds `mesh.yaml`, one `<mode>/<cluster>.yaml` for every cluster that gets objects, and
`findings.txt`. A mode whose findings hold an error has no manifests: nothing is written then. Nor is it where a mode
has the very outcome of the default one.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from meshhub_pulumi.model.finding import Level, in_order
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.loaded import Loaded
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard
from tools import toolchain

CASES = Path(__file__).parent / "cases"
MODES = {"default": None, "gateway-api": "gateway-api", "smh-0.8": "smh-0.8"}


def outcome() -> dict[str, str]:
    """Every file that belongs beside the mesh.yaml here, by its path."""
    loaded = read(["mesh.yaml"])
    default = _compiled(loaded, None)
    files, sections = {}, []
    for mode, dialect in MODES.items():
        lines, manifests = default if dialect is None else _compiled(loaded, dialect)
        if dialect and (lines, manifests) == default:
            continue
        sections.append("\n".join([f"[{mode}]", *(lines or ["nothing"])]))
        files |= {f"{mode}/{cluster}.yaml": text for cluster, text in manifests.items()}
    files["findings.txt"] = "\n\n".join(sections) + "\n"
    return files


def _compiled(loaded: Loaded, dialect: str | None) -> tuple[list[str], dict[str, str]]:
    """The findings in words, and the manifests of each cluster where none of those is an error."""
    compiled = compile_standard(loaded.specs, loaded.snapshot, dialect)
    findings = in_order([*loaded.findings, *compiled.findings])
    lines = [f"{finding.level} {finding.sentence()}" for finding in findings]
    if any(finding.level is Level.ERROR for finding in findings):
        return lines, {}
    bodies: dict[str, list[str]] = {}
    for key, manifest in compiled.manifests.items():
        bodies.setdefault(key.cluster, []).append(print_manifest(manifest.body))
    return lines, {cluster: "---\n".join(texts) for cluster, texts in bodies.items()}


def written(case: Path) -> dict[str, str]:
    """What stands beside a mesh.yaml."""
    found = [*case.glob("*/*.yaml"), *case.glob("findings.txt")]
    return {path.relative_to(case).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.mark.parametrize(
    "name", [path.parent.relative_to(CASES).as_posix() for path in sorted(CASES.glob("*/*/mesh.yaml"))]
)
def test_case(name: str, golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mesh compiles to the manifests and findings that stand beside it."""
    case = CASES / name
    monkeypatch.chdir(case)
    made = outcome()
    if golden:
        for path in written(case).keys() - made.keys():
            (case / path).unlink()
        for path, text in made.items():
            (case / path).parent.mkdir(exist_ok=True)
            (case / path).write_text(text, encoding="utf-8")
    assert written(case) == made


REFUSED_BY_ISTIO = {
    # names of subsets that join two labels by "_", as Service Mesh Hub 0.8 wrote them (finding MH304)
    "traffic_shift/two_label_subset/smh-0.8",
    # delays that grow, which Service Mesh Hub 0.8 passed on and no Istio takes (finding MH304)
    "fault_injection/exponential/smh-0.8",
}


def refused_by_istio(*folders: Path) -> str:
    """What Istio's own validation says against the manifests in these folders; empty where it accepts them all."""
    istioctl = toolchain.ensure(["istioctl"])["istioctl"]
    files = [argument for folder in folders for argument in ("-f", folder)]
    done = subprocess.run([istioctl, "validate", *files], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr if done.returncode else ""


def test_istio_accepts_every_golden() -> None:
    """All manifests but those whose finding says that it does not."""
    folders = {path.parent for mode in MODES for path in CASES.glob(f"*/*/{mode}/*.yaml")}
    refused = {CASES / name for name in REFUSED_BY_ISTIO}
    assert refused < folders
    assert "" == refused_by_istio(*sorted(folders - refused))


@pytest.mark.parametrize("name", sorted(REFUSED_BY_ISTIO))
def test_istio_refuses_what_is_said_to_be_refused(name: str) -> None:
    """The control of the test above."""
    assert refused_by_istio(CASES / name)
