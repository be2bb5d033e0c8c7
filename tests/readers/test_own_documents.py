"""Our own kinds in YAML: what is read, and every fault with its place in the user's spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.snapshot import MeshSnapshot

POLICY = """\
apiVersion: meshhub.dev/v1alpha1
kind: TrafficPolicy
metadata:
  name: reviews
spec:
"""


def faults(loaded, code="MH100"):
    """Path, line and message of every finding of a code."""
    return [(x.where.path, x.where.line, x.message) for x in loaded.findings if x.code == code]


def test_a_policy_is_its_model(reading):
    """The spec of a document is the model that a program gives; name and namespace come from the metadata."""
    loaded = reading(
        POLICY
        + """\
  destinations:
  - {name: reviews, namespace: default, cluster: kind2}
  trafficShift:
  - {destination: {name: reviews, namespace: default, cluster: kind2, subset: {version: v1}}, weight: 75.0}
  - {destination: {name: reviews, namespace: default, cluster: kind3}, weight: 25}
  timeout: 1500ms
"""
    )
    here, there = ({"name": "reviews", "namespace": "default", "cluster": x} for x in ("kind2", "kind3"))
    args = TrafficPolicyArgs(
        destinations=[here],
        traffic_shift=[
            {"destination": {**here, "subset": {"version": "v1"}}, "weight": 75},
            {"destination": there, "weight": 25},
        ],
        timeout="1.5s",
    )
    (spec,) = loaded.specs
    assert ("TrafficPolicy", "reviews", "default", args) == (spec.kind, spec.name, spec.namespace, spec.args)
    assert () == loaded.findings


def test_a_mesh_takes_its_namespace_from_the_metadata(reading):
    """The metadata's namespace is the spec's, and the model's."""
    (spec,) = reading(
        "{apiVersion: meshhub.dev/v1alpha1, kind: VirtualMesh, metadata: {name: m, namespace: mesh},"
        " spec: {clusters: [kind2, {name: kind3, network: n}]}}"
    ).specs
    assert VirtualMeshArgs(namespace="mesh", clusters=["kind2", {"name": "kind3", "network": "n"}]) == spec.args
    assert "mesh" == spec.namespace


def test_paths_and_lines_of_a_spec(reading):
    """A spec's origin spells the model's paths in camelCase below `spec`, and knows their lines."""
    (spec,) = reading(
        POLICY + "  trafficShift:\n  - destination: {name: a, namespace: b, cluster: kind2}\n    weight: 100\n"
    ).specs
    where = spec.owner.at("traffic_shift[0].weight").where()
    assert ("spec.trafficShift[0].weight", "mesh.yaml", 8) == (where.path, where.file, where.line)
    assert 1 == spec.owner.where().line
    assert 7 == spec.owner.at("traffic_shift[0].destination.subset").where().line


def test_all_faults_at_once(reading):
    """Every fault of a document is a finding at its own line, in the spelling of the document."""
    loaded = reading(
        POLICY
        + """\
  destinations: reviews
  trafficShift:
  - destination: {name: reviews, namespace: default, cluster: kind3, subset: {version: 3}}
    weight: 190
  - destination:
      name: reviews
      namespace: default
    weigth: 15
  timeout: 5
  retries: {attempts: 2, per_try_timeout: 2s}
  namespace: x
  name: x
stray: 1
"""
    )
    assert [
        ("spec.destinations", 6, "must be a list"),
        ("spec.trafficShift[0].destination.subset.version", 8, "must be text: write it in quotes as it stands"),
        ("spec.trafficShift[0].weight", 9, "input should be less than or equal to 100 (got 190)"),
        ("spec.trafficShift[1].weight", 10, "required, but missing"),
        ("spec.trafficShift[1].weigth", 13, "unknown field; did you mean weight?"),
        ("spec.timeout", 14, "must be text with a unit, such as 5s or 250ms"),
        ("spec.retries.per_try_timeout", 15, "unknown field; did you mean perTryTimeout?"),
        ("spec.namespace", 16, "unknown field; it stands in the metadata"),
        ("spec.name", 17, "unknown field; it stands in the metadata"),
        ("stray", 18, "unknown field"),
    ] == faults(loaded)
    assert {"TrafficPolicy default/reviews"} == {x.where.object for x in loaded.findings}
    assert {"mesh.yaml"} == {x.where.file for x in loaded.findings}
    assert () == loaded.specs


@pytest.mark.parametrize("text", ["yes", "1", "1.10", "010"])
def test_labels_must_be_text(reading, text):
    """A label that YAML takes for something else than text is refused, and the reason says to quote it."""
    loaded = reading(POLICY + f"  sources: [{{labels: {{version: {text}}}}}]\n")
    reason = "must be text: write it in quotes as it stands"
    assert [("spec.sources[0].labels.version", 6, reason)] == faults(loaded)


def test_what_only_programs_give(reading):
    """Providers, snapshots and policies inside a mesh are unknown in YAML."""
    loaded = reading(
        "apiVersion: meshhub.dev/v1alpha1\nkind: VirtualMesh\nmetadata: {name: m}\nspec:\n"
        "  clusters: [{name: kind2, provider: p}]\n  snapshot: s.yaml\n  policies: []\n"
    )
    reason = "unknown field; only programs give it"
    assert [
        ("spec.clusters[0].provider", 5, reason),
        ("spec.snapshot", 6, reason),
        ("spec.policies", 7, reason),
    ] == faults(loaded)


