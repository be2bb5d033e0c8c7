"""Real control planes: what they accept and refuse, stopping, healing, and what stays behind: nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import lab
from lab.folder import LabFolder
from lab.process import recorded
from lab.state import ClusterState, write_state

pytestmark = [pytest.mark.clusters, pytest.mark.usefixtures("real_programs")]

RunLab = Callable[..., subprocess.CompletedProcess[str]]
Survivors = Callable[[Path], list[int]]
Eventually = Callable[..., None]


def virtual_service(name: str = "reviews", weight: int = 100, host: str = "reviews") -> dict[str, Any]:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "hosts": [host],
            "http": [{"route": [{"destination": {"host": "reviews"}, "weight": weight}]}],
        },
    }


def workload(namespace: str = "default") -> list[dict[str, Any]]:
    """A Service, the Pod behind it, and the Node under that, as a snapshot describes them."""
    metadata = {"name": "reviews-v1", "namespace": namespace, "labels": {"app": "reviews", "version": "v1"}}
    ready = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")]
    return [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {"nodeName": "node", "containers": [{"name": "app", "image": "none"}]},
            "status": {
                "phase": "Running",
                "podIP": "10.244.0.11",
                "podIPs": [{"ip": "10.244.0.11"}],
                "conditions": ready,
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "reviews", "namespace": namespace},
            "spec": {"selector": {"app": "reviews"}, "ports": [{"name": "http", "port": 9080}]},
        },
    ]


@pytest.fixture(scope="module")
def clusters(real_programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    folder = tmp_path_factory.mktemp("embedded") / "lab"
    with lab.embedded(["kind2", "kind3"], folder=folder, trust_domains={"kind3": "c3.local"}) as running:
        yield running
    assert not folder.exists()


@pytest.fixture
def kind2(clusters: lab.Lab) -> Iterator[lab.RunningCluster]:
    """A cluster without anything that another test left in it."""
    yield clusters["kind2"]
    clusters["kind2"].reset()


def test_a_good_object_is_accepted(kind2: lab.RunningCluster) -> None:
    """It is stored, and read again as it was applied."""
    kind2.api.apply([virtual_service()])
    stored = kind2.api.read("networking.istio.io/v1", "VirtualService", "reviews")
    assert stored is not None
    assert stored["spec"] == virtual_service()["spec"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (virtual_service(weight=-5), r'"validation\.istio\.io" denied the request.*weight -5 < 0'),
        (virtual_service(host=""), "denied the request|Invalid value"),
    ],
    ids=["negative weight", "empty host"],
)
def test_a_bad_object_is_refused(kind2: lab.RunningCluster, bad: dict[str, Any], says: str) -> None:
    """istiod's sentence reaches the caller, and nothing is stored."""
    with pytest.raises(lab.ApiError, match=says):
        kind2.api.apply([bad])
    assert kind2.api.read("networking.istio.io/v1", "VirtualService", "reviews") is None


def test_without_istiod_the_webhook_fails_closed(kind2: lab.RunningCluster) -> None:
    """When istiod hangs, a good object is refused as well: nothing passes unseen."""
    [istiod] = [process for process in recorded(kind2.cluster.lab, "kind2") if process.program == "istiod"]
    configuration = kind2.api.read(
        "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "istio-validator"
    )
    assert configuration is not None
    assert [hook["failurePolicy"] for hook in configuration["webhooks"]] == ["Fail"]
    os.kill(istiod.pid, signal.SIGSTOP)
    try:
        hasty = {**configuration, "webhooks": [{**configuration["webhooks"][0], "timeoutSeconds": 1}]}
        hasty["metadata"] = {key: configuration["metadata"][key] for key in ("name", "labels")}
        kind2.api.apply([hasty])
        with pytest.raises(lab.ApiError, match="failed calling webhook"):
            kind2.api.apply([virtual_service()])
    finally:
        os.kill(istiod.pid, signal.SIGCONT)


def test_a_service_gets_its_endpoints(kind2: lab.RunningCluster, eventually: Eventually) -> None:
    """The controllers run: an applied Pod that says it is ready becomes the Service's endpoint."""
    kind2.api.apply(workload())

    def addresses() -> list[str]:
        slices = kind2.api.list("discovery.k8s.io/v1", "EndpointSlice", "default")
        return [
            address
            for found in slices
            if found["metadata"]["name"].startswith("reviews-")
            for endpoint in found["endpoints"] or []
            for address in endpoint["addresses"]
        ]

    eventually(lambda: addresses() == ["10.244.0.11"])


