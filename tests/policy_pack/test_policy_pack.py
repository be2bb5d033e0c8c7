"""The policy pack over resources as Pulumi shows them: the findings of the core, whoever wrote the objects."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from engine_side import EAST, UNKNOWN, Resource, codes, istio, judged, provider
from pulumi_policy import EnforcementLevel

import meshhub_pulumi
from meshhub_pulumi.model.finding import Level, catalogue
from meshhub_pulumi.policy_pack.policies import policies
from meshhub_pulumi.rules import MANIFEST_RULES
from meshhub_pulumi.version import __version__

SENDS = {"hosts": ["cart"], "http": [{"route": [{"destination": {"host": "cart", "subset": "v1"}, "weight": 100.0}]}]}
DEFINES_ANOTHER = {"host": "cart", "subsets": [{"name": "v2"}]}
PACK = Path(meshhub_pulumi.__file__).parent / "policy_pack"


def test_every_manifest_rule_is_a_policy() -> None:
    """Each code of a rule that needs manifests alone is a policy of its name and level; errors are mandatory."""
    made = {policy.name: policy.enforcement_level for policy in policies()}
    for code in (code for rule in MANIFEST_RULES for code in rule.codes):
        mandatory = catalogue()[code].level is Level.ERROR
        assert made[code] is (EnforcementLevel.MANDATORY if mandatory else EnforcementLevel.ADVISORY)


def test_version_of_the_pack() -> None:
    """The engine reads the pack's version from a file that cannot ask the package."""
    assert __version__ == yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["version"]


def test_a_finding_names_object_code_and_advice() -> None:
    """A report is the finding's sentence, at the resource that it is about."""
    (report,) = judged(istio("VirtualService", "cart", **SENDS), istio("DestinationRule", "rule", **DEFINES_ANOTHER))
    assert (
        "MH420",
        "cart",
        "MH420 VirtualService shop/cart in east: spec.http[0].route[0].destination: the subset v1 of "
        "cart.shop.svc.cluster.local is defined nowhere: its DestinationRule has v2. Define the subset "
        "in the DestinationRule of that host: Envoy answers 503 for a subset that it does not know.",
    ) == report


def test_whole_numbers_are_integers() -> None:
    """Pulumi counts in floats; a person reads 75."""
    route = [{"destination": {"host": "a"}, "weight": 75.0}, {"destination": {"host": "b"}, "weight": 15.0}]
    (report,) = judged(istio("VirtualService", "cart", hosts=["cart"], http=[{"route": route}]))
    assert "75 + 15 sum to 90" in report[2]


def test_who_asked_is_named() -> None:
    """An object of a VirtualMesh tells which specs it is made of."""
    mesh = Resource("meshhub:index:VirtualMesh", "shop", {}, outputs={"warnings": []})
    asked = {"askedBy": {"VirtualService shop/cart": ["TrafficPolicy shop/cart"]}, "cluster": "kind2"}
    cluster = Resource("meshhub:index:MeshCluster", "shop/kind2", {}, parent=mesh, outputs=asked)
    cart = istio("VirtualService", "cart", **SENDS)
    cart.parent = cluster
    (report,) = judged(mesh, cluster, cart)
    assert report[2].startswith("MH424 VirtualService shop/cart in kind2: ")
    assert report[2].endswith(" Asked for by TrafficPolicy shop/cart.")


def test_warnings_of_a_mesh_are_told() -> None:
    """What only the description of a mesh shows comes from its component, the codes that are asked for."""
    mesh = Resource("meshhub:index:VirtualMesh", "shop", {}, outputs={"warnings": ["MH603 a: b. c.", "MH125 d: e. f."]})
    assert [("mesh-warnings", "shop", "MH603 a: b. c.")] == judged(mesh)
    assert [] == judged(mesh, config={"mesh-warnings": {"codes": ["MH124"]}})


def test_clusters_are_judged_apart() -> None:
    """What one cluster defines is not defined in another; two providers of one cluster are one."""
    west = provider("west", kubeconfig="~/.kube/config", context="west")
    again = provider("again", kubeconfig="~/.kube/config", context="east")
    sends = istio("VirtualService", "cart", **SENDS)
    assert [("MH424", "cart")] == codes(
        judged(sends, istio("DestinationRule", "cart", west, host="cart", subsets=[{"name": "v1"}]))
    )
    assert [] == judged(sends, istio("DestinationRule", "cart", again, host="cart", subsets=[{"name": "v1"}]))


@pytest.mark.parametrize("props", [{}, {"kubeconfig": UNKNOWN}, {"kubeconfig": "x", "context": UNKNOWN}])
def test_clusters_that_are_not_known_stay_apart(props: dict[str, str]) -> None:
    """Two providers whose clusters nobody knows yet are not taken for one."""
    one, other = provider("one", **props), provider("other", **props)
    defines = istio("DestinationRule", "cart", other, host="cart", subsets=[{"name": "v1"}])
    reports = judged(istio("VirtualService", "cart", one, **SENDS), defines)
    assert [("MH424", "cart")] == codes(reports)


