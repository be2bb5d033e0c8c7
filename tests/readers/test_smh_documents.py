"""Documents of Service Mesh Hub and Gloo Mesh as a whole: the deck's, discovery's, and kinds by name."""

from __future__ import annotations

import pytest
from smh_documents import document, told

from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.smh.kind import FOREIGN
from meshhub_pulumi.readers.smh.reference import meshes_of
from meshhub_pulumi.standard import compile_standard


def bodies(loaded, compat):
    """Every object that a compile gives."""
    compiled = compile_standard(loaded.specs, loaded.snapshot, compat)
    assert [] == compiled.errors
    return {str(key): manifest.body for key, manifest in compiled.manifests.items()}


@pytest.mark.parametrize("compat", [None, "smh-0.8"])
def test_the_deck_verbatim(deck, compat):
    """The deck's traffic policy, as its slide shows it, gives the same manifests as our own YAML."""
    snapshot = str(deck / "snapshot.yaml")
    slide = read([str(deck / "traffic-policy.yaml"), str(deck / "virtual-mesh.yaml")], snapshot)
    own = read([str(deck / "own.yaml")], snapshot)
    assert bodies(own, compat) == bodies(slide, compat)


def test_the_slides_misplaced_field(deck):
    """The slide's trafficShift stands inside a selector: it is read as meant, with one warning."""
    loaded = read([str(deck / "traffic-policy.yaml")], str(deck / "snapshot.yaml"))
    assert [("MH130", "spec.destinationSelector[0].trafficShift", 13)] == told(loaded)
    where = loaded.specs[0].owner.at("traffic_shift[1].weight").where()
    assert ("spec.destinationSelector[0].trafficShift.destinations[1].weight", 28) == (where.path, where.line)


@pytest.mark.parametrize("compat", [None, "smh-0.8"])
def test_discovery_is_a_snapshot(deck, compat):
    """Discovery's objects say the same as a snapshot, whether named as one or standing among the input."""
    policies = [str(deck / "traffic-policy.yaml"), str(deck / "virtual-mesh.yaml")]
    native = read(policies, str(deck / "snapshot.yaml"))
    named = read(policies, str(deck / "discovery.yaml"))
    among = read([*policies, str(deck / "discovery.yaml")])
    assert native.snapshot == named.snapshot == among.snapshot
    assert bodies(native, compat) == bodies(named, compat) == bodies(among, compat)


@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("networking.enterprise.mesh.gloo.solo.io/v1beta1", "VirtualGateway"),
        ("networking.enterprise.mesh.gloo.solo.io/v1beta1", "VirtualHost"),
        ("networking.enterprise.mesh.gloo.solo.io/v1beta1", "RouteTable"),
        ("networking.enterprise.mesh.gloo.solo.io/v1beta1", "ServiceDependency"),
        ("networking.enterprise.mesh.gloo.solo.io/v1beta1", "WasmDeployment"),
        ("observability.enterprise.mesh.gloo.solo.io/v1", "AccessLogRecord"),
        ("certificates.mesh.gloo.solo.io/v1", "IssuedCertificate"),
        ("settings.mesh.gloo.solo.io/v1", "Settings"),
        ("rbac.enterprise.mesh.gloo.solo.io/v1", "Role"),
        ("wasme.io/v1", "FilterDeployment"),
    ],
)
def test_kinds_that_are_still_to_come(reading, api, kind):
    """Kinds of theirs that nothing here reads are told by name, and that is no matter of spelling."""
    known = document("TrafficPolicy", "spec: {requestTimeout: 5s}")
    (found,) = reading(f"{known}\n---\n{document(kind, 'spec: {}', api)}").findings
    assert ("MH133", f"{kind} of {api} is not supported yet, so it is not read") == (found.code, found.message)


def test_an_unknown_mesh(reading):
    """A reference to a Mesh that nothing names is an error with the nearest names."""
    loaded = reading(document("VirtualMesh", "spec:\n  meshes:\n  - {name: istiod-istio-system-kind4}\n"))
    (found,) = loaded.findings
    assert ("MH101", "spec.meshes[0]", 6) == (found.code, found.where.path, found.where.line)
    assert (
        "there is no mesh istiod-istio-system-kind4 (there are: istiod-istio-system-kind3, istiod-istio-system-kind2)"
        == found.message
    )


def test_meshes_are_known_by_document_or_by_rule():
    """A Mesh document names its cluster whatever it is called; else discovery's rule of naming holds."""
    meshes = meshes_of({"my-mesh": "east"}, [("kind2", "istio-system"), ("kind_3", "istio")])
    assert "east" == meshes("my-mesh")
    assert "kind2" == meshes("istiod-istio-system-kind2")
    assert "kind2" == meshes("istio-pilot-istio-system-kind2")
    assert "kind_3" == meshes("istiod-istio-kind-3")


def test_every_foreign_kind_is_one_of_ours():
    """Each foreign kind names a kind that the library has."""
    from meshhub_pulumi.kinds import KINDS

    assert {foreign.kind for foreign in FOREIGN.values()} <= KINDS.keys()
