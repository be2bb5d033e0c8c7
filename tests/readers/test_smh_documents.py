"""Service Mesh Hub's and Gloo Mesh's documents: what they become, and how their places are told."""

from __future__ import annotations

import pytest

from meshhub_pulumi.features.connection_pool import TcpKeepalive
from meshhub_pulumi.features.outlier_detection import OutlierDetection
from meshhub_pulumi.kinds.access_policy import AccessPolicyArgs
from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.destination import service, services
from meshhub_pulumi.model.gateway_rule import GatewayRule
from meshhub_pulumi.readers.files import read
from meshhub_pulumi.readers.smh.kind import FOREIGN
from meshhub_pulumi.readers.smh.reference import meshes_of
from meshhub_pulumi.standard import compile_standard

NAMESPACE = "service-mesh-hub"
GLOO = "networking.mesh.gloo.solo.io/v1"
ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def document(kind: str, spec: str, api: str = "networking.smh.solo.io/v1alpha2") -> str:
    """A document of a kind; its spec starts on line 4."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: {NAMESPACE}}}\n{spec}"


def told(loaded):
    """Code, path and line of every finding."""
    return [(x.code, x.where.path, x.where.line) for x in loaded.findings]


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


FULL = """\
spec:
  sourceSelector:
  - labels: {app: productpage}
    namespaces: [default]
    clusters: [kind2]
  destinationSelector:
  - kubeServiceMatcher: {labels: {app: reviews}, namespaces: [default], clusters: [kind2]}
    kubeServiceRefs:
      services:
      - {name: reviews, namespace: default, clusterName: kind2}
      - {name: reviews, namespace: default, clusterName: kind3}
  - kubeServiceMatcher: {}
  httpRequestMatchers:
  - prefix: /a
    headers: [{name: x-a, value: v.*, regex: true, invertMatch: true}]
    queryParameters: [{name: q, value: "1", regex: true}]
    method: {method: POST}
  - exact: /b
    method: {method: 4}
  - regex: /c.*
    method: {}
  requestTimeout: 2.5s
  retries: {attempts: 3, perTryTimeout: 0.5s}
  outlierDetection: {consecutiveErrors: 3, interval: 5s, baseEjectionTime: 60s, maxEjectionPercent: 0}
  faultInjection: {delay: {fixedDelay: 2s}, percentage: 10}
  mirror: {kubeService: {name: reviews, namespace: default, clusterName: kind3}, port: 9080, percentage: 0}
  headerManipulation:
    appendRequestHeaders: {x-a: "1"}
    removeRequestHeaders: [x-b]
    appendResponseHeaders: {x-c: "2"}
    removeResponseHeaders: [x-d]
  corsPolicy:
    allowOrigins: [{exact: https://a.example.com}, {prefix: https://b}, {regex: "https://.*[.]c"}]
    allowMethods: [GET]
    allowHeaders: [x-e]
    exposeHeaders: [x-f]
    maxAge: 60s
    allowCredentials: true
  trafficShift:
    destinations:
    - kubeService: {name: reviews, namespace: default, clusterName: kind2, subset: {version: v1}, port: 9080}
      weight: 60
    - failoverService: {name: ha, namespace: service-mesh-hub}
      weight: 40
"""

MEANT = TrafficPolicyArgs(
    namespace=NAMESPACE,
    sources=[{"labels": {"app": "productpage"}, "namespaces": ["default"], "clusters": ["kind2"]}],
    destinations=[
        {"labels": {"app": "reviews"}, "namespaces": ["default"], "clusters": ["kind2"]},
        {"name": "reviews", "namespace": "default", "cluster": "kind2"},
        {"name": "reviews", "namespace": "default", "cluster": "kind3"},
        {},
    ],
    matches=[
        {
            "prefix": "/a",
            "headers": [{"name": "x-a", "value": "v.*", "regex": True, "invert": True}],
            "query_parameters": [{"name": "q", "value": "1", "regex": True}],
            "method": "POST",
        },
        {"exact": "/b", "method": "HEAD"},
        {"regex": "/c.*", "method": "GET"},
    ],
    timeout="2.5s",
    retries={"attempts": 3, "per_try_timeout": "0.5s"},
    outlier_detection={"consecutive_errors": 3, "interval": "5s", "base_ejection_time": "60s"},
    fault_injection={"delay": {"fixed_delay": "2s", "percentage": 10}},
    mirror={
        "destination": {"name": "reviews", "namespace": "default", "cluster": "kind3", "port": 9080},
        "percentage": 0,
    },
    header_manipulation={
        "append_request_headers": {"x-a": "1"},
        "remove_request_headers": ["x-b"],
        "append_response_headers": {"x-c": "2"},
        "remove_response_headers": ["x-d"],
    },
    cors_policy={
        "allow_origins": [{"exact": "https://a.example.com"}, {"prefix": "https://b"}, {"regex": "https://.*[.]c"}],
        "allow_methods": ["GET"],
        "allow_headers": ["x-e"],
        "expose_headers": ["x-f"],
        "max_age": "60s",
        "allow_credentials": True,
    },
    traffic_shift=[
        {
            "destination": {
                "name": "reviews",
                "namespace": "default",
                "cluster": "kind2",
                "subset": {"version": "v1"},
                "port": 9080,
            },
            "weight": 60,
        },
        {"destination": {"failover_service": "ha", "namespace": NAMESPACE}, "weight": 40},
    ],
)


def test_every_field_of_a_traffic_policy(reading):
    """Every field of Service Mesh Hub's TrafficPolicy has its counterpart."""
    loaded = reading(document("TrafficPolicy", FULL))
    assert [] == told(loaded)
    assert MEANT == loaded.specs[0].args


def test_gloo_mesh_writes_the_same_elsewhere(reading):
    """Gloo Mesh keeps the actions in `policy`, workloads one level deeper, and methods as text."""
    head, actions = FULL.split("  requestTimeout", 1)
    actions = "\n".join(f"  {line}" for line in f"  requestTimeout{actions}".splitlines())
    spec = (
        head.replace(
            "  - labels: {app: productpage}\n    namespaces: [default]\n    clusters: [kind2]\n",
            "  - kubeWorkloadMatcher: {labels: {app: productpage}, namespaces: [default], clusters: [kind2]}\n",
        )
        .replace("{method: POST}", "POST")
        .replace("{method: 4}", "HEAD")
        .replace("method: {}", "method: GET")
        .replace("prefix: /a", "uri: {prefix: /a}")
    )
    actions = actions.replace("delay: {fixedDelay: 2s}", "fixedDelay: 2s")
    text = f"{spec}  policy:\n{actions}".replace("failoverService", "virtualDestination")
    loaded = reading(document("TrafficPolicy", text, "networking.mesh.gloo.solo.io/v1"))
    assert [] == told(loaded)
    assert MEANT == loaded.specs[0].args


def test_protobufs_other_spelling(reading):
    """Fields may be written in snake_case, as protobuf allows; findings then spell them so."""
    loaded = reading(
        document(
            "TrafficPolicy",
            "spec:\n  destination_selector:\n  - kube_service_refs:\n      services:\n"
            "      - {name: reviews, namespace: default, cluster_name: kind2}\n  request_timeout: 5\n",
        )
    )
    assert [("MH100", "spec.request_timeout", 9)] == told(loaded)


@pytest.mark.parametrize(
    ("ours", "theirs", "line"),
    [
        ("", "", 1),
        ("sources[0].namespaces", "spec.sourceSelector[0].namespaces", 7),
        ("destinations[0]", "spec.destinationSelector[0].kubeServiceMatcher", 10),
        ("destinations[2]", "spec.destinationSelector[0].kubeServiceRefs.services[1]", 14),
        ("destinations[2].cluster", "spec.destinationSelector[0].kubeServiceRefs.services[1].clusterName", 14),
        ("destinations[3]", "spec.destinationSelector[1].kubeServiceMatcher", 15),
        ("matches[0].headers[0].invert", "spec.httpRequestMatchers[0].headers[0].invertMatch", 18),
        ("timeout", "spec.requestTimeout", 25),
        ("retries.per_try_timeout", "spec.retries.perTryTimeout", 26),
        ("fault_injection.delay.fixed_delay", "spec.faultInjection.delay.fixedDelay", 28),
        ("fault_injection.delay.percentage", "spec.faultInjection.percentage", 28),
        ("mirror.destination", "spec.mirror.kubeService", 29),
        ("mirror.destination.port", "spec.mirror.port", 29),
        ("mirror.destination.cluster", "spec.mirror.kubeService.clusterName", 29),
        ("header_manipulation.remove_request_headers[0]", "spec.headerManipulation.removeRequestHeaders[0]", 32),
        ("cors_policy.allow_origins[2].regex", "spec.corsPolicy.allowOrigins[2].regex", 36),
        ("traffic_shift", "spec.trafficShift.destinations", 43),
        ("traffic_shift[0].weight", "spec.trafficShift.destinations[0].weight", 45),
        ("traffic_shift[0].destination", "spec.trafficShift.destinations[0].kubeService", 44),
        ("traffic_shift[1].destination.failover_service", "spec.trafficShift.destinations[1].failoverService.name", 46),
        ("tls", "spec.mtls", 4),
    ],
)
def test_places(reading, ours, theirs, line):
    """Every path of the model is told in the document's spelling, with its line or its nearest ancestor's."""
    (spec,) = reading(document("TrafficPolicy", FULL)).specs
    where = spec.owner.at(ours).where()
    assert (theirs, line) == (where.path, where.line)


def test_faults_are_told_in_the_documents_spelling(reading):
    """Schema errors keep the document's paths and lines, and come all at once."""
    loaded = reading(
        document(
            "TrafficPolicy",
            """\
spec:
  destinationSelector:
  - kubeServiceRefs: {services: [{name: reviews, namespace: default}]}
  - {}
  - kubeServiceRefs: {services: []}
  trafficShift:
    destinations:
    - kubeService: {name: reviews, namespace: default, clusterName: kind2, subset: {version: 1}}
      weight: 190
    - kubeService: {name: reviews, namespace: default, cluster: kind2}
      failoverService: {name: x, namespace: y}
      weight: 1
  requestTimeuot: 5s
  httpRequestMatchers: {}
""",
        )
    )
    shift = "spec.trafficShift.destinations"
    assert [
        ("spec.destinationSelector[0].kubeServiceRefs.services[0].clusterName", 6, "required, but missing"),
        (
            "spec.destinationSelector[1]", 7,
            "selects nothing; say what by `kubeServiceMatcher` or `kubeServiceRefs`",
        ),
        (
            "spec.destinationSelector[2]", 8,
            "selects nothing; say what by `kubeServiceMatcher` or `kubeServiceRefs`",
        ),
        (f"{shift}[0].kubeService.subset.version", 11, 'must be text: write it in quotes ("1")'),
        (f"{shift}[0].weight", 12, "input should be less than or equal to 100 (got 190)"),
        (f"{shift}[1].kubeService.cluster", 13, "unknown field; did you mean clusterName?"),
        (f"{shift}[1].kubeService.clusterName", 13, "required, but missing"),
        (f"{shift}[1].failoverService", 14, f"{shift}[1].kubeService says the same; give one of the two"),
        ("spec.requestTimeuot", 16, "unknown field; did you mean requestTimeout?"),
        ("spec.httpRequestMatchers", 17, "must be a list"),
    ] == [(x.where.path, x.where.line, x.message) for x in loaded.findings]  # fmt: skip
    assert () == loaded.specs


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("csrf: {filterEnabled: true}", "MH306"),
        ("rateLimit: {basic: {}}", "MH306"),
        ("extauth: {}", "MH302"),
    ],
)
def test_what_cannot_be_done_is_said(reading, field, code):
    """A field that neither Istio nor we can express is an error at its path; the rest of the policy is read."""
    loaded = reading(document("TrafficPolicy", f"spec:\n  requestTimeout: 5s\n  {field}\n"))
    assert [(code, f"spec.{field.split(':')[0]}", 6)] == told(loaded)
    assert "5s" == loaded.specs[0].args.timeout


