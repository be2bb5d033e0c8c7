"""The review rules: for each code an input that holds the fault beside one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from make import access, cluster, compiled, failover, mesh, service, shift, snapshot, spec, to, traffic, workload

from meshhub_pulumi.model.host import virtual_ip
from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.rules import MANIFEST_RULES, RULES, existing_access, existing_peers, existing_sidecars

SEND = traffic("send", traffic_shift=shift((to("west"), 100)))
STRICT = mesh(strict_mtls=True)
DELAY = {"delay": {"fixedDelay": "5s", "percentage": 10}}
UNSAID = {"istioVersion": None}
NOT_READY = (
    "TrafficPolicy shop/a: outlier_detection: east runs Istio {}: proxies are told of pods that are not ready too, so "
    "these count in the share of healthy ones, and failover begins while others still work"
)
ABORT = {"abort": {"httpStatus": 503, "percentage": 10}}
GATEWAY_API = "gateway-api"
HEADERS = {"headerManipulation": {"appendRequestHeaders": {"x": "1"}}}
RETRIES = {"retries": {"attempts": 2, "perTryTimeout": "1s"}}
NOT_FITTING = {"name": "x", "value": "y*", "regex": True, "invert": True}
"""In the default mode a condition of two alternatives."""
EXISTING = (existing_access.RULE, existing_peers.RULE, existing_sidecars.RULE)
NO_DNS = "the proxies of east answer no DNS questions, so its apps cannot look up"
ROOT = "istio-system"
KIALI = "AccessPolicy shop/a: rules of istio-system hold everywhere in west: istio-system/kiali selects the pods of"
OURS = {"app.kubernetes.io/managed-by": "meshhub"}
SECURITY = ("AuthorizationPolicy", "PeerAuthentication")


def existing(
    kind: str, name: str, labels: dict[str, str] | None = None, namespace: str = "shop", **fields: Any
) -> dict[str, Any]:
    """An object that is already in the cluster."""
    meta = {"name": name, "namespace": namespace, "labels": labels or {}}
    group = "security" if kind in SECURITY else "networking"
    return {"apiVersion": f"{group}.istio.io/v1", "kind": kind, "metadata": meta, "spec": fields}


def east_with(*objects: dict[str, Any]) -> MeshSnapshot:
    """East and west, with these objects in east."""
    return snapshot(east=cluster("east", objects=objects), west=cluster("west"))


def same() -> dict[str, Any]:
    """What the mesh would make of SEND in east, made by somebody else."""
    made = compiled(mesh(), SEND, seen=east_with()).manifests
    body = next(manifest.body for key, manifest in made.items() if key.kind == "VirtualService")
    return existing("VirtualService", "checkout", **body["spec"])


def colliding() -> tuple[str, str]:
    """Two services whose federated hosts get one virtual IP."""
    seen: dict[str, str] = {}
    for number in range(10**6):
        name = f"s{number}"
        if first := seen.get(address := virtual_ip(name, "shop", "west", "kube-service")):
            return first, name
        seen[address] = name
    raise AssertionError


def reserved() -> str:
    """A service whose federated host gets a virtual IP of Istio's own range."""
    numbers = range(10**6)
    return next(x for n in numbers if virtual_ip(x := f"s{n}", "shop", "west", "kube-service").startswith("240.240."))


def west_with(*names: str, domain: str = "cluster.local", **more: Any) -> MeshSnapshot:
    """East, and west with services of these names."""
    west = cluster("west", [service(name, **more) for name in names], clusterDomain=domain)
    return snapshot(east=cluster("east", ()), west=west)


def named_target(*numbers: int | None) -> MeshSnapshot:
    """West's service `a` calls its target `admin`; each of its workloads has that port under such a number, or not."""
    pods = [
        workload("a", f"v{index}", containerPorts={} if number is None else {"admin": number})
        for index, number in enumerate(numbers, start=1)
    ]
    ports = [{"name": "http", "port": 80, "targetPort": "admin"}]
    return snapshot(east=cluster("east", ()), west=cluster("west", [service("a", ports=ports)], workloads=pods))


def root_service(*others: dict[str, Any], namespace: str = ROOT, **more: Any) -> MeshSnapshot:
    """West has a service that selects pods as checkout's are, by default in Istio's root namespace, and others."""
    kiali = service("kiali", namespace, selector={"app": "checkout"})
    return snapshot(east=cluster("east", ()), west=cluster("west", [kiali, *others], **{"workloads": [], **more}))


