"""Files: YAML of our own, of Service Mesh Hub and of Gloo Mesh becomes specs, a snapshot and findings.

Documents are told apart by apiVersion and kind; they may stand in any order, in any number of files. What exists (a
MeshSnapshot, or the objects of discovery) is read first, because references to Mesh objects need it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meshhub_pulumi.kinds import KINDS
from meshhub_pulumi.model.error import compile_error
from meshhub_pulumi.model.finding import Finding, errors_in, in_order
from meshhub_pulumi.model.nearest import nearest
from meshhub_pulumi.model.snapshot import SNAPSHOT, MeshSnapshot
from meshhub_pulumi.model.spec import API, Spec
from meshhub_pulumi.model.uncollected import uncollected
from meshhub_pulumi.readers.document import Document, read_documents
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.header import api_of, key_of, title_of
from meshhub_pulumi.readers.loaded import Loaded
from meshhub_pulumi.readers.own import read_clusters, read_spec
from meshhub_pulumi.readers.place import Place
from meshhub_pulumi.readers.smh.clusters import assemble_clusters
from meshhub_pulumi.readers.smh.discovery import DISCOVERY, Seen, read_discovered
from meshhub_pulumi.readers.smh.kind import FOREIGN, read_foreign
from meshhub_pulumi.readers.smh.reference import meshes_of
from meshhub_pulumi.readers.snapshots import Clusters, merge_clusters
from meshhub_pulumi.readers.source import STDIN, Source, each_once, files_below, read_source, read_stdin

LEFT_ALONE = (".istio.io/", "gateway.networking.k8s.io/")
"""What groups of objects contain that belong to the mesh itself and are not read yet."""

_CONTROLLERS = (".smh.solo.io/", ".mesh.gloo.solo.io/", "wasme.io/")
"""What groups of Service Mesh Hub, of Gloo Mesh and of their WebAssembly tool contain."""

LATER = frozenset(
    {
        *("VirtualGateway", "VirtualHost", "RouteTable", "ServiceDependency", "AccessLogRecord"),
        *("FilterDeployment", "WasmDeployment", "RateLimiterServerConfig", "RateLimiterClientConfig"),
        *("IssuedCertificate", "CertificateRequest", "PodBounceDirective", "Settings", "Role", "RoleBinding"),
    }
)
"""Their kinds that mean something to a mesh and that nothing here reads yet."""

_PROGRAM_MARKS = ("Pulumi.yaml", "__main__.py")


@uncollected()
def read(inputs: Sequence[str], snapshot: str | None = None) -> Loaded:
    """Everything that the inputs and the snapshot's file hold.

    An input is a YAML file, a folder of such, `-` for standard input, or the folder of a Pulumi program. Raises
    `InputError` for what cannot be read as such; everything else that is wrong is a finding.
    """
    if (inputs.count(STDIN) + [snapshot].count(STDIN)) > 1:
        raise InputError("-: standard input can be read once only; name it once")
    programs = [Path(name) for name in inputs if name != STDIN and _is_program(Path(name))]
    others = [name for name in inputs if Path(name) not in programs]
    read_in = [_program(folder) for folder in dict.fromkeys(programs)]
    batch = _Batch()
    for source in _sources(others):
        for document in read_documents(source):
            for item in document.objects():
                batch.add(item)
    if others and not batch.known:
        raise InputError(f"{', '.join(others)}: {batch.why_nothing()}")
    for source in _sources([snapshot] if snapshot else []):
        _add_snapshot(batch, source)
    return batch.loaded(read_in)


@uncollected()
def read_snapshot(file: Path) -> MeshSnapshot:
    """The snapshot that a file holds, in either form; raises a `MeshError` that names everything wrong with it."""
    batch = _Batch()
    _add_snapshot(batch, read_source(file))
    loaded = batch.loaded([])
    if wrong := errors_in(loaded.findings):
        raise compile_error(f"snapshot {file}", wrong)
    return loaded.snapshot


def _is_program(path: Path) -> bool:
    return any(os.path.isfile(path / mark) for mark in _PROGRAM_MARKS)  # noqa: PTH113 (Path.is_file may raise)


def _program(folder: Path) -> Loaded:
    # reading a program loads Pulumi, which nothing else here does
    from meshhub_pulumi.readers.program import read_program

    return read_program(folder)


def _sources(names: Sequence[str]) -> Iterator[Source]:
    """The texts of all inputs, each file once however often it is named."""
    if STDIN in names:
        yield read_stdin()
    paths = (path for name in names if name != STDIN for path in _paths(Path(name)))
    yield from map(read_source, each_once(paths))


def _paths(path: Path) -> list[Path]:
    if path.suffix == ".py":
        raise InputError(f"{path}: is a Python file; name the folder of a Pulumi program")
    return files_below(path) if os.path.isdir(path) else [path]  # noqa: PTH112 (Path.is_dir may raise)


def _add_snapshot(batch: _Batch, source: Source) -> None:
    """The documents of a snapshot's file; specs in it are not asked for."""
    known = False
    for document in read_documents(source):
        for item in document.objects():
            api = api_of(item)
            if api in _SPECS:
                place = Place(title_of(item), item)
                batch.findings.append(place.found("MH132", "", "it stands in the snapshot's file, so it is not read"))
                continue
            known = known or api in _SEEN
            batch.add(item)
    if not known:
        raise InputError(f"{source.name}: holds no snapshot; name a MeshSnapshot document or objects of discovery")


