"""For tests of programs: run one under mocks and look at everything it would have registered.

    rehearsal = rehearse(lambda: runpy.run_path("__main__.py"))
    assert rehearsal.manifests("kind2")["VirtualService", "default", "reviews"]["spec"]["http"]

No engine, no cluster, milliseconds. Findings and argument errors are raised as they are in a deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import reset_options

from meshhub_pulumi.components._rehearsal import Echo, run_under_mocks


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource as the program registered it; `provider` is the name of its explicit provider."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    provider: str
    aliases: tuple[str, ...]
    """The other types it may have had."""
    after: tuple[str, ...]
    """The names of the resources it depends on."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything a program registered, in its order, and the outputs of its components by name."""

    resources: tuple[Registered, ...]
    outputs: Mapping[str, Mapping[str, Any]]

    def manifests(self, provider: str) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        """The Kubernetes objects of one provider, by kind, namespace and name.

        The namespace is empty where the program says none, or it is not known yet. An object without a known name is
        found by the name of its resource.
        """
        return {_key(x): x.inputs for x in self.resources if x.provider == provider and "kind" in x.inputs}

    def of_type(self, type_: str) -> list[Registered]:
        """The resources of one type."""
        return [x for x in self.resources if x.type == type_]


class _Recorder(MockMonitor):
    """A monitor that remembers what it was asked for."""

    def __init__(self, mocks: pulumi.runtime.Mocks) -> None:
        super().__init__(mocks)
        self.requests: list[Any] = []
        self.outputs: dict[str, Mapping[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        self.outputs[_name(request.urn)] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def rehearse(program: Callable[[], object], *, preview: bool = False) -> Rehearsal:
    """Run a program under mocks; with `preview`, what only a deployment knows stays unknown."""
    monitor = _Recorder(Echo())
    try:
        run_under_mocks(program, monitor, preview=preview)
    finally:
        reset_options()
    return Rehearsal(tuple(map(_registered, monitor.requests)), monitor.outputs)


def _registered(request: Any) -> Registered:
    return Registered(
        type=request.type,
        name=request.name,
        inputs=json_format.MessageToDict(request.object),
        parent=_name(request.parent),
        provider=_name(request.provider.rpartition("::")[0]),  # behind the URN stands the provider's id
        aliases=tuple(alias.spec.type for alias in request.aliases),
        after=tuple(sorted(map(_name, request.dependencies))),
    )


def _name(urn: str) -> str:
    return urn.split("::", 3)[-1]  # a name may hold `::` itself


def _key(resource: Registered) -> tuple[str, str, str]:
    given = _revealed(resource.inputs.get("metadata"))
    meta = given if isinstance(given, Mapping) else {}
    namespace, name = (_revealed(meta.get(field)) for field in ("namespace", "name"))
    return resource.inputs["kind"], _known(namespace, ""), _known(name, resource.name)


def _revealed(value: Any) -> Any:
    """A value of `metadata` that may be a secret, which the SDK sends in a mapping of its own."""
    return value.get("value", value) if isinstance(value, Mapping) else value


def _known(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) and value != UNKNOWN else otherwise