@pytest.mark.parametrize("way", ["staticDestination", "clusterHeader"])
def test_ways_to_send_that_never_were(reading, way):
    """What Gloo Mesh's API had for a share and no release implemented is an error."""
    share = f"spec:\n  policy:\n    trafficShift:\n      destinations:\n      - {{{way}: x, weight: 100}}\n"
    loaded = reading(document("TrafficPolicy", share, GLOO))
    assert ("MH302", f"spec.policy.trafficShift.destinations[0].{way}", 8) in told(loaded)
    assert () == loaded.specs


@pytest.mark.parametrize(
    ("field", "path", "message"),
    [
        ("faultInjection: {percentage: 10}", "faultInjection", "give a delay or an abort"),
        (
            "faultInjection: {delay: {}, percentage: 10}",
            "faultInjection.delay",
            "give either a fixed or an exponential delay",
        ),
        (
            "faultInjection: {delay: {fixedDelay: 1s}, fixedDelay: 1s}",
            "faultInjection.fixedDelay",
            "spec.faultInjection.delay says the same; give one of the two",
        ),
        (
            "faultInjection: {abort: {httpStatus: 500}, percentage: 190}",
            "faultInjection.percentage",
            "input should be less than or equal to 100 (got 190)",
        ),
        (
            "faultInjection: {abort: {httpStatus: 500, http2Error: x}}",
            "faultInjection.abort.http2Error",
            "unknown field",
        ),
        ("mirror: {port: 80}", "mirror.kubeService", "required, but missing"),
        (
            "mirror: {kubeService: {name: a, namespace: b, clusterName: c}, port: x}",
            "mirror.port",
            "input should be a valid integer, unable to parse string as an integer (got 'x')",
        ),
        (
            "mirror: {kubeService: {name: a, namespace: b}}",
            "mirror.kubeService.clusterName",
            "required, but missing",
        ),
        ("corsPolicy: {allowOrigins: [{}]}", "corsPolicy.allowOrigins[0]", "give one of exact, prefix and regex"),
        (
            "headerManipulation: {removeRequestHeaders: [Host]}",
            "headerManipulation.removeRequestHeaders[0]",
            "the Host header is not one that can be added or removed",
        ),
    ],
)
def test_faults_of_route_features(reading, field, path, message):
    """What is wrong with a fault, a mirror, a CORS policy or headers is told once, in the document's spelling."""
    loaded = reading(document("TrafficPolicy", f"spec:\n  {field}\n"))
    assert [("MH100", f"spec.{path}", message)] == [(x.code, x.where.path, x.message) for x in loaded.findings]