def test_foreground_deletion_ends(kind2: lab.RunningCluster, eventually: Eventually) -> None:
    """Pulumi deletes in this way; without the garbage collector it would wait for ten minutes."""
    kind2.api.apply([virtual_service()])
    assert kind2.api.delete("networking.istio.io/v1", "VirtualService", "reviews", propagation="Foreground")
    eventually(lambda: kind2.api.read("networking.istio.io/v1", "VirtualService", "reviews") is None, 5.0)


def test_reset_empties_a_cluster(kind2: lab.RunningCluster) -> None:
    """Objects and namespaces of a test are gone; what the control plane needs is not."""
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    kind2.api.apply([*workload(), *workload("shop"), virtual_service(), shop])
    kind2.reset()
    names = {found["metadata"]["name"] for found in kind2.api.list("v1", "Namespace")}
    assert names == {"default", "istio-system", "kube-node-lease", "kube-public", "kube-system"}
    assert kind2.api.list("v1", "Pod") == []
    assert kind2.api.list("networking.istio.io/v1", "VirtualService") == []
    assert [found["metadata"]["name"] for found in kind2.api.list("v1", "Service")] == ["kubernetes"]
    assert kind2.is_healthy


def test_clusters_are_apart_and_trust_domains_are_theirs(clusters: lab.Lab) -> None:
    """What is applied to one is not in the other, and each istiod has its own mesh configuration."""
    clusters["kind2"].api.apply([virtual_service()])
    assert clusters["kind3"].api.read("networking.istio.io/v1", "VirtualService", "reviews") is None
    clusters["kind2"].reset()
    domains = {name: clusters[name].cluster.trust_domain for name in clusters}
    assert domains == {"kind2": "cluster.local", "kind3": "c3.local"}
    for name, domain in domains.items():
        port = clusters[name].cluster.ports.istiod_http
        assert httpx.get(f"http://127.0.0.1:{port}/debug/mesh").json()["trustDomain"] == domain


def test_logs_can_be_kept(clusters: lab.Lab, tmp_path: Path) -> None:
    """They are gone with the lab otherwise."""
    clusters.save_logs(tmp_path)
    programs = {"etcd.log", "istiod.log", "kube-apiserver.log", "kube-controller-manager.log"}
    assert all(programs <= {log.name for log in (tmp_path / name).iterdir()} for name in clusters)


