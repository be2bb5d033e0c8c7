"""Failover services of Service Mesh Hub and virtual destinations of Gloo Mesh."""

from __future__ import annotations

import pytest
from smh_documents import ENTERPRISE, GLOO, NAMESPACE, document, told

from meshhub_pulumi.features.outlier_detection import OutlierDetection
from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs

FAILOVER = FailoverServiceArgs(
    namespace=NAMESPACE,
    hostname="reviews.default.global",
    port={"number": 9080, "protocol": "HTTP"},
    clusters=["kind2"],
    backing_services=[
        {"name": "reviews", "namespace": "default", "cluster": "kind2"},
        {"name": "reviews", "namespace": "default", "cluster": "kind3"},
    ],
)


BACKINGS = """\
  - kubeService: {name: reviews, namespace: default, clusterName: kind2}
  - kubeService: {name: reviews, namespace: default, clusterName: kind3}
"""


def test_a_failover_service(reading):
    """Mesh references become clusters; the protocol may be written small."""
    loaded = reading(
        document(
            "FailoverService",
            "spec:\n  hostname: reviews.default.global\n  port: {number: 9080, protocol: http}\n"
            f"  meshes: [{{name: istiod-istio-system-kind2, namespace: {NAMESPACE}}}]\n  backingServices:\n{BACKINGS}",
        )
    )
    assert [] == told(loaded)
    assert FAILOVER == loaded.specs[0].args
    where = loaded.specs[0].owner.at("backing_services[1].cluster").where()
    assert ("spec.backingServices[1].kubeService.clusterName", 10) == (where.path, where.line)


def test_a_virtual_destination(reading):
    """The static form of Gloo Mesh's VirtualDestination is a FailoverService."""
    api = "networking.enterprise.mesh.gloo.solo.io/v1beta1"
    backings = BACKINGS.replace("  - ", "    - ")
    spec = (
        "spec:\n  hostname: reviews.default.global\n  port: {number: 9080, protocol: HTTP}\n"
        "  meshList: {meshes: [{name: istiod-istio-system-kind2, namespace: gloo-mesh}]}\n"
    )
    static = reading(document("VirtualDestination", f"{spec}  static:\n    destinations:\n{backings}", api))
    assert [] == told(static)
    assert FAILOVER == static.specs[0].args
    assert "FailoverService" == static.specs[0].kind


LOCALIZED = """\
spec:
  hostname: reviews.default.global
  port: {number: 9080, protocol: HTTP}
  meshList: {meshes: [{name: istiod-istio-system-kind2}]}
  localized:
    destinationSelectors:
    - kubeServiceRefs:
        services:
        - {name: reviews, namespace: default, clusterName: kind2}
        - {name: reviews, namespace: default, clusterName: kind3}
"""


DIRECTIVES = """\
    failoverDirectives:
    - from: {region: eu-1}
      to:
      - {region: eu-2}
      - {region: us-1}
"""


def test_failover_by_localities(reading):
    """The localized form asks for the nearest, with the regions of its directives and the outlier detection it had."""
    loaded = reading(document("VirtualDestination", LOCALIZED + DIRECTIVES, ENTERPRISE))
    assert [] == told(loaded)
    args = loaded.specs[0].args
    outlier = {"consecutive_errors": 10, "interval": "5s", "base_ejection_time": "120s"}
    directed = {"order": "nearest", "next_regions": [{"region": "eu-1", "to": ["eu-2", "us-1"]}]}
    asked = FAILOVER.model_dump(exclude_unset=True)
    assert FailoverServiceArgs(**asked, **directed, outlier_detection=outlier) == args
    for ours, theirs, line in (
        ("order", "spec.localized", 8),
        ("backing_services[1]", "spec.localized.destinationSelectors[0].kubeServiceRefs.services[1]", 13),
        ("next_regions[0].region", "spec.localized.failoverDirectives[0].from.region", 15),
        ("next_regions[0].to[1]", "spec.localized.failoverDirectives[0].to[1].region", 18),
    ):
        where = loaded.specs[0].owner.at(ours).where()
        assert (theirs, line) == (where.path, where.line)


