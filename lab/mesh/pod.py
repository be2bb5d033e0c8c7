"""A pod of a live mesh: its programs, started and ended, and what its proxy says of itself."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from lab import wait
from lab.errors import LabError
from lab.mesh import network, objects, proxy, sync
from lab.mesh.answers import Answers
from lab.mesh.app_control import CONTROL_PORT, AppControl
from lab.mesh.load import AT_ONCE, Caller, Load, Options
from lab.mesh.namespace import inside
from lab.mesh.plan import PodPlan
from lab.mesh.reach import ask
from lab.process import MARK, Process, end, log_tail, on_record, recorded, spawn
from lab.running import RunningCluster


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, with a sidecar, without one, or a gateway's; usable whether its programs run or not."""

    plan: PodPlan
    cluster: RunningCluster
    network: str | None
    """The network that Istio knows it to be in."""
    programs: Mapping[str, Path]
    settle: Callable[[], None]
    """Returns when every proxy knows what the API servers know."""

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def address(self) -> str:
        """Where pods of the same network reach it."""
        return self.plan.address

    @property
    def netns(self) -> str:
        """Its network namespace on this machine."""
        return self.plan.netns

    @property
    def has_started(self) -> bool:
        """Whether all of its programs run; they may not be ready."""
        return all(self._process(part) for part in self._parts)

    def start(self) -> None:
        """Make it run and serve; returns when it is ready and counts as an endpoint.

        A proxy that has ended comes back in a new Pod: the old one's token would not be taken again. Does
        nothing where all runs and is ready. Raises LabError.
        """
        needs = []
        if proxy.PROXY in self._parts:
            needs.append(self._process(proxy.PROXY) or self._start_proxy())
        elif self._object() is None:
            self._declare(ready=False)
        if proxy.APP in self._parts:
            needs.append(self._process(proxy.APP) or self._start_app())
        wait.until(f"{self.plan.cluster}: pod {self.plan.key}", self.unready, needs=needs, limit=30.0)
        if not objects.is_ready(self._object()):
            self.ready()

    def unready(self) -> str:
        """Why it does not serve yet, in a few words; empty when it does."""
        if self.plan.role.has_app and (reason := self.app.unready()):
            return f"app: {reason}"
        if self.plan.role.has_proxy and (reason := proxy.unready(self.plan)):
            return f"proxy: {reason}"
        return ""

    @property
    def app(self) -> AppControl:
        """Its app: how it is to answer, and what has come to it."""
        return AppControl(partial(ask, self.netns, CONTROL_PORT))

    def kill(self) -> None:
        """End all of it at once, as a failing machine does: nobody is told, connections are reset."""
        self._end(proxy.PROXY, proxy.APP)

    def kill_app(self) -> None:
        """End its app at once; its proxy stays and answers 503. `start` brings the app back in the same Pod."""
        self._end(proxy.APP)

    def drain(self, seconds: float = 1.0) -> None:
        """Take it out of service as a planned shutdown does, then end it.

        It becomes unready; when all proxies know, it goes on for `seconds`; then its proxy lets the requests
        finish that are under way, and all of it ends.
        """
        self.ready(False)
        self.settle()
        time.sleep(seconds)  # a grace period, not a wait: requests that were sent in time arrive meanwhile
        if agent := self._process(proxy.PROXY):
            # To pilot-agent alone: Envoy would end at once, and it is to finish first.
            os.kill(agent.pid, signal.SIGTERM)
            deadline = time.monotonic() + proxy.DRAIN_SECONDS + 10.0
            while agent.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
        self.kill()

    def ready(self, is_ready: bool = True) -> None:
        """Tell the API server that it is ready, or is not: then it is no endpoint any more."""
        self._declare(ready=is_ready)

    def cut(self) -> None:
        """Take its link down: what is sent to it disappears, and nobody is told."""
        network.cut(self.netns)

    def mend(self) -> None:
        """Bring its link up again."""
        network.mend(self.netns)

    def call(self, url: str, n: int = 1, **options: Unpack[Options]) -> Answers:
        """Send `n` requests from inside the pod, as its app; see `lab.mesh.load.Caller.call`."""
        return self._caller.call(url, n, **options)

    def load(
        self, url: str, rate: float = 100.0, *, at_once: int = AT_ONCE, **options: Unpack[Options]
    ) -> AbstractContextManager[Load]:
        """Send `rate` requests a second from inside the pod while a block runs; see `lab.mesh.load.Caller.load`."""
        return self._caller.load(url, rate, at_once=at_once, **options)

    @property
    def _caller(self) -> Caller:
        mark = {MARK: str(self.cluster.cluster.lab.path)}
        return Caller(wrap=lambda argv: inside(self.netns, argv, uid=proxy.APP_USER), environment=mark)

    def stats(self, pattern: str = "") -> dict[str, int]:
        """Envoy's counters and gauges by name; those whose name matches the regular expression."""
        answer = self.admin(f"/stats?format=json&filter={pattern}")
        return {entry["name"]: entry["value"] for entry in json.loads(answer)["stats"] if "value" in entry}

    def config_dump(self, resource: str = "") -> Any:
        """What Envoy has been told; `resource` is for example `dynamic_active_clusters`, by default everything."""
        answer = json.loads(self.admin(f"/config_dump{f'?resource={resource}' if resource else ''}"))
        return answer.get("configs", [])

    def endpoints(self) -> Any:
        """Envoy's clusters with their endpoints, health, priorities and counts (`/clusters`)."""
        return json.loads(self.admin("/clusters?format=json")).get("cluster_statuses", [])

    def admin(self, path: str, *, method: str = "GET") -> str:
        """What Envoy's own interface answers; raises LabError when there is no proxy or it refuses."""
        if not self.plan.role.has_proxy:
            raise LabError(f"pod {self.plan.key} of {self.plan.cluster} has no proxy")
        status, text = ask(self.netns, proxy.ADMIN_PORT, method, path)
        if status != 200:
            raise LabError(f"the proxy of {self.plan.key} answers {status} to {path}: {text.strip()[:200]}")
        return text

    def rejections(self) -> list[sync.Rejection]:
        """What its proxy has refused since it started; nothing where no proxy runs."""
        if not (self.plan.role.has_proxy and self._process(proxy.PROXY)):
            return []
        return sync.refused_by_proxy(self.plan.cluster, self.plan.key, self.stats("update_rejected"))

    def log(self, part: str = proxy.PROXY, lines: int = 30) -> str:
        """The end of a program's log: `proxy` or `app`."""
        return log_tail(self.cluster.cluster.log(proxy.program(self.plan, part)), lines)

    def __repr__(self) -> str:
        return f"<pod {self.plan.key} of {self.plan.cluster} at {self.address}>"

    @property
    def _parts(self) -> list[str]:
        role = self.plan.role
        return [part for part, has in ((proxy.PROXY, role.has_proxy), (proxy.APP, role.has_app)) if has]

    def _process(self, part: str) -> Process | None:
        """A part's process while it runs."""
        lab, group = self.cluster.cluster.lab, proxy.group(self.plan.cluster)
        process = on_record(lab, group, proxy.program(self.plan, part))
        return process if process and process.is_alive() else None

    def _start_proxy(self) -> Process:
        self._end(proxy.PROXY)
        self.cluster.api.delete("v1", "Pod", self.plan.name, self.plan.namespace)
        uid = self._declare(ready=False)["metadata"]["uid"]
        path = f"/api/v1/namespaces/{self.plan.namespace}/serviceaccounts/{self.plan.service_account}/token"
        granted = self.cluster.api.request("POST", path, body=objects.token_request(self.plan, uid))
        proxy.make_folder(self.cluster.cluster, self.plan, granted["status"]["token"])
        command = proxy.proxy_command(self.programs, self.cluster.cluster, self.plan, self.network)
        return spawn(command, self.cluster.cluster.lab)

    def _start_app(self) -> Process:
        self._end(proxy.APP)
        return spawn(proxy.app_command(self.cluster.cluster, self.plan), self.cluster.cluster.lab)

    def _declare(self, *, ready: bool) -> dict[str, Any]:
        return self.cluster.api.apply([objects.pod(self.plan, ready=ready)])[0]

    def _object(self) -> dict[str, Any] | None:
        return self.cluster.api.read("v1", "Pod", self.plan.name, self.plan.namespace)

    def _end(self, *parts: str) -> None:
        """End these parts; a proxy that was killed alone may have left its Envoy, which goes too."""
        mine = {proxy.program(self.plan, part) for part in parts}
        found = recorded(self.cluster.cluster.lab, proxy.group(self.plan.cluster))
        end(process for process in found if process.program in mine)