@pytest.mark.parametrize(
    ("said", "percentage"), [("", None), (", percentage: 0", 0), (", percentage: 0.5", 0.5), (", percentage: 10.0", 10)]
)
def test_percentages_are_told_from_none(reading, said, percentage):
    """A percentage that is not said stays unsaid: what it means depends on what is written."""
    service = "{name: a, namespace: b, clusterName: c}"
    fields = f"  faultInjection: {{abort: {{httpStatus: 500}}{said}}}\n  mirror: {{kubeService: {service}{said}}}\n"
    args = reading(document("TrafficPolicy", f"spec:\n{fields}")).specs[0].args
    assert (percentage, percentage) == (args.fault_injection.abort.percentage, args.mirror.percentage)


def test_a_single_destination_needs_no_weight(reading):
    """One destination without a weight gets all requests, as in Istio; guides of the time wrote it so."""
    loaded = reading(
        document(
            "TrafficPolicy",
            "spec:\n  trafficShift:\n    destinations:\n    - failoverServiceRef: {name: a, namespace: b}\n",
        )
    )
    assert [("MH130", "spec.trafficShift.destinations[0].failoverServiceRef", 7)] == told(loaded)
    assert 100 == loaded.specs[0].args.traffic_shift[0].weight


def test_an_access_policy(reading):
    """Identities, destinations, paths, methods (by name or number) and ports."""
    loaded = reading(
        document(
            "AccessPolicy",
            """\
spec:
  sourceSelector:
  - kubeIdentityMatcher: {namespaces: [default], clusters: [kind2, kind3]}
    kubeServiceAccountRefs: {serviceAccounts: [{name: a, namespace: b, clusterName: kind2}, {name: c, namespace: d}]}
  - {}
  destinationSelector:
  - kubeServiceRefs: {services: [{name: reviews, namespace: default, clusterName: kind3}]}
  allowedPaths: [/x*]
  allowedMethods: [GET, 1]
  allowedPorts: [9080]
""",
        )
    )
    assert [] == told(loaded)
    assert (
        AccessPolicyArgs(
            namespace=NAMESPACE,
            sources=[
                {"namespaces": ["default"], "clusters": ["kind2", "kind3"]},
                {"service_account": "a", "namespace": "b", "cluster": "kind2"},
                {"service_account": "c", "namespace": "d"},
                {},
            ],
            destinations=[{"name": "reviews", "namespace": "default", "cluster": "kind3"}],
            paths=["/x*"],
            methods=["GET", "POST"],
            ports=[9080],
        )
        == loaded.specs[0].args
    )