def test_inputs_are_judged() -> None:
    """Where a cluster is still to be made, the engine expects nothing of an object: its inputs say what it is."""
    late = istio("VirtualService", "cart", **SENDS)
    late.outputs = {}
    assert [("MH424", "cart")] == codes(judged(late))


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"host": UNKNOWN}, "spec.host"),
        ({"host": "cart", "subsets": UNKNOWN}, "spec.subsets"),
        ({"host": "cart", "subsets": [{"name": "v2"}, UNKNOWN]}, "spec.subsets[1]"),
        ({"host": "cart", "subsets": [{"name": UNKNOWN}]}, "spec.subsets[0].name"),
    ],
)
def test_unknown_leaves_are_told(spec: dict[str, object], path: str) -> None:
    """What may turn out well is no error, and is not passed over in silence."""
    reports = judged(istio("VirtualService", "cart", **SENDS), istio("DestinationRule", "rule", **spec))
    assert [("MH423", "rule")] == codes(reports)
    assert f"no rule can judge {path} yet" in reports[0][2]


def test_unknown_namespace() -> None:
    """Without its namespace nobody can say which hosts an object means."""
    rule = istio("DestinationRule", "rule", namespace=UNKNOWN, host="cart", subsets=[])
    assert [("MH423", "rule")] == codes(judged(istio("VirtualService", "cart", **SENDS), rule))


def test_what_is_known_is_judged_beside_the_unknown() -> None:
    """An unknown timeout does not hide a subset that nobody defines."""
    route = {**SENDS["http"][0], "timeout": UNKNOWN}  # type: ignore[dict-item]
    assert [("MH423", "cart"), ("MH424", "cart")] == codes(
        judged(istio("VirtualService", "cart", hosts=["cart", UNKNOWN], http=[route]))
    )


def test_exemptions() -> None:
    """An object is exempt in all clusters, or in one."""
    sends = istio("VirtualService", "cart", **SENDS)
    for name in ("VirtualService shop/cart", "VirtualService shop/cart in east"):
        assert [] == judged(sends, config={"MH424": {"exempt": {name: "the subset lives in another stack"}}})
    assert [("MH424", "cart")] == codes(
        judged(sends, config={"MH424": {"exempt": {"VirtualService shop/cart in west": "x"}}})
    )


def test_cluster_domain_and_root_namespace() -> None:
    """What an object does not say can be configured."""
    rule = istio("DestinationRule", "rule", host="cart.shop.svc.corp", subsets=[{"name": "v1"}])
    sends = istio("VirtualService", "cart", **SENDS)
    assert [("MH424", "cart")] == codes(judged(sends, rule))
    assert [] == judged(sends, rule, config={"MH424": {"clusterDomain": "corp"}, "MH420": {"clusterDomain": "corp"}})
    strict = istio("PeerAuthentication", "default", namespace="mesh", mtls={"mode": "STRICT"})
    plain = istio("DestinationRule", "rule", host="cart", trafficPolicy={"tls": {"mode": "DISABLE"}})
    assert [] == judged(strict, plain)
    assert [("MH511", "rule")] == codes(judged(strict, plain, config={"MH511": {"rootNamespace": "mesh"}}))


def test_routes_of_the_gateway_api() -> None:
    """An HTTPRoute is judged beside a VirtualService for its host, and for its expressions; what is unknown is told."""
    match = {"path": {"type": "RegularExpression", "value": "(?=a)"}}
    spec = {"parentRefs": [{"kind": "Service", "name": "cart"}], "rules": [{"matches": [match], "name": UNKNOWN}]}
    reports = judged(
        istio("HTTPRoute", "route", **spec), istio("VirtualService", "cart", hosts=["cart"], http=[{"route": []}])
    )
    assert [("MH423", "route"), ("MH201", "route"), ("MH421", "route")] == codes(reports)
    assert "MH421 HTTPRoute shop/route in east: spec.rules[0].matches[0].path.value: " in reports[2][2]


def test_the_routes_of_a_mesh_pass() -> None:
    """HTTPRoutes as the dialect writes them hold nothing that the pack finds."""
    cases = Path(__file__).parents[1] / "cases"
    bodies = [
        body
        for path in sorted(cases.glob("*/*/*/*.yaml"))
        for body in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if body["kind"] == "HTTPRoute"
    ]
    assert len(bodies) > 20
    for body in bodies:
        assert [] == judged(istio("HTTPRoute", "route", namespace=body["metadata"]["namespace"], **body["spec"]))


def test_what_is_not_an_istio_object_is_left_alone() -> None:
    """Other resources, and patches of somebody else's objects, are not judged."""
    patches = [istio("VirtualService", "cart", **SENDS), istio("HTTPRoute", "route", rules=UNKNOWN)]
    for patch in patches:
        patch.type += "Patch"
    assert [] == judged(
        *patches,
        istio("GRPCRoute", "calls", rules=UNKNOWN),
        Resource("kubernetes:core/v1:ConfigMap", "settings", {"data": {"a": UNKNOWN}}, EAST),
        Resource("aws:s3/bucket:Bucket", "files", {}),
    )