def test_names_are_needed(reading):
    """An object without a name, or with one that is none, is told as such."""
    loaded = reading(
        "{apiVersion: meshhub.dev/v1alpha1, kind: TrafficPolicy, spec: {}}\n---\n"
        "{apiVersion: meshhub.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: Not_A_Name}, spec: {}}\n---\n"
        "{apiVersion: meshhub.dev/v1alpha1, kind: TrafficPolicy, metadata: none, spec: []}\n"
    )
    assert ["metadata.name", "metadata.name", "metadata", "spec"] == [path for path, _, _ in faults(loaded)]
    assert "TrafficPolicy (without a name)" == loaded.findings[0].where.object


def test_a_key_given_twice(reading):
    """A key that stands in one mapping twice is an error at its second line."""
    loaded = reading(POLICY + "  timeout: 5s\n  retries: {attempts: 1}\n  timeout: 6s\n")
    assert [("spec.timeout", 8, "the key is given twice in one mapping")] == faults(loaded, "MH134")


def test_a_misspelled_kind(reading):
    """A kind that our group lacks is an error that names the nearest, not a stranger."""
    loaded = reading(
        POLICY + "  timeout: 5s\n---\n{apiVersion: meshhub.dev/v1alpha1, kind: TraficPolicy, metadata: {name: x}}"
    )
    assert [("kind", 8, "there is no kind TraficPolicy (there are: TrafficPolicy)")] == faults(loaded)


def test_strangers(reading):
    """Documents of other kinds are warned of; those of Istio are left alone with a note."""
    loaded = reading(
        POLICY
        + "  timeout: 5s\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n---\n"
        + "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: n}}\n---\n- list\n"
        + "---\n{apiVersion: networking.smh.solo.io/v1alpha1, kind: TrafficPolicy, metadata: {name: t}}\n"
    )
    assert [
        ("MH133", "warning", 8, "ConfigMap of v1 is not read"),
        ("MH132", "note", 10, "objects of networking.istio.io are left alone"),
        ("MH133", "warning", 12, "it has no apiVersion and kind, so it is not read"),
    ] == [(x.code, str(x.level), x.where.line, x.message) for x in loaded.findings[:3]]
    assert loaded.findings[3].message.startswith(
        "TrafficPolicy of networking.smh.solo.io/v1alpha1 is not read; TrafficPolicy is read from meshhub.dev/v1alpha1"
    )


def test_items_of_a_list_keep_their_paths(reading):
    """What `kubectl get -o yaml` prints is read item by item, each with paths and lines of its own."""
    loaded = reading(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: meshhub.dev/v1alpha1\n  kind: TrafficPolicy\n"
        "  metadata: {name: a}\n  spec: {timeout: 5s}\n- apiVersion: meshhub.dev/v1alpha1\n  kind: TrafficPolicy\n"
        "  metadata: {name: b}\n  spec:\n    timeout: 5\n"
    )
    assert ["a"] == [spec.name for spec in loaded.specs]
    assert [("spec.timeout", 12, "must be text with a unit, such as 5s or 250ms")] == faults(loaded)
    assert 4 == loaded.specs[0].owner.where().line


SNAPSHOT = """\
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
  kind9:
    services:
    - {name: a, namespace: b, ports: [{port: 80}]}
"""


def test_a_snapshot_among_other_documents(reading):
    """A MeshSnapshot may stand among the specs, with its clusters at its top or below `spec`."""
    indented = SNAPSHOT.replace("clusters:", "spec:\n clusters:").replace("\n  ", "\n   ")
    flat, below = reading(SNAPSHOT, None), reading(indented, None)
    assert ["a"] == [service.name for service in flat.snapshot.clusters["kind9"].services]
    assert flat.snapshot == below.snapshot
    assert isinstance(flat.snapshot, MeshSnapshot)


def test_faults_of_a_snapshot(reading):
    """A snapshot's faults are findings with paths and lines of its document."""
    loaded = reading(SNAPSHOT.replace("port: 80", "prot: 80") + "    trustdomain: x\n", None)
    assert [
        ("clusters.kind9.services[0].ports[0].port", 6, "required, but missing"),
        ("clusters.kind9.services[0].ports[0].prot", 6, "unknown field; did you mean port?"),
        ("clusters.kind9.trustdomain", 7, "unknown field; did you mean trustDomain?"),
    ] == faults(loaded)


def test_a_cluster_described_twice(reading, tmp_path):
    """Two descriptions of one cluster are fine if they are equal, and an error if not."""
    Path("other.yaml").write_text(SNAPSHOT)
    assert () == reading(SNAPSHOT, Path("other.yaml")).findings
    (found,) = reading(SNAPSHOT.replace("80", "81"), Path("other.yaml")).findings
    message = "cluster kind9 is described twice, differently; first by MeshSnapshot at mesh.yaml:4"
    assert ("MH106", message, "other.yaml", 4) == (found.code, found.message, found.where.file, found.where.line)