@pytest.mark.parametrize(
    ("source", "path", "message"),
    [
        (
            "kubeServiceAccountRefs: {serviceAccounts: []}",
            "",
            "selects nothing; say what by `kubeIdentityMatcher` or `kubeServiceAccountRefs`",
        ),
        (
            "kubeServiceAccountRefs: {serviceAccounts: [{namespace: b, clusterName: kind2}]}",
            "[0].name",
            "required, but missing",
        ),
        ("kubeServiceAccountRefs: {serviceAccounts: [{name: a}]}", "[0].namespace", "required, but missing"),
    ],
)
def test_callers_that_are_not_named(reading, source, path, message):
    """References to no account, or to half of one, let nobody in by mistake: they are errors."""
    loaded = reading(document("AccessPolicy", f"spec:\n  sourceSelector:\n  - {source}\n"))
    below = f".kubeServiceAccountRefs.serviceAccounts{path}" if path else ""
    assert [("MH100", f"spec.sourceSelector[0]{below}", message)] == [
        (x.code, x.where.path, x.message) for x in loaded.findings
    ]
    assert () == loaded.specs


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


def test_a_virtual_mesh(reading):
    """Meshes become clusters and modes their names; certificates stay untouched, which is said once."""
    loaded = reading(
        document(
            "VirtualMesh",
            f"""\
spec:
  meshes:
  - {{name: istiod-istio-system-kind2, namespace: {NAMESPACE}}}
  - {{name: istiod-istio-system-kind3, namespace: {NAMESPACE}}}
  mtlsConfig: {{autoRestartPods: true, shared: {{rootCertificateAuthority: {{generated: {{}}}}}}}}
  federation: {{permissive: {{}}, hostnameSuffix: mesh}}
  globalAccessPolicy: ENABLED
""",
        )
    )
    assert [("MH135", "spec.mtlsConfig.shared", 8)] == told(loaded)
    assert (
        VirtualMeshArgs(
            namespace=NAMESPACE,
            clusters=["kind2", "kind3"],
            federation="permissive",
            hostname_suffix="mesh",
            global_access_policy="enabled",
        )
        == loaded.specs[0].args
    )


