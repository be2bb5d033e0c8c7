"""The component of a VirtualMesh: collects what a program asks for, compiles it once, registers the objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from meshhub_pulumi.components._call_site import call_site
from meshhub_pulumi.components._late import shown
from meshhub_pulumi.components._program import Described, listener, open_mesh
from meshhub_pulumi.components._promise import Promise
from meshhub_pulumi.components._propagation import Made, Propagation
from meshhub_pulumi.components._provider import provider_problems
from meshhub_pulumi.components._refusal import refusal_hook
from meshhub_pulumi.components._register import registrations
from meshhub_pulumi.components._run import current_run
from meshhub_pulumi.components._stack import OBJECT, short_stacks
from meshhub_pulumi.components._waiting import wait_together
from meshhub_pulumi.engine.compile import Compiled
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.error import MeshError, Problem, args_error, compile_error
from meshhub_pulumi.model.existing import adopted
from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.model.late import bind_paths
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.schema import parse
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.standard import compile_standard

LEFT = "its block was left by"


class VirtualMesh(pulumi.ComponentResource):
    """Clusters that are one mesh, and all objects that its policies make in them.

    Use it as a context manager: leaving the block compiles everything once, raises all findings together, or
    registers the objects, below one node for each cluster, each with its cluster's own provider. With
    `VirtualMeshArgs(policies=[...])` the same happens at once, without a block.

    Outputs, of use inside the block too: `hosts` (for each cluster the federated and failover hosts that its clients
    can call), `objects` (how many objects each cluster gets) and `warnings`.
    """

    hosts: pulumi.Output[dict[str, list[str]]]
    objects: pulumi.Output[dict[str, int]]
    warnings: pulumi.Output[list[str]]

    def __init__(
        self,
        name: str,
        args: VirtualMeshArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.mesh_name = name
        self._hooks = _within(opts) + name
        self._title = f"VirtualMesh {name!r}"
        self._policies: list[pulumi.Resource] = []
        self._state = "new"
        self._lost = ""
        self._results = Promise()
        run = current_run()
        if run:
            run.meshes.append(self)
        with self._lost_if("its making ended with"):
            self._args = parse(VirtualMeshArgs, args, self._title)
            bind_paths(self._args)
            if problems := list(provider_problems(self._args.clusters)):
                raise args_error(self._title, problems)
            asked = self._args
            self._specs = [Spec("VirtualMesh", asked.name or name, asked.namespace, asked, call_site())]
            # who reads a program compiles all its meshes at once, and so finds the same
            if run and not listener.get() and (findings := run.claim(self._specs[0], asked.clusters)):
                raise compile_error(self._title, findings)
            props = shown(asked.model_dump(by_alias=True, exclude_unset=True, exclude={"snapshot", "policies"}))
            results = self._results.output()
            self.hosts, self.objects, self.warnings = results["hosts"], results["objects"], results["warnings"]
            super().__init__("meshhub:index:VirtualMesh", name, props, opts)
            if "policies" in asked.model_fields_set:
                for policy in asked.policies:
                    called = policy.args.name or policy.name
                    self.add(Spec(policy.kind, called, policy.args.namespace, policy.args, self._specs[0].origin))
                self._close()
            elif run is None:
                # a unit test without a program: nothing runs between its end and this check
                pulumi.Output.all(self._must_be_closed())

    def add(self, spec: Spec, component: pulumi.Resource | None = None) -> None:
        """Take a policy into the mesh, and its component if it has one; refused once the mesh is closed."""
        if self._state not in ("new", "open"):
            raise args_error(
                f"{spec.kind} {spec.name!r}",
                [Problem("", f"{self._title} is closed: write the policy inside its `with` block")],
            )
        self._specs.append(spec)
        if component:
            self._policies.append(component)

    def __enter__(self) -> VirtualMesh:
        if self._state != "new":
            raise args_error(self._title, [Problem("", f"is {self._state} already: a mesh is opened once")])
        self._state = "open"
        self._outer = open_mesh.set(self)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        open_mesh.reset(self._outer)
        if error is None:
            with self._lost_if(LEFT):
                self._close()
        else:
            self._lose(LEFT, error)

    def _close(self) -> None:
        self._state = "closed"
        if hear := listener.get():
            hear(Described(tuple(self._specs), self._snapshot()))
            self._results.leave_unknown()
            self.register_outputs({})
            return
        compiled = compile_standard(self._specs, self._snapshot())
        if compiled.errors:
            raise compile_error(self._title, compiled.errors)
        warnings = [x.sentence() for x in compiled.findings if x.level is Level.WARNING]
        for sentence in warnings:
            pulumi.log.warn(sentence, self)
        counts = {cluster.name: 0 for cluster in self._args.clusters}
        counts |= Counter(key.cluster for key in compiled.manifests)
        asked = _asked(compiled.manifests)
        nodes = {cluster: MeshCluster(self, cluster) for cluster in sorted(counts)}
        providers = {cluster.name: cluster.provider for cluster in self._args.clusters}
        hook = refusal_hook(self.mesh_name, self._hooks, compiled.manifests)
        made: dict[ManifestKey, CustomResource] = {}
        propagation = Propagation(self.mesh_name, self._hooks, self._args.propagation, compiled.manifests, made)
        imported = self._imported(compiled)
        described = registrations(
            self._title, self.mesh_name, compiled.manifests, nodes, providers, hook, propagation, imported
        )
        with short_stacks(OBJECT):
            for key, arguments in described:
                made[key] = CustomResource(**arguments)
        propagation.hold()
        wait_together([*self._policies, *made.values()])
        for cluster, node in nodes.items():
            node.describe(counts[cluster], _last(made, asked.get(cluster, {})))
        self._outputs(compiled.hosts, counts, warnings, made)

    def _snapshot(self) -> MeshSnapshot:
        """The snapshot of the mesh's own clusters; the others are not this program's to touch."""
        given = self._args.snapshot
        whole = _read(Path(given), self._title) if isinstance(given, str | Path) else given or MeshSnapshot()
        members = {cluster.name for cluster in self._args.clusters}
        return MeshSnapshot(clusters={n: cluster for n, cluster in whole.clusters.items() if n in members})

    def _imported(self, compiled: Compiled) -> set[ManifestKey]:
        """What the clusters have already, and the mesh adopts."""
        if not self._args.adopt:
            return set()
        clusters = compiled.view.fleet.clusters.values()
        return set().union(*(adopted(cluster.name, cluster.objects, compiled.manifests) for cluster in clusters))

    def _outputs(
        self, hosts: Mapping[str, Sequence[str]], objects: dict[str, int], warnings: list[str], made: Made
    ) -> None:
        called = {cluster: list(names) for cluster, names in hosts.items()}
        self._results.keep({"hosts": called, "objects": objects, "warnings": warnings})
        self.register_outputs({"hosts": _last(made, called), "objects": objects, "warnings": _last(made, warnings)})

    @contextmanager
    def _lost_if(self, what: str) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._lose(what, error)
            raise

    def _lose(self, what: str, error: BaseException) -> None:
        """Remember why nothing of the mesh is registered: the program may go on as if nothing had happened."""
        self._state = "lost"
        self._results.leave_unknown()
        said = str(error).split("\n", 1)[0].removeprefix(f"{self._title}: ")
        self._lost = f"{what} {type(error).__name__}{said and f' ({said})'}: nothing of it would be deployed"

    def end(self) -> MeshError | None:
        """Called when the program has ended: why nothing of the mesh is deployed, if so."""
        if self._state == "closed":
            return None
        self._results.leave_unknown()
        never = f"was never {'opened' if self._state == 'new' else 'closed'}: "
        never += "write `with VirtualMesh(...):` around its policies, or give policies=[...]"
        return args_error(self._title, [Problem("", self._lost or never)])

    async def _must_be_closed(self) -> None:
        if self._state in ("new", "open") and (error := self.end()):
            raise error


def _within(opts: pulumi.ResourceOptions | None) -> str:
    """What tells a mesh from another one of its name, which has a parent of another type: names of hooks are global."""
    parent = opts and opts.parent
    return f"{parent.pulumi_resource_type}::{parent.pulumi_resource_name}::" if parent else ""


def _asked(manifests: Mapping[ManifestKey, Manifest]) -> dict[str, dict[str, list[str]]]:
    """The specs that asked for something in each object of each cluster, for whoever sees the resources alone."""
    found: dict[str, dict[str, list[str]]] = {}
    for key, manifest in manifests.items():
        owners = sorted({owner.object for owners in manifest.owners.values() for owner in owners})
        found.setdefault(key.cluster, {})[f"{key.kind} {key.namespace}/{key.name}"] = owners
    return found


def _read(file: Path, title: str) -> MeshSnapshot:
    from meshhub_pulumi.readers.files import read_snapshot

    try:
        return read_snapshot(file)
    except MeshError as error:
        raise args_error(title, [Problem("snapshot", str(error))]) from None


def _last(made: Made, value: Any) -> pulumi.Output[Any]:
    """A value for the state, known as soon as all resources are registered.

    It grows with the mesh, and the engine writes what it has of the state at every step: a value that comes first is
    written with each of the resources, one that comes last only once.
    """

    async def registered() -> Any:
        for resource in made.values():
            await resource.urn.future()
        return value

    return pulumi.Output.from_input(registered())


class MeshCluster(pulumi.ComponentResource):
    """One cluster's share of a mesh: the parent of its objects."""

    def __init__(self, mesh: VirtualMesh, cluster: str) -> None:
        name = f"{mesh.mesh_name}/{cluster}"
        super().__init__("meshhub:index:MeshCluster", name, {"cluster": cluster}, pulumi.ResourceOptions(parent=mesh))
        self._cluster = cluster

    def describe(self, objects: int, asked: pulumi.Input[Mapping[str, list[str]]]) -> None:
        """Say how many objects there are, and who asked for each."""
        self.register_outputs({"cluster": self._cluster, "objects": objects, "askedBy": asked})
