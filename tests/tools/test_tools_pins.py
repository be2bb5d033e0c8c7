"""The table, the pins and the Go modules say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.go import MODULES
from tools.programs import GoBuild, GoFile, LanguageHost, Program, pins, programs

MODULE_OF = {
    "pulumi": ("pulumi", "github.com/pulumi/pulumi/pkg/v3", "v{version}"),
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes", "v{version}"),
    "kube-controller-manager": ("kubernetes", "k8s.io/kubernetes", "v{version}"),
    "http-route-crd": ("istio", "sigs.k8s.io/gateway-api", "v{version}"),
    "helm": ("helm", "helm.sh/helm/v3", "v{version}"),
}


def required(module: str) -> dict[str, str]:
    text = (MODULES / module / "go.mod").read_text()
    return dict(re.findall(r"^(?:require)?\s+(\S+\.\S+) (v\S+)", text, re.MULTILINE))


def kubernetes_parts() -> dict[str, str]:
    """The modules that Kubernetes' release consists of, which replace what is required."""
    text = (MODULES / "kubernetes" / "go.mod").read_text()
    return dict(re.findall(r"^\s+(k8s\.io/\S+) => \1 (v\S+)", text, re.MULTILINE))


def go_modules() -> list[Path]:
    return sorted(path for path in MODULES.iterdir() if path.is_dir())


def test_every_pin_has_a_row_and_every_row_a_pin() -> None:
    """No pin is left over from a program that is gone."""
    assert set(pins()["programs"]) == set(programs())


@pytest.mark.parametrize("name", MODULE_OF)
def test_version_is_what_the_go_module_requires(name: str) -> None:
    """A bump in one of the two places alone is noticed."""
    module, path, shape = MODULE_OF[name]
    assert shape.format(version=programs()[name].version) == required(module)[path]


@pytest.mark.parametrize("name", ["istiod", "pilot-agent", "istioctl", "istio-crds", "envoy-bootstrap"])
def test_istio_version_ends_in_its_commit(name: str) -> None:
    """Istio is pinned by commit, so the version that programs print has to carry the same one."""
    commit = required("istio")["istio.io/istio"].rsplit("-", 1)[1]
    assert programs()[name].version.endswith(f"-{commit}")


def test_sdk_and_command_line_of_pulumi_are_one_release() -> None:
    """They are developed together and tested only together."""
    modules = required("pulumi")
    assert modules["github.com/pulumi/pulumi/pkg/v3"] == modules["github.com/pulumi/pulumi/sdk/v3"]


def test_kubernetes_takes_all_its_parts_from_one_release() -> None:
    """Upstream's own modules come in step with it; one that is not replaced would be a mixture."""
    parts = kubernetes_parts()
    assert len(parts) == 33
    assert {programs()["kube-apiserver"].version.replace("1.", "v0.", 1)} == set(parts.values())


def test_kubernetes_and_istio_share_what_both_are_built_from() -> None:
    """One package in two versions is compiled twice. CEL judges objects in the API server, and stays as released."""
    kubernetes, istio = required("kubernetes") | kubernetes_parts(), required("istio")
    both = kubernetes.keys() & istio.keys()
    assert "k8s.io/client-go" in both
    assert {"github.com/google/cel-go", "github.com/antlr4-go/antlr/v4"} == {
        module for module in both if kubernetes[module] != istio[module]
    }


@pytest.mark.parametrize("folder", go_modules(), ids=lambda folder: folder.name)
def test_go_module_is_whole(folder: Path) -> None:
    """Every module has its checksums, so that a build never has to ask what to trust."""
    sums = (folder / "go.sum").read_text()
    replaced = set(re.findall(r"^(?:replace)?\s+(\S+) => ", (folder / "go.mod").read_text(), re.MULTILINE))
    for module, version in required(folder.name).items():
        assert module in replaced or f"{module} {version}/go.mod h1:" in sums, module


def recipe_module(program: Program) -> str | None:
    match program.recipe:
        case GoBuild() | GoFile() as recipe:
            return recipe.module
        case LanguageHost() as recipe:
            return recipe.runner.module
        case _:
            return None


def test_every_go_module_serves_a_program() -> None:
    """A module that nothing is made from would rot."""
    used = {recipe_module(program) for program in programs().values()} - {None}
    assert used == {folder.name for folder in go_modules()}