def test_kubectl_works_with_the_merged_file(clusters: lab.Lab, real_programs: dict[str, Path], tmp_path: Path) -> None:
    """Contexts are named like the clusters, and every one can be used as it is."""
    for name in clusters:
        shown = subprocess.run(
            [real_programs["kubectl"], "--context", name, "get", "namespaces", "--output", "name"],
            env={"KUBECONFIG": str(clusters.kubeconfig), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "namespace/istio-system" in shown.stdout.splitlines()


def test_a_stopped_cluster_is_unreachable_and_comes_back_with_its_data(clusters: lab.Lab) -> None:
    """Stopping one leaves the other alone; started again, it has its objects, its address and its webhook."""
    kind3 = clusters["kind3"]
    kind3.api.apply([virtual_service()])
    kind3.stop()
    with pytest.raises(lab.UnreachableError, match="kind3 does not answer"):
        kind3.api.list("v1", "Namespace")
    assert clusters["kind2"].is_healthy
    kind3.start()
    assert kind3.api.read("networking.istio.io/v1", "VirtualService", "reviews") is not None
    with pytest.raises(lab.ApiError, match="denied the request"):
        kind3.api.create(virtual_service("other", weight=-5), dry_run=True)
    kind3.start()  # which has nothing to do


def test_a_running_lab_is_not_embedded_twice_but_can_be_attached_to(clusters: lab.Lab) -> None:
    """The second block would take the first one's clusters away at its end."""
    with pytest.raises(lab.LabError, match="a lab runs in"), lab.embedded(["x"], folder=clusters.folder):
        pass
    attached = lab.attach(clusters.folder)
    assert list(attached) == ["kind2", "kind3"]
    attached.close()


def test_the_command_line_from_up_to_down(
    tmp_path: Path, run_lab: RunLab, survivors: Survivors, eventually: Eventually, request: pytest.FixtureRequest
) -> None:
    """up, up again, status, a death, up once more with the data kept, down, down again."""
    folder = tmp_path / "lab"
    request.addfinalizer(lambda: lab.down(folder))
    arguments = ("up", "east", "--no-istiod", "--folder", folder)
    first = run_lab(*arguments)
    assert first.returncode == 0, first.stderr
    assert f"export KUBECONFIG={folder}/kubeconfig" in first.stdout
    assert "east: CRDs" in first.stdout

    before = survivors(folder)
    assert run_lab(*arguments).returncode == 0
    assert survivors(folder) == before
    shown = run_lab("status", "--folder", folder)
    assert (shown.returncode, shown.stdout.count("healthy")) == (0, 3)

    running = lab.attach(folder)
    running["east"].api.apply([virtual_service()])
    [server] = [process for process in recorded(LabFolder.at(folder)) if process.program == "kube-apiserver"]
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.is_alive())
    shown = run_lab("status", "--folder", folder)
    assert shown.returncode == 1
    assert "not running" in shown.stdout

    # Meanwhile another program takes one of its ports.
    with socket.socket() as foreign:
        foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        foreign.bind(("127.0.0.1", running["east"].cluster.ports.api_server))
        foreign.listen()
        assert run_lab("up", "--folder", folder).returncode == 0
        again = lab.attach(folder)
    assert again["east"].server != running["east"].server
    assert again["east"].api.read("networking.istio.io/v1", "VirtualService", "reviews") is not None
    assert not set(before) & set(survivors(folder))
    running.close()
    again.close()

    assert "3 processes ended" in run_lab("down", "--folder", folder).stdout
    assert run_lab("down", "--folder", folder).stdout == "nothing was running\n"
    assert (survivors(folder), folder.exists()) == ([], False)


@pytest.mark.parametrize("processes", [1, 3])
def test_an_up_that_is_killed_can_be_taken_down(
    tmp_path: Path,
    run_lab: RunLab,
    survivors: Survivors,
    eventually: Eventually,
    lab_environment: dict[str, str],
    processes: int,
) -> None:
    """kill -9 in the middle: what was started runs on, is on record, and `down` finds all of it."""
    folder = tmp_path / "lab"
    command = [sys.executable, "-m", "lab", "up", "east", "west", "--folder", str(folder)]
    with subprocess.Popen(command, env=lab_environment, stdout=subprocess.DEVNULL) as starter:
        eventually(lambda: len(survivors(folder)) >= processes)
        starter.kill()
    down = run_lab("down", "--folder", folder)
    assert down.returncode == 0, down.stderr
    time.sleep(0.3)
    assert (survivors(folder), folder.exists()) == ([], False)


@pytest.mark.parametrize("moment", ["starting", "running"])
def test_nothing_stays_behind_when_the_tests_process_is_killed(
    tmp_path: Path,
    survivors: Survivors,
    eventually: Eventually,
    lab_environment: dict[str, str],
    moment: str,
) -> None:
    """kill -9 of the process that holds the block: its guard ends the clusters and removes the folder."""
    folder = tmp_path / "lab"
    program = f"""
        import lab, time
        with lab.embedded(["east"], folder={str(folder)!r}, istiod=False):
            print("running", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env=lab_environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        if moment == "running":
            assert starter.stdout is not None
            assert starter.stdout.readline() == "running\n"
        eventually(lambda: survivors(folder))
        starter.kill()
    eventually(lambda: not folder.exists() and not survivors(folder))


def test_a_start_that_fails_names_the_program_and_ends_what_it_began(
    tmp_path: Path, survivors: Survivors, monkeypatch: pytest.MonkeyPatch, real_programs: dict[str, Path]
) -> None:
    """One cluster's bad program is noticed at once; the other cluster is not left running either."""
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'bad flag' >&2\nexit 3\n")
    broken.chmod(0o755)
    folder = tmp_path / "lab"
    found = {**real_programs, "kube-apiserver": broken}
    monkeypatch.setattr("lab.bring_up.programs", lambda *, with_istiod: found)
    with pytest.raises(lab.LabError) as raised:
        lab.up(["east", "west"], folder=folder)
    assert "kube-apiserver ended with status 3" in raised.value.message
    assert raised.value.tail.endswith("bad flag")
    assert "down" in raised.value.advice
    assert survivors(folder) == []
    assert lab.down(folder) == 0


def test_data_of_an_earlier_boot_is_not_used(tmp_path: Path, survivors: Survivors) -> None:
    """It was written without being forced to the disk, so it may be torn; the cluster starts empty."""
    folder = LabFolder.at(tmp_path / "lab")
    folder.claim()
    write_state(folder, [ClusterState(name="east", base=None, istiod=False, boot="earlier")])
    torn = folder.clusters / "east" / "etcd" / "member" / "wal" / "0000000000000000-0000000000000000.wal"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"\0" * 4096)
    try:
        running = lab.up(folder=folder.path)
        assert running["east"].is_healthy
        running.close()
    finally:
        lab.down(folder.path)
    assert survivors(folder.path) == []


def test_choices_of_a_cluster_are_for_good(clusters: lab.Lab) -> None:
    """Asking for the same cluster with another choice is an error that names both."""
    with pytest.raises(lab.LabError, match="kind2 was made with istiod on, now off is asked for"):
        lab.up(["kind2"], folder=clusters.folder, istiod=False)