SHARED = "spec.mtlsConfig.shared"
NO_CA = "names no CA: give rootCertificateAuthority or intermediateCertificateAuthority"
LEFT = "the meshes keep their root and their certificates, and no pods are restarted"


@pytest.mark.parametrize(
    ("api", "trust", "expected"),
    [
        (GLOO, "{}", [("MH100", SHARED, "give one of shared and limited")]),
        (GLOO, "{autoRestartPods: true}", [("MH100", SHARED, "give one of shared and limited")]),
        (GLOO, "{shared: {}}", [("MH100", SHARED, NO_CA)]),
        ("networking.smh.solo.io/v1alpha2", "{shared: {}}", [("MH135", SHARED, LEFT)]),
        (GLOO, "{shared: {intermediateCertificateAuthority: {vault: {}}}}", [("MH135", SHARED, LEFT)]),
        (GLOO, "{shared: {rootCertificateAuthority: {secret: {name: a}}}}", [("MH135", SHARED, LEFT)]),
        (
            GLOO,
            "{limited: {}}",
            [("MH302", "spec.mtlsConfig.limited", "trust between gateways only was never implemented")],
        ),
    ],
)
def test_trust_is_never_passed_over(reading, api, trust, expected):
    """Certificates stay as they are, which is said; what Gloo Mesh itself refused is an error."""
    spec = f"spec:\n  meshes: [{{name: istiod-istio-system-kind2}}]\n  mtlsConfig: {trust}\n"
    loaded = reading(document("VirtualMesh", spec, api))
    assert expected == [(x.code, x.where.path, x.message) for x in loaded.findings]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("flatNetwork: false", []),
        ("eastWestIngressGatewaySelectors: []", []),
        ("eastWestIngressGatewaySelectors: [{ingressGateway: a}]", ["MH100"]),
        ("hostnameSuffix: Mesh", ["MH100"]),
        ("{permissive: {}, selectors: [{}]}", ["MH100"]),
    ],
)
def test_federation_that_is_not_there_yet(reading, said, expected):
    """What cannot be taken is told; a value that asks for nothing is not."""
    text = said if said.startswith("{") else f"{{{said}}}"
    spec = f"spec:\n  meshes: [{{name: istiod-istio-system-kind2}}]\n  federation: {text}\n"
    assert expected == [code for code, *_ in told(reading(document("VirtualMesh", spec, GLOO)))]


