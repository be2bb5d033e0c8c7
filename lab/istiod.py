"""istiod on loopback: validates Istio objects of one cluster and serves their configuration to proxies.

Proxies, if there are any (lab.mesh), are vanilla Envoys: what only Istio's own build of Envoy understands is
switched off, for they would refuse everything that it stands in.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import yaml

from lab import probe, webhook
from lab.cluster import Cluster
from lab.files import write
from lab.ports import ADDRESS
from lab.process import Command

PROGRAM = "istiod"
NAMESPACE = "istio-system"
HOST = "istiod.istio-system.svc"
"""What proxies call it; a name that only they can resolve."""
XDS_PORT = 15012
"""Where proxies reach it under that name."""


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
            # Further names in its serving certificate: the API server calls it by address.
            "ISTIOD_CUSTOM_HOST": f"{ADDRESS},{HOST}",
            "INJECT_ENABLED": "false",
            "VALIDATION_WEBHOOK_CONFIG_NAME": webhook.NAME,
            "ENABLE_LEADER_ELECTION": "false",
            # Extensions that vanilla Envoy lacks.
            "PILOT_ENABLE_METADATA_EXCHANGE": "false",
            "PILOT_ENABLE_ALPN_FILTER": "false",
        },
    )


def write_mesh_config(cluster: Cluster, trust_domains: Collection[str] = ()) -> None:
    """Write the mesh configuration; istiod watches the file.

    `trust_domains` are those of all clusters. Who comes from another one is let in too, under its own name:
    the clusters share a root. Aliases would let it in as well, but as if it came from here.
    """
    document = {
        "trustDomain": cluster.trust_domain,
        "enablePrometheusMerge": False,
        "defaultConfig": {"discoveryAddress": f"{HOST}:{XDS_PORT}"},
    }
    if others := sorted(set(trust_domains) - {cluster.trust_domain}):
        root = (cluster.mesh_ca / "root-cert.pem").read_text()
        document["caCertificates"] = [{"pem": root, "trustDomains": others}]
    write(_mesh_config(cluster), yaml.safe_dump(document))


def webhook_url(cluster: Cluster) -> str:
    """Where the API server sends objects to be validated."""
    return f"https://{ADDRESS}:{cluster.ports.istiod_webhook}/validate"


def unready(cluster: Cluster) -> str:
    """Why it does not serve yet, in a few words; empty when it does."""
    return probe.unready(f"http://{ADDRESS}:{cluster.ports.istiod_http}/ready")


def _mesh_config(cluster: Cluster) -> Path:
    return cluster.folder / "mesh.yaml"
