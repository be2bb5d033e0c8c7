"""Bringing a mesh up: control planes, network, objects, pods; what works already is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from lab import bring_up as control_planes
from lab import start
from lab.errors import LabError
from lab.files import write
from lab.folder import DEFAULT, LabFolder
from lab.mesh import network, removal
from lab.mesh.plan import Plan, plan
from lab.mesh.programs import programs
from lab.mesh.running import LiveCluster, LiveMesh
from lab.process import end, recorded
from lab.start import Report, silent
from meshhub_pulumi.model.snapshot import MeshSnapshot

STEPS = (*start.STEPS, "objects", "pods")
"""What `Report` is told for each cluster, in this order."""


def up(snapshot: MeshSnapshot, *, folder: Path | str = DEFAULT, report: Report = silent) -> LiveMesh:
    """Make the mesh that the snapshot describes run in the background, and return it.

    What works is not touched; what does not is started again. Raises LabError for what a lab cannot be, where
    the folder holds another mesh, on a machine that cannot have network namespaces (network.why_not), and when
    a step fails; in that case what was started has been ended again, and the logs stay for a look.
    """
    if reason := network.why_not():
        raise LabError(f"no live mesh can run on this machine: {reason}")
    lab = LabFolder.at(folder)
    planned = plan(snapshot, lab.prefix)
    _refuse_another(lab, snapshot)
    made = programs()
    begun = time.monotonic()
    try:
        with ThreadPoolExecutor(max_workers=1) as aside:
            wired = aside.submit(_wire, lab, planned)
            clusters = control_planes.up(
                list(planned.clusters),
                folder=lab.path,
                trust_domains={name: cluster.trust_domain for name, cluster in planned.clusters.items()},
                report=report,
            )
            wired.result()
        with lab.locked():
            write(lab.snapshot, snapshot.model_dump_json(by_alias=True, exclude_defaults=True))
            mesh = LiveMesh(clusters, planned, made)
            _each(mesh, lambda cluster: _start(cluster, begun, report))
        mesh.settle()
    except BaseException:
        _give_up(lab)
        raise
    return mesh


def attach(folder: Path | str = DEFAULT) -> LiveMesh:
    """The mesh that `up` left running in this folder; LabError when there is none.

    Pods that were killed meanwhile are no obstacle: `reset` brings them back.
    """
    lab = LabFolder.at(folder)
    lab.refuse_foreign()
    try:
        snapshot = MeshSnapshot.model_validate_json(lab.snapshot.read_bytes())
    except FileNotFoundError:
        raise LabError(f"no mesh runs in {lab.path}") from None
    planned = plan(snapshot, lab.prefix)
    if missing := _missing(planned):
        raise LabError(f"the network of the mesh in {lab.path} is gone: there is no namespace {missing[0]}")
    return LiveMesh(control_planes.attach(lab.path), planned, programs())


def _refuse_another(lab: LabFolder, snapshot: MeshSnapshot) -> None:
    """Raise LabError where the folder holds a mesh of another snapshot: it would be neither the one nor the other."""
    lab.refuse_foreign()
    with suppress(FileNotFoundError):
        if MeshSnapshot.model_validate_json(lab.snapshot.read_bytes()) != snapshot:
            raise LabError(
                f"the mesh in {lab.path} was made from another snapshot",
                advice="Run `python -m lab down` first; it removes the mesh and its clusters.",
            )


def _wire(lab: LabFolder, planned: Plan) -> None:
    """Make the network, unless all of it is there."""
    if not _missing(planned):
        return
    removal.remove(lab.prefix)
    network.build(planned.wiring)


def _missing(planned: Plan) -> list[str]:
    """The network namespaces that should be there and are not."""
    return sorted({place.namespace for place in planned.wiring.places} - set(removal.existing(planned.prefix)))


def _start(cluster: LiveCluster, begun: float, report: Report) -> None:
    cluster.declare()
    report(cluster.name, "objects", time.monotonic() - begun)
    cluster.start()
    report(cluster.name, "pods", time.monotonic() - begun)


def _each(mesh: LiveMesh, work: Callable[[LiveCluster], None]) -> None:
    """Do it for all clusters at once; raises the first problem, when all are done."""
    with ThreadPoolExecutor(max_workers=len(mesh)) as pool:
        for done in as_completed([pool.submit(work, cluster) for cluster in mesh.values()]):
            done.result()


def _give_up(lab: LabFolder) -> None:
    """End everything; logs and data stay for a look."""
    end(recorded(lab))
    removal.remove(lab.prefix)
