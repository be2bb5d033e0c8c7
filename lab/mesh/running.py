"""What a caller holds while a mesh runs: its clusters by name, each with its control plane, pods and gateways.

mesh["kind2"].pod("reviews-v1").kill()
mesh["kind2"].gateway().drain()
mesh["kind3"].kill()
mesh["kind3"].heal()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from lab import istiod, wait
from lab.api import Api, Manifest
from lab.errors import LabError
from lab.mesh import network, objects, proxy, relay, sync
from lab.mesh.plan import ClusterPlan, Plan, Role
from lab.mesh.pod import Pod
from lab.mesh.sync import Rejection
from lab.process import end, on_record, recorded, spawn
from lab.reset import Key, key, reset
from lab.running import Lab, RunningCluster


class LiveCluster:
    """One cluster of a running mesh."""

    def __init__(self, mesh: LiveMesh, plan: ClusterPlan, control_plane: RunningCluster) -> None:
        self.plan = plan
        self.control_plane = control_plane
        self._mesh = mesh
        self._versions: dict[Key, str] = {}
        self._pods = {
            planned.key: Pod(planned, control_plane, plan.network, mesh.programs, mesh.settle) for planned in plan.pods
        }

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def api(self) -> Api:
        """Its API server."""
        return self.control_plane.api

    @property
    def pods(self) -> list[Pod]:
        """All pods, the gateways' too."""
        return list(self._pods.values())

    @property
    def gateways(self) -> list[Pod]:
        """The gateways' pods, one for each address."""
        return [pod for pod in self.pods if pod.plan.role is Role.GATEWAY]

    def pod(self, name: str) -> Pod:
        """The pod of that name, or of `namespace/name` where two have it; LabError when there is none."""
        found = [pod for pod in self.pods if name in (pod.name, pod.plan.key)]
        if len(found) > 1:
            raise LabError(f"{self.name} has pods {' and '.join(pod.plan.key for pod in found)}")
        if not found:
            near = get_close_matches(name, [pod.name for pod in self.pods], n=1)
            raise LabError(
                f"{self.name} has no pod {name!r}",
                advice=f"Did you mean {near[0]}?" if near else f"It has {', '.join(self._pods)}.",
            )
        return found[0]

    def gateway(self, name: str = "") -> Pod:
        """The gateway's pod; `name` says which where there are several. LabError when that is none or not one."""
        if name:
            return self.pod(name)
        if len(self.gateways) != 1:
            has = ", ".join(pod.name for pod in self.gateways) or "none"
            raise LabError(f"{self.name} has not one gateway, but: {has}", advice="Name one, or use `gateways`.")
        return self.gateways[0]

    @property
    def has_istiod(self) -> bool:
        """Whether its istiod runs."""
        process = on_record(self.control_plane.cluster.lab, self.name, istiod.PROGRAM)
        return process is not None and process.is_alive()

    def start(self) -> None:
        """Make everything beside its control plane run and serve; what does so already is left alone."""
        self.mend()
        self._start_relay()
        with ThreadPoolExecutor(max_workers=max(1, len(self.pods))) as pool:
            for done in [pool.submit(pod.start) for pod in self.pods]:
                done.result()

    def kill(self) -> None:
        """End all of it at once: pods, gateways and control plane. Its data stays."""
        lab = self.control_plane.cluster.lab
        end(recorded(lab, proxy.group(self.name)))
        self.control_plane.stop()

    def heal(self) -> None:
        """Make all of it run and serve again, whatever of it was killed or cut."""
        self.control_plane.start()
        self.start()

    def cut(self) -> None:
        """Take its link to the other clusters down: what is sent to it disappears, and nobody is told."""
        network.cut(self.plan.node.namespace)

    def mend(self) -> None:
        """Bring its links up again, its own and those of its pods."""
        network.mend(self.plan.node.namespace, *(pod.netns for pod in self.pods))

    def declare(self) -> None:
        """Apply what the snapshot says of it, except its pods."""
        self._apply(self._declared)

    def reset(self) -> None:
        """Delete every object that is not the snapshot's, and put those back that are."""
        pods = {("Pod", pod.plan.namespace, pod.name) for pod in self.pods}
        left = reset(self.api, keep=pods | {key(manifest) for manifest in self._declared})
        unchanged = dict(left.items() & self._versions.items())
        self._apply(manifest for manifest in self._declared if key(manifest) not in unchanged)

    @property
    def _declared(self) -> list[Manifest]:
        return [*objects.manifests(self.plan), *self.plan.objects]

    def _apply(self, manifests: Iterable[Manifest]) -> None:
        """Apply these, and remember their versions: what still has them need not be applied again."""
        self._versions |= {key(made): made["metadata"]["resourceVersion"] for made in self.api.apply(manifests)}

    def _start_relay(self) -> None:
        """Have the relay by which proxies reach istiod; it outlives the control plane."""
        cluster, node = self.control_plane.cluster, self.plan.node
        command = replace(relay.command(cluster, node, port=istiod.XDS_PORT), cluster=proxy.group(self.name))
        process = on_record(cluster.lab, command.cluster, command.program)
        if process is None or not process.is_alive():
            process = spawn(command, cluster.lab)
        wait.until(f"{self.name}: relay", partial(relay.unready, node, port=istiod.XDS_PORT), needs=[process])

    def __repr__(self) -> str:
        return f"<mesh cluster {self.name}: {len(self.pods)} pods>"