def test_outlier_detection_of_localities(reading):
    """What the localized form says of outlier detection holds, with the defaults of any other for the rest."""
    fields = "    outlierDetection: {consecutiveErrors: 3}\n"
    loaded = reading(document("VirtualDestination", LOCALIZED + fields, ENTERPRISE))
    assert OutlierDetection(consecutive_errors=3) == loaded.specs[0].args.outlier_detection


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        (
            "[{from: {region: eu-1, zone: a}, to: [{region: us-1, zone: a, subZone: x}, {region: us-1, zone: b}]}]",
            [("MH143", f"[0].{path}") for path in ("from.zone", "to[0].subZone", "to[0].zone", "to[1].zone")],
        ),
        ("[{from: {zone: a}, to: [{region: us-1}]}]", [("MH143", "[0].from.zone"), ("MH100", "[0].from.region")]),
        ("[{to: [{region: us-1}]}]", [("MH100", "[0].from")]),
        ("[{from: {region: eu-1}}]", [("MH100", "[0].to")]),
        ("[{from: {region: eu-1}, to: []}]", [("MH100", "[0].to")]),
        ("[{from: {region: eu-1}, to: [{region: us-1}, {region: eu-1}]}]", [("MH100", "[0].to")]),
        ("[{from: eu-1, to: [us-1]}]", [("MH100", "[0].from"), ("MH100", "[0].to[0]")]),
        (
            "[{from: {region: [eu-1]}, to: [{region: {a: b}}, {region: []}]}]",
            [("MH100", f"[0].{path}.region") for path in ("from", "to[0]", "to[1]")],
        ),
        ("{from: {region: eu-1}}", [("MH100", "")]),
    ],
)
def test_directives_are_about_regions(reading, directives, expected):
    """Zones of a directive do nothing, as in Gloo Mesh; what says no other region is an error at its place."""
    loaded = reading(document("VirtualDestination", f"{LOCALIZED}    failoverDirectives: {directives}\n", ENTERPRISE))
    at = "spec.localized.failoverDirectives"
    assert sorted((code, f"{at}{path}", 14) for code, path in expected) == sorted(told(loaded))


def test_regions_named_twice_for_their_zones(reading):
    """Two zones of a region are that region once."""
    directives = "[{from: {region: eu-1}, to: [{region: us-1, zone: a}, {region: us-1, zone: b}]}]"
    loaded = reading(document("VirtualDestination", f"{LOCALIZED}    failoverDirectives: {directives}\n", ENTERPRISE))
    assert ("us-1",) == loaded.specs[0].args.next_regions[0].to


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{kubeServiceMatcher: {labels: {app: reviews}}}", ("MH302", "[0].kubeServiceMatcher")),
        ("{}", ("MH100", "[0]")),
        ("{kubeServiceRefs: {services: [{name: reviews, namespace: default}]}}", None),
    ],
)
def test_localized_services_are_listed(reading, selector, expected):
    """Services that labels choose have no order among equally near ones: they are to be named."""
    head = LOCALIZED.partition("    destinationSelectors")[0]
    loaded = reading(document("VirtualDestination", f"{head}    destinationSelectors: [{selector}]\n", ENTERPRISE))
    at = "spec.localized.destinationSelectors"
    code, path = expected or ("MH100", "[0].kubeServiceRefs.services[0].clusterName")
    assert (code, f"{at}{path}", 9) in told(loaded)
    assert () == loaded.specs