_MESH = "VirtualMesh"
_SNAPSHOT = (API, SNAPSHOT)
_OWN = {(API, kind) for kind in KINDS}
_SPECS = _OWN | FOREIGN.keys()
_SEEN = {_SNAPSHOT} | DISCOVERY.keys()
_KNOWN = _SPECS | _SEEN


@dataclass(eq=False)
class _Batch:
    """The documents read so far, by what becomes of them."""

    specs: list[tuple[tuple[str, str], Document]] = field(default_factory=list)
    described: list[Clusters] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    strangers: list[Document] = field(default_factory=list)
    known: bool = False

    def add(self, document: Document) -> None:
        """Take a document up."""
        api = api_of(document)
        if api is None or api not in _KNOWN:
            self.strangers.append(document)
            return
        self.known = True
        if api in _SPECS:
            self.specs.append((api, document))
        elif api == _SNAPSHOT:
            clusters, place, findings = read_clusters(document)
            self.described.append({name: (cluster, place) for name, cluster in clusters.items()})
            self.findings += findings
        else:
            seen, findings = read_discovered(document, DISCOVERY[api])
            self.seen += [seen] if seen else []
            self.findings += findings

    def why_nothing(self) -> str:
        """Why nothing of a known kind was found."""
        if not self.strangers:
            return "no document in it; write one, or name another file"
        return f"no document of a known kind in it ({_stranger(self.strangers[0])}); kinds are {', '.join(KINDS)}"

    def loaded(self, programs: Sequence[Loaded]) -> Loaded:
        """Everything together."""
        discovered, wrong = assemble_clusters(self.seen)
        snapshot, differing = merge_clusters([*self.described, discovered])
        snapshot = _with_programs(snapshot, programs)
        documented = {x.name: cluster for x in self.seen if (cluster := getattr(x.value, "cluster", None))}
        meshes = meshes_of(documented, [(name, c.istio_namespace) for name, c in snapshot.clusters.items()])
        specs: list[Spec] = []
        findings = [*self.findings, *wrong, *differing, *map(_unknown, self.strangers)]
        joined = {key_of(document) for (_, kind), document in self.specs if kind == _MESH}
        joined |= {(x.namespace, x.name) for loaded in programs for x in loaded.specs if x.kind == _MESH}
        for api, document in self.specs:
            spec, found = read_spec(document) if api in _OWN else read_foreign(document, FOREIGN[api], meshes, joined)
            specs += [spec] if spec else []
            findings += found
        specs += [spec for loaded in programs for spec in loaded.specs]
        findings += [finding for loaded in programs for finding in loaded.findings]
        return Loaded(tuple(specs), snapshot, tuple(in_order(findings)))


def _with_programs(snapshot: MeshSnapshot, programs: Sequence[Loaded]) -> MeshSnapshot:
    """The snapshot, and below it what programs brought themselves: a file that is named holds before theirs."""
    clusters = dict(snapshot.clusters)
    for loaded in programs:
        for name, cluster in loaded.snapshot.clusters.items():
            clusters.setdefault(name, cluster)
    return MeshSnapshot.model_construct(clusters=clusters)


def _stranger(document: Document) -> str:
    api = api_of(document)
    where = f"{document.source.name}:{document.line_of('')}"
    return f"{where} is a {api[1]} of {api[0]}" if api else f"{where} has no apiVersion and kind"


def _unknown(document: Document) -> Finding:
    """What is said of a document that is not read."""
    api = api_of(document)
    if api is None:
        return Place("document", document).found("MH133", "", "it has no apiVersion and kind, so it is not read")
    version, kind = api
    place = Place(title_of(document), document)
    if any(group in version for group in LEFT_ALONE):
        return place.found("MH132", "", f"objects of {version.split('/')[0]} are left alone")
    ours = {*KINDS, SNAPSHOT}
    if version == API:
        near = nearest(kind, ours) or sorted(ours)
        return place.found("MH100", "kind", f"there is no kind {kind} (there are: {', '.join(near)})")
    if kind in LATER and any(group in version for group in _CONTROLLERS):
        advice = "Keep what it did by other means, and it out of the input."
        return place.found(
            "MH133", "kind", f"{kind} of {version} is not supported yet, so it is not read", advice=advice
        )
    near = sorted(version for version, known in _KNOWN if known == kind)
    hint = f"; {kind} is read from {', '.join(near)}" if near else ""
    return place.found("MH133", "kind", f"{kind} of {version} is not read{hint}")