def beside_a_gateway(*pods: dict[str, Any]) -> MeshSnapshot:
    """East and west; in the namespace of east's gateway are its own pods, and these."""
    gateways = [{"namespace": "edge", "addresses": ["10.0.0.1", "10.0.0.2"]}]
    gateway = {"name": "gw", "namespace": "edge", "labels": {"istio": "eastwestgateway", "app": "gw"}}
    return snapshot(
        east=cluster("east", gateways=gateways, workloads=[workload(), gateway, *pods]), west=cluster("west")
    )


def to_ha(name: str, **sources: Any) -> Spec:
    """Requests for the checkout, of all callers or of some, go to the failover host."""
    there = {"failover_service": "ha", "namespace": "shop"}
    callers = {"sources": [sources]} if sources else {}
    return traffic(name, traffic_shift=shift((there, 100)), timeout="3s", retries={"attempts": 1}, **callers)


TO_HA = to_ha("all")
HOME = traffic(
    "home", sources=[{"namespaces": ["edge"], "labels": {"app": "web"}}], traffic_shift=shift((to("east"), 100))
)
WEB_POD, CART_POD = (workload(name, namespace="edge") for name in ("web", "cart"))
ALL = mesh(federation="permissive")
ONE, OTHER = colliding()
RESERVED = reserved()
LONG = ".".join(["x" * 60] * 4)
WEB = [{"serviceAccount": "web", "namespace": "shop"}]
CHECKOUT = "checkout.shop.svc.cluster.local"