def test_localized_services_are_needed(reading):
    """Without services there is nothing to go on to."""
    loaded = reading(
        document("VirtualDestination", f"{LOCALIZED.partition('  localized')[0]}  localized: {{}}\n", ENTERPRISE)
    )
    assert [("MH100", "spec.localized.destinationSelectors", 8)] == told(loaded)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", ("MH100", "spec.meshes", "required, but missing")),
        ("  meshes: []\n", ("MH100", "spec.meshes", "must name one at least")),
    ],
)
def test_a_failover_service_names_its_meshes(reading, fields, expected):
    """Service Mesh Hub needs the meshes that resolve the host."""
    head = "spec:\n  hostname: reviews.default.global\n  port: {number: 9080}\n"
    loaded = reading(document("FailoverService", f"{head}{fields}  backingServices:\n{BACKINGS}"))
    assert [expected] == [(x.code, x.where.path, x.message) for x in loaded.findings]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("  static: {destinations: []}\n", ("spec.virtualMesh", "give one of virtualMesh and meshList")),
        (
            "  virtualMesh: {name: a}\n  meshList: {meshes: [{name: istiod-istio-system-kind2}]}\n",
            ("spec.meshList", "give one of virtualMesh and meshList"),
        ),
        ("  virtualMesh: {name: a}\n", ("spec.static", "give one of static and localized")),
        ("  meshList: {meshes: []}\n", ("spec.meshList.meshes", "must name one at least")),
    ],
)
def test_a_virtual_destination_says_one_of_each(reading, fields, expected):
    """Which mesh, and which destinations: one way each."""
    head = "spec:\n  hostname: reviews.default.global\n  port: {number: 9080}\n"
    loaded = reading(document("VirtualDestination", head + fields, ENTERPRISE))
    assert ("MH100", *expected) in [(x.code, x.where.path, x.message) for x in loaded.findings]
    assert () == loaded.specs


@pytest.mark.parametrize(
    ("virtual_mesh", "expected"),
    [
        ("{name: shop, namespace: gloo-mesh}", []),
        (
            "{name: shpo, namespace: gloo-mesh}",
            ["there is no virtual mesh gloo-mesh/shpo (nearest: gloo-mesh/shop)"],
        ),
        ("{name: shop}", ["there is no virtual mesh default/shop (there are: gloo-mesh/shop)"]),
        ("shop", ["must be a mapping with name and namespace"]),
        ("{namespace: gloo-mesh}", ["must be a mapping with name and namespace"]),
    ],
)
def test_a_virtual_destination_names_a_mesh_that_is_there(reading, virtual_mesh, expected):
    """The virtual mesh whose clusters may call is looked up, wherever its document stands."""
    backings = BACKINGS.replace("  - ", "    - ")
    spec = f"spec:\n  hostname: a.global\n  port: {{number: 9080}}\n  virtualMesh: {virtual_mesh}\n"
    destination = document("VirtualDestination", f"{spec}  static:\n    destinations:\n{backings}", ENTERPRISE)
    mesh = (
        f"apiVersion: {GLOO}\nkind: VirtualMesh\nmetadata: {{name: shop, namespace: gloo-mesh}}\n"
        "spec: {meshes: [{name: istiod-istio-system-kind2}, {name: istiod-istio-system-kind3}]}\n"
    )
    assert expected == [x.message for x in reading(f"{destination}---\n{mesh}").findings]


def destination_with(port):
    """A virtual destination with such a port."""
    backings = BACKINGS.replace("  - ", "    - ")
    meshes = "meshList: {meshes: [{name: istiod-istio-system-kind2}]}"
    spec = f"spec:\n  hostname: reviews.default.global\n  port: {port}\n  {meshes}\n"
    return document("VirtualDestination", f"{spec}  static:\n    destinations:\n{backings}", ENTERPRISE)


def test_the_target_port_is_that_of_each_backing(reading):
    """A target by number is the port of every backing service; findings about it are told where it stands."""
    loaded = reading(destination_with("{number: 80, targetNumber: 9080}"))
    assert [] == told(loaded)
    assert [9080, 9080] == [backing.port for backing in loaded.specs[0].args.backing_services]
    where = loaded.specs[0].owner.at("backing_services[1].port").where()
    assert ("spec.port.targetNumber", 6) == (where.path, where.line)
    assert [None, None] == [
        backing.port
        for backing in reading(destination_with("{number: 9080, targetNumber: 0}")).specs[0].args.backing_services
    ]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("{number: 80, targetName: http}", ("MH302", "spec.port.targetName", 6)),
        ("{number: 80, targetNumber: x}", ("MH100", "spec.port.targetNumber", 6)),
    ],
)
def test_target_ports_that_are_not_read(reading, port, expected):
    """A target by name is not read yet, which is said."""
    assert expected in told(reading(destination_with(port)))
