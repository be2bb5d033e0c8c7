"""istiod on loopback: validates Istio objects of one cluster and serves their configuration to proxies."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab import probe, webhook
from lab.cluster import Cluster
from lab.files import write
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "istiod"
NAMESPACE = "istio-system"


def command(binary: Path, cluster: Cluster) -> Command:
    """istiod, with its mesh configuration from `write_mesh_config` and its authority from `lab.pki`."""
    ports = cluster.ports
    return Command(
        cluster=cluster.name,
        program=PROGRAM,
        argv=(
            str(binary),
            "discovery",
            f"--kubeconfig={cluster.kubeconfig}",
            f"--meshConfig={_mesh_config(cluster)}",
            f"--clusterID={cluster.name}",
            f"--httpAddr={ADDRESS}:{ports.istiod_http}",
            f"--httpsAddr={ADDRESS}:{ports.istiod_webhook}",
            f"--grpcAddr={ADDRESS}:{ports.istiod_plaintext_xds}",
            f"--secureGRPCAddr={ADDRESS}:{ports.istiod_xds}",
            f"--monitoringAddr={ADDRESS}:{ports.istiod_monitoring}",
            "--ctrlz_port=0",
        ),
        folder=cluster.folder,
        log=cluster.log(PROGRAM),
        environment={
            "POD_NAME": f"istiod-{cluster.name}",
            "POD_NAMESPACE": NAMESPACE,
            "CLUSTER_ID": cluster.name,
            # Must equal the label istio.io/rev of the webhook's configuration.
            "REVISION": webhook.REVISION,
            "ROOT_CA_DIR": str(cluster.mesh_ca),
            "PILOT_CERT_PROVIDER": "istiod",
            # Further names in the webhook's serving certificate: the API server calls it by address.
            "ISTIOD_CUSTOM_HOST": ADDRESS,
            "INJECT_ENABLED": "false",
            "VALIDATION_WEBHOOK_CONFIG_NAME": webhook.NAME,
            "ENABLE_LEADER_ELECTION": "false",
        },
    )


def write_mesh_config(cluster: Cluster) -> None:
    """Write the mesh configuration; istiod watches the file."""
    document = {"trustDomain": cluster.trust_domain, "enablePrometheusMerge": False}
    write(_mesh_config(cluster), yaml.safe_dump(document))


def webhook_url(cluster: Cluster) -> str:
    """Where the API server sends objects to be validated."""
    return f"https://{ADDRESS}:{cluster.ports.istiod_webhook}/validate"


def unready(cluster: Cluster) -> str:
    """Why it does not serve yet, in a few words; empty when it does."""
    return probe.unready(f"http://{ADDRESS}:{cluster.ports.istiod_http}/ready")


def _mesh_config(cluster: Cluster) -> Path:
    return cluster.folder / "mesh.yaml"
