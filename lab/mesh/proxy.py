"""The programs of a pod: pilot-agent with its Envoy, and the test app, each with what it needs on disk.

    <cluster>/pods/<namespace>.<name>/     working directory; belongs to the proxy's user
        var/run/secrets/tokens/istio-token         its token, for istiod
        var/run/secrets/istio/root-cert.pem        whom it believes to be istiod
        etc/istio/proxy/                           what pilot-agent writes for Envoy

pilot-agent looks for all of it at these paths, relative to its working directory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from lab import istiod
from lab.cluster import Cluster
from lab.mesh import objects
from lab.mesh.app_control import app_argv
from lab.mesh.namespace import inside
from lab.mesh.plan import CLUSTER_DOMAIN, PodPlan, Role
from lab.mesh.reach import NoAnswerError, ask
from lab.mesh.speech import Speech
from lab.process import Command

PROXY, APP = "proxy", "app"
"""What the programs of a pod are called."""
PROXY_USER = 1337
"""Whose traffic is not redirected into the proxy: the proxy's own."""
APP_USER = 1000
MESH_ID = "lab"
ADMIN_PORT = 15000
HEALTH_PORT = 15021
DRAIN_SECONDS = 1
"""How long a proxy lets requests finish when it is asked to end, and when what they came in by has changed: Istio's 45
seconds for the latter would end the connections of one experiment in the midst of another."""
_CONFIG = Path("etc/istio/proxy")
_TOKEN = Path("var/run/secrets/tokens/istio-token")
_ROOT = Path("var/run/secrets/istio/root-cert.pem")


def group(cluster: str) -> str:
    """What the processes of a cluster's pods are recorded under, apart from its control plane's.

    A cluster's name has no dot, so this is never one.
    """
    return f"{cluster}.mesh"


def program(pod: PodPlan, part: str) -> str:
    """What a part of a pod is recorded as: unique in its cluster."""
    return f"{pod.namespace}.{pod.name}.{part}"


def folder(cluster: Cluster, pod: PodPlan) -> Path:
    """The pod's working directory."""
    return cluster.folder / "pods" / f"{pod.namespace}.{pod.name}"


def make_folder(cluster: Cluster, pod: PodPlan, token: str) -> None:
    """Make the pod's working directory, or give it a new token."""
    root = folder(cluster, pod)
    for part in (_CONFIG, _TOKEN.parent, _ROOT.parent, Path("tmp")):
        (root / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / _TOKEN).write_text(token)
    (root / _ROOT).write_bytes((cluster.mesh_ca / "root-cert.pem").read_bytes())
    for path in (root, *root.rglob("*")):
        os.chown(path, PROXY_USER, PROXY_USER, follow_symlinks=False)


def proxy_command(programs: Mapping[str, Path], cluster: Cluster, pod: PodPlan, network: str | None) -> Command:
    """pilot-agent, which starts Envoy; `network` is the one that Istio is to know of."""
    labels = objects.pod_labels(pod)
    environment = {
        "POD_NAME": pod.name,
        "POD_NAMESPACE": pod.namespace,
        "INSTANCE_IP": pod.address,
        "SERVICE_ACCOUNT": pod.service_account,
        "JWT_POLICY": "third-party-jwt",
        "PILOT_CERT_PROVIDER": "istiod",
        "TRUST_DOMAIN": cluster.trust_domain,
        "CA_ADDR": f"{istiod.HOST}:{istiod.XDS_PORT}",
        # Made in no time; an RSA key, the default, costs a tenth of a second of every start.
        "ECC_SIGNATURE_ALGORITHM": "ECDSA",
        "ISTIO_BOOTSTRAP": str(programs["envoy-bootstrap"]),
        "ISTIO_META_CLUSTER_ID": cluster.name,
        "ISTIO_META_MESH_ID": MESH_ID,
        "ISTIO_META_NODE_NAME": objects.NODE,
        "ISTIO_META_WORKLOAD_NAME": pod.name,
        "ISTIO_METAJSON_LABELS": json.dumps(labels),
        "PROXY_CONFIG": json.dumps(
            {
                "binaryPath": str(programs["envoy"]),
                "discoveryAddress": f"{istiod.HOST}:{istiod.XDS_PORT}",
                # Relative, because a Unix socket in there may not have a path of more than 107 bytes.
                "configPath": f"./{_CONFIG}",
                "concurrency": 1,
                "terminationDrainDuration": f"{DRAIN_SECONDS}s",
                "drainDuration": f"{DRAIN_SECONDS}s",
            }
        ),
    }
    if pod.role is Role.SIDECAR:
        environment |= {
            "ISTIO_META_INTERCEPTION_MODE": "REDIRECT",
            # The app asks the proxy for addresses, so that it can call hosts which only the mesh knows.
            "ISTIO_META_DNS_CAPTURE": "true",
        }
    if network:
        environment["ISTIO_META_NETWORK"] = network
    argv = (
        str(programs["pilot-agent"]),
        "proxy",
        "sidecar" if pod.role is Role.SIDECAR else "router",
        f"--domain={pod.namespace}.svc.{CLUSTER_DOMAIN}",
        "--proxyLogLevel=warning",
    )
    return _command(cluster, pod, PROXY, inside(pod.netns, argv, uid=PROXY_USER), environment)


def app_command(cluster: Cluster, pod: PodPlan) -> Command:
    """The test app."""
    argv = app_argv(
        workload=pod.name,
        cluster=pod.cluster,
        version=pod.labels.get("version", ""),
        ports=pod.speaking(Speech.PLAIN),
        greeting=pod.speaking(Speech.GREETING),
        http2=pod.speaking(Speech.HTTP2),
    )
    return _command(cluster, pod, APP, inside(pod.netns, argv, uid=APP_USER), {})


def _command(
    cluster: Cluster, pod: PodPlan, part: str, argv: tuple[str, ...], environment: Mapping[str, str]
) -> Command:
    return Command(
        cluster=group(cluster.name),
        program=program(pod, part),
        argv=argv,
        folder=folder(cluster, pod),
        log=cluster.log(program(pod, part)),
        environment=environment,
    )


def unready(pod: PodPlan) -> str:
    """Why the proxy does not serve yet, in a few words; empty when it has its first configuration."""
    try:
        status, text = ask(pod.netns, HEALTH_PORT, "GET", "/healthz/ready")
    except NoAnswerError as problem:
        return problem.message
    return "" if status == 200 else text.strip() or f"it answers {status}"