class LiveMesh(Mapping[str, LiveCluster]):
    """A running mesh: a mapping from cluster name to cluster, in the snapshot's order."""

    def __init__(self, lab: Lab, plan: Plan, programs: Mapping[str, Path]) -> None:
        """`programs` are pilot-agent, Envoy and its bootstrap by name (lab.mesh.programs)."""
        self.lab = lab
        self.plan = plan
        self.programs = programs
        self._clusters = {name: LiveCluster(self, plan.clusters[name], lab[name]) for name in plan.clusters}

    @property
    def clusters(self) -> Mapping[str, RunningCluster]:
        """The control planes."""
        return self.lab

    @property
    def pods(self) -> list[Pod]:
        """All pods of all clusters."""
        return [pod for cluster in self.values() for pod in cluster.pods]

    def apply(self, manifests: Mapping[str, Iterable[Manifest]]) -> None:
        """Apply objects, by the name of the cluster that they are for, and wait until every proxy has them."""
        with ThreadPoolExecutor(max_workers=len(self)) as pool:
            for done in [pool.submit(self[name].api.apply, wanted) for name, wanted in manifests.items()]:
                done.result()
        self.settle()

    def settle(self, *, limit: float = 30.0) -> None:
        """Return when every running proxy has acknowledged all that its istiod sent, and nothing is coming.

        Proxies that do not run and istiods that do not run are not waited for. Raises LabError after `limit`
        seconds, and then says which proxy lacks what.
        """
        expected = {
            cluster.control_plane.cluster: [
                f"{pod.name}.{pod.plan.namespace}"
                for pod in cluster.pods
                if pod.plan.role.has_proxy and pod.has_started
            ]
            for cluster in self.values()
            if cluster.has_istiod
        }
        sync.settle(expected, limit=limit)

    def rejections(self) -> list[Rejection]:
        """Every configuration that a proxy refused since it started, and every refusal in the istiods' logs."""
        counted = [rejection for pod in self.pods for rejection in pod.rejections()]
        logged = [
            rejection for cluster in self.values() for rejection in sync.refused_in_log(cluster.control_plane.cluster)
        ]
        return counted + logged

    def reset(self) -> None:
        """Make it again what the snapshot says: heal what was killed or cut, delete what was applied.

        Apps behave again, and have forgotten what came.
        """
        with ThreadPoolExecutor(max_workers=len(self)) as pool:
            for step in (LiveCluster.heal, LiveCluster.reset):
                list(pool.map(step, self.values()))
        for pod in self.pods:
            if pod.plan.role.has_app:
                pod.app.behave()
                pod.app.forget()
        self.settle()

    def close(self) -> None:
        """Close the clients' connections; the mesh keeps running."""
        self.lab.close()

    def __getitem__(self, name: str) -> LiveCluster:
        return self._clusters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clusters)

    def __len__(self) -> int:
        return len(self._clusters)