def test_a_choice_of_gateways(reading):
    """Gateways are selected as services are; the port that is meant where none is named goes without saying."""
    loaded = reading(
        document(
            "VirtualMesh",
            """\
spec:
  meshes: [{name: istiod-istio-system-kind2}]
  federation:
    eastWestIngressGatewaySelectors:
    - destinationSelectors:
      - kubeServiceRefs: {services: [{name: ew, namespace: edge, clusterName: kind2}]}
      - kubeServiceMatcher: {labels: {istio: eastwestgateway}, namespaces: [edge], clusters: [kind3]}
      portName: tls
    - {destinationSelectors: [{kubeServiceMatcher: {namespaces: [other]}}], portName: tls-passthrough}
""",
            GLOO,
        )
    )
    assert [] == told(loaded)
    edge = [
        service("ew", "edge", cluster="kind2"),
        services(labels={"istio": "eastwestgateway"}, namespaces=["edge"], clusters=["kind3"]),
    ]
    other = [services(namespaces=["other"])]
    assert (
        GatewayRule(gateways=edge),
        GatewayRule(gateways=other, port_name="tls-passthrough"),
    ) == loaded.specs[0].args.east_west_gateways


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


def test_federation_by_selectors(reading):
    """Gloo Mesh's selectors are federation rules; what it can besides is told."""
    loaded = reading(
        document(
            "VirtualMesh",
            """\
spec:
  meshes: [{name: istiod-istio-system-kind2}]
  federation:
    selectors:
    - destinationSelectors:
      - kubeServiceMatcher: {namespaces: [default]}
      meshes: [{name: istiod-istio-system-kind3, namespace: gloo-mesh}]
    - {}
    flatNetwork: true
    tcpKeepalive: {probes: 0, time: 7200s}
  globalAccessPolicy: 2
""",
            "networking.mesh.gloo.solo.io/v1",
        )
    )
    assert [("MH302", "spec.federation.flatNetwork", 12)] == told(loaded)
    args = loaded.specs[0].args
    assert TcpKeepalive(time="7200s") == args.tcp_keepalive
    assert "disabled" == args.global_access_policy
    assert (
        VirtualMeshArgs(
            clusters=["kind2"],
            federation=[{"destinations": [{"namespaces": ["default"]}], "clusters": ["kind3"]}, {}],
        ).federation
        == args.federation
    )


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
