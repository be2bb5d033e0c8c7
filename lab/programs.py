"""What a control plane is made of: programs and Istio's kinds, found or made by the toolchain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lab import apiserver, controller_manager, etcd, istiod
from lab.errors import LabError


def programs(*, with_istiod: bool) -> dict[str, Path]:
    """The binaries by program name; the first call on a machine may build for about ten minutes.

    Raises LabError when the toolchain cannot provide one.
    """
    names = [etcd.PROGRAM, apiserver.PROGRAM, controller_manager.PROGRAM]
    return ensure([*names, istiod.PROGRAM] if with_istiod else names)


def istio_crds() -> Path:
    """The YAML file with the definitions of Istio's kinds, of the version that istiod is built from.

    Raises LabError when the toolchain cannot provide it.
    """
    return ensure(["istio-crds"])["istio-crds"]


def http_route_crd() -> Path:
    """The YAML file with the definition of the Gateway API's HTTPRoute, of the release that istiod is built with.

    No cluster has it from the start. Raises LabError when the toolchain cannot provide it.
    """
    return ensure(["http-route-crd"])["http-route-crd"]


def ensure(names: Iterable[str]) -> dict[str, Path]:
    # Imported late: only a start needs it, and `up` of a lab that runs is to take no time.
    from tools import toolchain

    try:
        return toolchain.ensure(names)
    except toolchain.ToolchainError as problem:
        raise LabError(str(problem)) from None