GRID: list[tuple[str, str | None, tuple[Spec, ...], MeshSnapshot, str | None]] = [
    # code, what is found (None: nothing), specs, snapshot, compat
    *[
        ("MH124", found, (ALL,), west_with("a", ports=[port]), None)
        for port, found in (
            ({"port": 80, "name": "http"}, None),
            ({"port": 80, "appProtocol": "tcp"}, None),
            (
                {"port": 80, "name": "web"},
                "VirtualMesh default/shop: federation: shop/a@west says no protocol for port 80 (web), so other "
                "clusters take it for TCP",
            ),
        )
    ],
    *[
        (code, found, (ALL,), named_target(*numbers), None)
        for code, found, *numbers in (
            ("MH128", None, 9000, 9000),
            (
                "MH128",
                "VirtualMesh default/shop: federation: the port admin of shop/a@west is 9000 in a-v1 and 9001 in a-v2",
                9000,
                9001,
            ),
            ("MH129", None, 9000, None),
            (
                "MH129",
                "VirtualMesh default/shop: federation: no workload of shop/a@west has a port admin: 80 is taken",
                None,
                None,
            ),
        )
    ],
    ("MH125", None, (traffic("a", timeout="2s", retries={"attempts": 2, "perTryTimeout": "2s"}),), snapshot(), None),
    (
        "MH125",
        "TrafficPolicy shop/b: retries: one try may take 3s, the whole request only 2500ms",
        (traffic("a", timeout="2.5s"), traffic("b", retries={"attempts": 2, "perTryTimeout": "3s"})),
        snapshot(),
        None,
    ),
    ("MH127", None, (traffic("a", timeout="2s", fault_injection=ABORT),), snapshot(), None),
    ("MH127", None, (traffic("a", retries={"attempts": 2}, fault_injection=DELAY),), snapshot(), None),
    (
        "MH127",
        "TrafficPolicy shop/b: fault_injection: the delay is over before the timeout begins to count",
        (traffic("a", timeout="2s"), traffic("b", fault_injection=DELAY)),
        snapshot(),
        None,
    ),
    (
        "MH127",
        "TrafficPolicy shop/a: fault_injection: a request that is aborted is not repeated by the retries",
        (traffic("a", retries={"attempts": 2}, fault_injection=ABORT),),
        snapshot(),
        "smh-0.8",
    ),
    ("MH201", None, (mesh(), SEND), east_with(existing("VirtualService", "other", hosts=["cart"])), None),
    ("MH201", None, (mesh(), SEND), east_with(existing("VirtualService", "checkout", OURS, hosts=["x"])), None),
    (
        "MH201",
        None,
        (mesh(), SEND),
        east_with(existing("VirtualService", "edge", hosts=[CHECKOUT], gateways=["istio-system/edge"])),
        None,
    ),
    (
        "MH201",
        "TrafficPolicy shop/send: traffic_shift: VirtualService shop/checkout exists in east and is not ours: its "
        "spec.hosts[0] is 'unrelated.example.com', ours 'checkout.shop.svc.cluster.local'",
        (mesh(adopt=True), SEND),
        east_with(existing("VirtualService", "checkout", hosts=["unrelated.example.com"])),
        None,
    ),
    (
        "MH201",
        "TrafficPolicy shop/send: traffic_shift: VirtualService shop/checkout exists in east and is not ours, but the "
        "same",
        (mesh(), SEND),
        east_with(same()),
        None,
    ),
    ("MH201", None, (mesh(adopt=True), SEND), east_with(same()), None),
    (
        "MH201",
        f"TrafficPolicy shop/send: traffic_shift: VirtualService shop/canary in east claims {CHECKOUT} too",
        (mesh(), SEND),
        east_with(existing("VirtualService", "canary", hosts=["checkout"])),
        None,
    ),
    (
        "MH201",
        "TrafficPolicy shop/send: traffic_shift[0].destination: DestinationRule shop/all in east claims "
        "checkout.shop.svc.west.global too, for callers in shop",
        (mesh(), SEND),
        east_with(existing("DestinationRule", "all", host="*.global")),
        None,
    ),
    *[
        (
            "MH201",
            told and f"{asker}: {kind} far/a in east claims {claim} too{told}",
            (mesh(), SEND, failover("ha", "east", "west")),
            east_with(existing(kind, "a", namespace="far", exportTo=exported, **{field: claim}, **more)),
            None,
        )
        for kind, field, claim, exported, told, more in (
            ("DestinationRule", "host", "ha.shop.global", ["."], None, {}),
            ("DestinationRule", "host", "ha.shop.global", ["*"], None, {}),
            ("DestinationRule", "host", "checkout.shop.svc.west.global", ["shop"], None, {}),
            ("DestinationRule", "host", "checkout.shop.svc.west.global", ["*"], ", for callers in far", {}),
            ("DestinationRule", "host", "checkout.shop.svc.west.global", None, ", for callers in far", {}),
            (
                "DestinationRule",
                "host",
                "checkout.shop.svc.west.global",
                ["*"],
                ", for callers in far",
                {"workloadSelector": {"matchLabels": {"app": "web"}}},
            ),
        )
        for asker in ["TrafficPolicy shop/send: traffic_shift[0].destination"]
    ],
    *[
        ("MH201", told, (mesh(), failover("ha", "east", "west")), east_with(entry), None)
        for entry, told in (
            (existing("ServiceEntry", "a", namespace="far", hosts=["ha.shop.global"], exportTo=["."]), None),
            (
                existing("ServiceEntry", "a", namespace="far", hosts=["ha.shop.global"]),
                "FailoverService shop/ha: ServiceEntry far/a in east claims ha.shop.global too, for callers in shop",
            ),
            (
                # endpoints of one host and namespace are joined, whoever they are exported to
                existing("ServiceEntry", "a", hosts=["ha.shop.global"], exportTo=["far"]),
                "FailoverService shop/ha: ServiceEntry shop/a in east claims ha.shop.global too",
            ),
        )
    ],
    (
        "MH201",
        "TrafficPolicy shop/send: traffic_shift: VirtualService far/a in east claims checkout.shop.svc.cluster.local "
        "too, for callers in far",
        (mesh(), SEND),
        east_with(existing("VirtualService", "a", namespace="far", hosts=[CHECKOUT], exportTo=["."])),
        None,
    ),
    (
        "MH201",
        "FailoverService shop/b: x.shop.global in west is also the host of FailoverService shop/a",
        (
            mesh("east", "west", "north"),
            failover("a", "east", hostname="x.shop.global", clusters=["west"]),
            failover("b", "west", hostname="x.shop.global", clusters=["west"]),
        ),
        snapshot(east=cluster("east"), north=cluster("north"), west=cluster("west")),
        None,
    ),
    *[
        (
            "MH201",
            f"TrafficPolicy shop/send: traffic_shift: {kind} shop/canary in east claims {CHECKOUT} too",
            (mesh(), SEND),
            east_with(existing(kind, "canary", **claim)),
            dialect,
        )
        for kind, claim, dialect in (
            ("HTTPRoute", {"parentRefs": [{"kind": "Service", "name": "checkout"}]}, None),
            ("VirtualService", {"hosts": ["checkout"]}, "gateway-api"),
            ("GRPCRoute", {"parentRefs": [{"kind": "Service", "name": "checkout"}]}, "gateway-api"),
        )
    ],
    (
        "MH201",
        None,
        (mesh(), SEND),
        east_with(
            existing("HTTPRoute", "edge", parentRefs=[{"name": "checkout"}, {"kind": "Service", "name": "cart"}]),
            *(existing("HTTPRoute", "odd", parentRefs=odd) for odd in (None, 5, ["checkout"], [{"kind": "Service"}])),
        ),
        "gateway-api",
    ),
    *[
        (
            "MH138",
            found,
            (mesh(federation="permissive", virtual_ip=virtual_ip),),
            west_with(*names, ports=[{"port": 5432, "name": name}]),
            None,
        )
        for virtual_ip, name, found, *names in (
            ("none", "http", None, "a"),
            ("none", "tls", None, "a"),
            ("auto", "tcp", None, "a"),
            ("hash", "tcp", None, "a"),
        )
    ],
    (
        "MH138",
        "FailoverService shop/a: proxies in east take every connection to port 5432 for one of x.shop.global, "
        "x.shop.global.failover.meshhub.internal",
        (
            mesh(virtual_ip="none"),
            failover(
                "a", "east", hostname="x.shop.global", port={"number": 5432, "protocol": "TCP"}, clusters=["east"]
            ),
        ),
        east_with(),
        None,
    ),
    ("MH202", None, (ALL,), west_with("a", "b"), None),
    ("MH202", None, (mesh(federation="permissive", virtual_ip="none"),), west_with(ONE, OTHER), None),
    *[
        (
            "MH202",
            f"VirtualMesh default/shop: federation: {two}.shop.svc.west.global and {one}.shop.svc.west.global "
            f"(ServiceEntry istio-system/{one}.shop.svc.west.global in east) both have the virtual IP "
            f"{virtual_ip(ONE, 'shop', 'west', 'kube-service')}",
            (ALL,),
            west_with(ONE, OTHER),
            None,
        )
        for one, two in [sorted((ONE, OTHER))]
    ],
    (
        "MH202",
        "TrafficPolicy shop/send: traffic_shift[0].destination: checkout.shop.svc.west.global and db.example.com "
        "(ServiceEntry shop/db in east) both have the virtual IP 241.52.211.165",
        (mesh(), SEND),
        east_with(existing("ServiceEntry", "db", hosts=["db.example.com"], addresses=["241.52.211.165/32"])),
        None,
    ),
    ("MH206", None, (ALL,), west_with("a"), None),
    (
        "MH206",
        f"VirtualMesh default/shop: federation: {RESERVED}.shop.svc.west.global has the virtual IP "
        f"{virtual_ip(RESERVED, 'shop', 'west', 'kube-service')}, which Istio may give to another host",
        (ALL,),
        west_with(RESERVED),
        None,
    ),
    (
        "MH205",
        None,
        (traffic("a", timeout="1s"), traffic("b", matches=[{"prefix": "/b"}], timeout="2s")),
        snapshot(),
        None,
    ),
    (
        "MH205",
        None,
        (traffic("a", matches=[{"headers": [{"name": "x"}]}], timeout="1s"), traffic("b", matches=[{"prefix": "/b"}])),
        snapshot(),
        None,
    ),
    (
        "MH205",
        "TrafficPolicy shop/a: retries: retries of shop/checkout: requests that TrafficPolicy shop/b: timeout is about "
        "do not get this",
        (
            traffic("a", retries={"attempts": 1}, matches=[{"prefix": "/", "headers": [{"name": "x"}]}]),
            traffic("b", matches=[{"exact": "/b", "headers": [{"name": "x", "value": "y"}]}], timeout="2s"),
        ),
        snapshot(),
        None,
    ),
    (
        "MH205",
        "TrafficPolicy shop/a: timeout: timeout of shop/checkout: requests that TrafficPolicy shop/b: retries is about "
        "do not get this",
        (
            traffic("a", timeout="1s", matches=[{"headers": [NOT_FITTING]}]),
            traffic("b", retries={"attempts": 1}, matches=[{"headers": [NOT_FITTING], "method": "PUT"}]),
        ),
        snapshot(),
        None,
    ),
    (
        "MH205",
        "TrafficPolicy shop/b: timeout: timeout of shop/checkout: requests that TrafficPolicy shop/a: timeout is about "
        "do not get this",
        (traffic("a", timeout="1s"), traffic("b", timeout="2s")),
        snapshot(),
        "smh-0.8",
    ),
    (
        "MH205",
        "TrafficPolicy shop/b: retries: retries of shop/checkout: requests that TrafficPolicy shop/a: timeout is about "
        "do not get this",
        (
            traffic("a", timeout="1s", matches=[{"queryParameters": [{"name": "q", "value": "1"}]}]),
            traffic("b", retries={"attempts": 1}, matches=[{"queryParameters": [{"name": "q"}]}]),
        ),
        snapshot(),
        None,
    ),
    *[
        (
            "MH205",
            name
            and f"TrafficPolicy shop/b: {asked}: {name} of shop/checkout-8080: requests that TrafficPolicy shop/a: "
            f"{by} is about do not get this",
            (traffic("a", matches=[{"exact": "/a"}], **early), traffic("b", **late)),
            snapshot(),
            GATEWAY_API,
        )
        for early, by, late, asked, name in (
            (HEADERS, "header_manipulation", {"mirror": {"destination": to("east")}}, "mirror", "mirror"),
            (RETRIES, "retries", {"timeout": "5s"}, "timeout", "timeout"),
            ({"timeout": "5s"}, "timeout", RETRIES, "retries", "retries"),
            (HEADERS, "", {"headerManipulation": {"removeResponseHeaders": ["x"]}}, "", None),
            ({"retries": {"attempts": 1}}, "", RETRIES, "", None),
        )
    ],
    ("MH304", None, (mesh(), SEND), snapshot(), None),
    *[
        (
            "MH304",
            found,
            (mesh(),),
            snapshot(east=cluster("east", istioVersion=version), west=cluster("west", istioVersion="1.7.3")),
            "smh-0.8",
        )
        for version, found in (
            ("1.9.9", None),
            (None, None),
            ("1.10.0-alpha.1", "VirtualMesh default/shop: clusters[0]: east runs Istio 1.10.0-alpha.1"),
        )
    ],
    *[
        ("MH320", found, (traffic("a", outlierDetection=detection),), snapshot(east=cluster("east", **runs)), None)
        for runs, detection, found in (
            ({"istioVersion": "1.30.3"}, {"minHealthPercent": 0}, None),
            ({"istioVersion": "1.31.0"}, {}, None),
            ({"istioVersion": "v1.31.0-rc.0"}, {"minHealthPercent": 0}, NOT_READY.format("v1.31.0-rc.0")),
            ({"istioVersion": None}, {"minHealthPercent": 0}, NOT_READY.format("1.31, which is assumed")),
        )
    ],
    *[
        ("MH321", found, (traffic("a", timeout="1s"),), snapshot(east=cluster("east", istioVersion=version)), None)
        for version, found in (
            (None, None),
            ("1.28", None),
            ("1.31.2", None),
            ("1.27.9", "cluster east: east runs Istio 1.27.9; supported are 1.28 to 1.31"),
            ("1.32-alpha.1", "cluster east: east runs Istio 1.32-alpha.1; supported are 1.28 to 1.31"),
            ("latest", "cluster east: east runs 'latest', which is no version of Istio: 1.31 is assumed"),
        )
    ],
    *[
        ("MH322", found, (mesh(), SEND), snapshot(east=cluster("east", **east), west=cluster("west", **west)), None)
        for east, west, found in (
            ({}, {}, None),
            ({}, UNSAID, "VirtualMesh default/shop: clusters[1]: nobody says which Istio west runs: 1.31 is assumed"),
            (
                UNSAID,
                {"istioVersion": ""},
                "VirtualMesh default/shop: clusters[0]: nobody says which Istio east, west runs: 1.31 is assumed",
            ),
        )
    ],
    (
        "MH405",
        f"VirtualMesh default/shop: federation: the name a.shop.svc.west.{LONG[:24]}... has 259 characters",
        (mesh(federation="permissive", hostname_suffix=LONG),),
        west_with("a"),
        None,
    ),
    ("MH405", None, (mesh(federation="permissive", hostname_suffix=LONG[:200]),), west_with("a"), None),
    ("MH511", None, (STRICT, traffic("a", tls={"mode": "ISTIO_MUTUAL"})), snapshot(), None),
    ("MH511", None, (mesh(), traffic("a", tls={"mode": "DISABLE"})), snapshot(), None),
    (
        "MH511",
        f"TrafficPolicy shop/a: tls: {CHECKOUT} is called with DISABLE, but east is strict",
        (STRICT, traffic("a", tls={"mode": "DISABLE"})),
        snapshot(),
        None,
    ),
    *[
        ("MH518", found, (access("a", None, destinations=[{"namespaces": ["shop"]}], methods=["GET"]),), seen, None)
        for seen, found in (
            (west_with("a", "b"), None),
            (
                west_with("a", "b", selector={"app": "x"}),
                "AccessPolicy shop/a: shop/b and shop/a in west are the same pods: what AccessPolicy shop/a allows is "
                "allowed here too",
            ),
        )
    ],
    *[
        (
            "MH518",
            found,
            (access("a", destinations=[to("west", "kiali", namespace=space)], methods=["GET"]),),
            seen,
            None,
        )
        for space, seen, found in (
            (ROOT, root_service(service("cart")), None),
            ("other", root_service(service("checkout"), namespace="other"), None),
            (ROOT, root_service(service("checkout", ROOT)), None),
            (ROOT, root_service(service("checkout", selector={})), None),
            (
                ROOT,
                root_service(service("checkout", selector={"app": "checkout", "version": "v2"})),
                f"{KIALI} shop/checkout too, and decides with theirs who may call them",
            ),
            (
                ROOT,
                root_service(service("cart"), workloads=[workload()]),
                f"{KIALI} shop/checkout-v1 too, and decides with theirs who may call them",
            ),
        )
    ],
    (
        "MH518",
        None,
        (mesh(global_access_policy="enabled"),),
        root_service(service("door", "edge", selector={"istio": "eastwestgateway"})),
        None,
    ),
    *[
        (
            "MH523",
            taken
            and f"VirtualMesh default/shop: hostname_suffix: Gateway istio-system/{gateway} in west takes *.{taken}, "
            f"and the names of Services there end in .svc.{domain}",
            (mesh(federation="permissive", hostname_suffix=suffix),),
            west_with("a", domain=domain),
            compat,
        )
        for suffix, domain, compat, taken in (
            ("mesh.example", "east.mesh.example", None, None),
            ("mesh.example", "k8s-west.mesh.example", None, None),
            ("mesh.example", "mesh.example", None, None),
            ("mesh.example", "west.mesh.example", None, "west.mesh.example"),
            ("mesh.example", "k8s.west.mesh.example", None, "west.mesh.example"),
            ("mesh.example", "k8s.mesh.example", "smh-0.8", "mesh.example"),
            ("svc.k8s.example", "k8s.example", None, "west.svc.k8s.example"),
        )
        for gateway in ["shop-default" if compat else "istio-eastwestgateway-istio-system"]
    ],
    ("MH603", None, (mesh(), SEND), snapshot(), None),
    *[
        (
            "MH603",
            found,
            (mesh(), SEND),
            snapshot(east=cluster("east"), west=cluster("west", gateways=[{"addresses": [address]}])),
            None,
        )
        for address, found in (
            ("gw.west.example.com", None),
            (
                "10.0.1.9",
                "VirtualMesh default/shop: clusters[1]: west serves other clusters through the one address 10.0.1.9",
            ),
        )
    ],
    ("MH605", None, (mesh(), failover("ha", "east", "west")), snapshot(), None),
    ("MH605", None, (mesh(), failover("ha", "east", "west"), access("a", None, sources=WEB)), snapshot(), None),
    (
        "MH605",
        None,
        (
            mesh(),
            failover("ha", "east", "west"),
            access("a", "west", sources=WEB, ports=[8080]),
            access("b", "east", sources=WEB),
        ),
        snapshot(),
        None,
    ),
    (
        "MH605",
        None,
        (
            mesh(),
            failover("ha", "east", "west"),
            access("a", None, sources=[{"namespaces": ["shop"], "clusters": ["east", "west"]}]),
        ),
        snapshot(east=cluster("east"), west=cluster("west", trustDomain="west.example")),
        None,
    ),
    (
        "MH605",
        "FailoverService shop/ha: backing_services[1]: shop/checkout@west is ruled by AccessPolicy shop/b, "
        "shop/checkout@east by AccessPolicy shop/a",
        (
            mesh(),
            failover("ha", "east", "west"),
            access("a", "east", sources=WEB, paths=["/sa/*"]),
            access("b", "west", sources=WEB, paths=["/*"]),
        ),
        snapshot(),
        None,
    ),
    (
        "MH605",
        "FailoverService shop/ha: backing_services[1]: shop/checkout@west is ruled by AccessPolicy shop/a, "
        "shop/checkout@east by no AccessPolicy",
        (mesh(), failover("ha", "east", "west"), access("a", sources=WEB)),
        snapshot(),
        None,
    ),
    (
        "MH605",
        "FailoverService shop/ha: backing_services[1]: shop/checkout@west is ruled by AccessPolicy shop/a, "
        "AccessPolicy shop/b, shop/checkout@east by AccessPolicy shop/b",
        (
            mesh(),
            failover("ha", "east", "west"),
            access("a", sources=WEB),
            access("b", None, sources=[{"namespaces": ["shop"]}]),
        ),
        snapshot(),
        None,
    ),
    ("MH310", None, (traffic("a", matches=[{"prefix": "/"}, {"exact": "/a"}], timeout="1s"),), snapshot(), GATEWAY_API),
    (
        "MH310",
        "TrafficPolicy shop/a: matches: the prefix /a does not fit /a-more",
        (traffic("a", matches=[{"prefix": "/a"}], timeout="1s"),),
        snapshot(),
        GATEWAY_API,
    ),
    (
        "MH310",
        "TrafficPolicy shop/a: matches: the prefix /a/ fits /a too",
        (traffic("a", matches=[{"prefix": "/a/"}], timeout="1s"),),
        snapshot(),
        GATEWAY_API,
    ),
    *[
        (
            "MH311",
            None
            if apart
            else "TrafficPolicy shop/a: matches: requests to shop/checkout-8080 that fit both go to "
            "TrafficPolicy shop/b: matches first",
            (traffic("a", matches=[one], timeout="1s"), traffic("b", matches=[other], timeout="2s")),
            snapshot(),
            GATEWAY_API,
        )
        for one, other, apart in (
            ({"headers": [{"name": "x", "value": "1"}]}, {"method": "GET"}, False),
            ({"headers": [{"name": "x", "value": "1"}], "method": "PUT"}, {"method": "GET"}, True),
            ({"regex": "/a/.+"}, {"prefix": "/a"}, False),
            ({"regex": "/a*"}, {"prefix": "/b"}, False),
            ({"regex": "/a|/b"}, {"prefix": "/b"}, False),
            ({"regex": "/a/.+"}, {"prefix": "/b"}, True),
            ({"regex": "/a/.+"}, {"prefix": "/a/b", "method": "GET"}, False),
            ({"regex": "/ab.+"}, {"prefix": "/a"}, True),
            ({"prefix": "/a/"}, {"prefix": "/a", "method": "GET"}, False),
            ({"prefix": "/a/"}, {"prefix": "/ab", "method": "GET"}, True),
            ({"prefix": "/a/b"}, {"prefix": "/a/", "method": "GET"}, True),
            (
                {"headers": [{"name": "x", "value": "1"}, {"name": "y"}]},
                {"method": "GET", "headers": [{"name": "x", "value": "2"}]},
                True,
            ),
        )
    ],
    (
        "MH312",
        None,
        (traffic("a", timeout="2s", retries={"attempts": 1, "perTryTimeout": "1s"}),),
        snapshot(),
        GATEWAY_API,
    ),
    (
        "MH312",
        "TrafficPolicy shop/a: retries: one try may take 2s, the whole request only 1s",
        (traffic("a", timeout="1s", retries={"attempts": 1, "perTryTimeout": "2s"}),),
        snapshot(),
        GATEWAY_API,
    ),
    (
        "MH311",
        None,
        (traffic("a", matches=[{"headers": [{"name": "x", "value": "1"}]}, {"method": "GET"}], timeout="1s"),),
        snapshot(),
        GATEWAY_API,
    ),
    ("MH313", None, (traffic("a", timeout="1s"),), snapshot(), GATEWAY_API),
    (
        "MH313",
        "TrafficPolicy shop/a: retries: east needs it for retries",
        (traffic("a", retries={"attempts": 1}),),
        snapshot(),
        GATEWAY_API,
    ),
    *[
        (
            "MH610",
            found,
            (
                mesh(),
                failover("ha", "east", "west"),
                traffic("a", traffic_shift=shift(({"failoverService": "ha", "namespace": "shop"}, 100)), **more),
            ),
            snapshot(),
            None,
        )
        for more, found in (
            ({"timeout": "3s", "retries": {"attempts": 2}}, None),
            ({"timeout": "3s"}, "TrafficPolicy shop/a: traffic_shift: the route to ha.shop.global has no retries"),
        )
    ],
    *[
        ("MH613", found, (mesh(), failover("ha", "east", "west"), *judged), snapshot(), compat)
        for judged, compat, found in (
            ((), None, None),
            ((traffic("a", None, outlierDetection={}),), "smh-0.8", None),
            (
                (traffic("a", "east", outlierDetection={}),),
                "smh-0.8",
                "FailoverService shop/ha: backing_services[1]: "
                "no TrafficPolicy gives shop/checkout@west outlier detection",
            ),
        )
    ],
    *[
        (
            "MH614",
            found
            and f"TrafficPolicy shop/{found}: traffic_shift: callers in edge of east do not see ha.shop.global, for a "
            "gateway is there",
            (mesh(), failover("ha", "east", "west", clusters=["east"]), *routes),
            beside_a_gateway(*pods),
            compat,
        )
        for found, pods, routes, compat in (
            ("all", [WEB_POD], [TO_HA], None),
            ("all", [WEB_POD], [TO_HA], "gateway-api"),
            ("some", [WEB_POD], [to_ha("some", namespaces=["edge"])], None),
            ("some", [WEB_POD], [to_ha("some", labels={"app": "web"})], None),
            ("all", [WEB_POD, CART_POD], [TO_HA, HOME], None),
            (None, [WEB_POD], [TO_HA], "smh-0.8"),
            (None, [WEB_POD], [TO_HA, HOME], None),
            (None, [WEB_POD], [to_ha("some", namespaces=["shop"])], None),
            (None, [WEB_POD], [to_ha("some", labels={"app": "cart"})], None),
            (None, [WEB_POD], [], None),
            (None, [], [TO_HA], None),
        )
    ],
    *[
        (
            "MH140",
            found,
            (spec("VirtualMesh", "shop", "default", **{"clusters": ["east", "west"], **said}), *specs),
            snapshot(east=cluster("east", **seen), west=cluster("west")),
            None,
        )
        for said, specs, seen, found in (
            ({"federation": "permissive"}, (), {}, None),
            ({"federation": "permissive"}, (), {"dnsProxying": True}, None),
            ({}, (SEND,), {"dnsProxying": False}, None),
            ({}, (failover("ha", "east", "west", clusters=["west"]),), {"dnsProxying": False}, None),
            (
                {"clusters": [{"name": "east", "dns_proxying": True}, "west"]},
                (failover("ha", "east", "west"),),
                {"dnsProxying": False},
                None,
            ),
            (
                {"federation": "permissive", "hostname_suffix": "mesh.example"},
                (),
                {"dnsProxying": False},
                f"VirtualMesh default/shop: federation: {NO_DNS} what ends in .mesh.example",
            ),
            (
                {},
                (failover("ha", "east", "west"),),
                {"dnsProxying": False},
                f"FailoverService shop/ha: hostname: {NO_DNS} ha.shop.global",
            ),
        )
    ],
]


@pytest.mark.parametrize(("code", "found", "specs", "seen", "compat"), GRID)
def test_rule(code: str, found: str | None, specs: tuple[Spec, ...], seen: MeshSnapshot, compat: str | None) -> None:
    """A rule finds its fault, once and at the spec that caused it, and nothing where there is none."""
    findings = compiled(*specs, seen=seen, compat=compat).findings
    assert [f"{x.where}: {x.message}" for x in findings if x.code == code] == ([found] if found else [])


def test_grid_is_complete() -> None:
    """Every code of every rule has a red and a green row.

    Those of manifest rules stand in their own grid, as do those of test_existing_security.py.
    """
    red = {code for code, found, *_ in GRID if found}
    green = {code for code, found, *_ in GRID if not found}
    assert red == green
    assert red >= {code for rule in RULES if rule not in EXISTING for code in rule.codes}


def test_rules_are_sorted_and_unique() -> None:
    """The lists of rules are sorted by name."""
    for names in ([rule.name for rule in RULES], [rule.name for rule in MANIFEST_RULES]):
        assert names == sorted(set(names))
