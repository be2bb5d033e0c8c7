"""Arguments that do not fit: one error with every problem, each at its path, and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from meshhub_pulumi.kinds.access_policy import AccessPolicyArgs
from meshhub_pulumi.kinds.failover_service import FailoverServiceArgs
from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.kinds.virtual_mesh import VirtualMeshArgs
from meshhub_pulumi.model.error import ArgsError
from meshhub_pulumi.model.schema import MeshModel, parse
from meshhub_pulumi.model.snapshot import MeshSnapshot

NAME = "must be a Kubernetes name: at most 63 of a-z, 0-9 and - (not at its ends)"
HOST = "must be a DNS name: labels of a-z, 0-9 and -, at most 253 characters"
REVIEWS = {"name": "reviews", "namespace": "default"}

TABLE: list[tuple[type[MeshModel], Any, str]] = [
    (TrafficPolicyArgs, {"trafficShft": []}, "trafficShft: unknown field; did you mean trafficShift?"),
    (TrafficPolicyArgs, {"traffic_shft": []}, "traffic_shft: unknown field; did you mean traffic_shift?"),
    (TrafficPolicyArgs, {"xyz": 1}, "xyz: unknown field"),
    (
        TrafficPolicyArgs,
        {
            "destinations": [{**REVIEWS, "clustr": "kind2"}, 3],
            "traffic_shift": [{"destination": {"name": "reviews"}, "weight": 190}, {"destination": REVIEWS}],
            "timeout": 5,
        },
        """6 problems
  destinations[0].clustr: unknown field; did you mean cluster?
  destinations[1]: must be an object
  traffic_shift[0].destination.namespace: required, but missing
  traffic_shift[0].weight: input should be less than or equal to 100 (got 190)
  traffic_shift[1].weight: required, but missing
  timeout: must be text with a unit, such as 5s or 250ms""",
    ),
    (
        TrafficPolicyArgs,
        {"traffic_shift": [{"destination": REVIEWS, "weight": True}], "retries": {"attempts": "x"}},
        """2 problems
  traffic_shift[0].weight: must be a number
  retries.attempts: input should be a valid integer, unable to parse string as an integer (got 'x')""",
    ),
    (TrafficPolicyArgs, {"traffic_shift": {}}, "traffic_shift: must be a list"),
    (
        TrafficPolicyArgs,
        {"destinations": [{**REVIEWS, "subset": {"version": "v1"}}]},
        "destinations[0]: a selector means a whole service: leave subset out",
    ),
    (
        TrafficPolicyArgs,
        {"matches": [{"prefix": "/", "exact": "/"}]},
        "matches[0]: give one of prefix, exact and regex",
    ),
    (TrafficPolicyArgs, {"matches": [{"headers": [{"name": "a"}, {"name": "A"}]}]}, "matches[0]: a is given twice"),
    (
        TrafficPolicyArgs,
        {"timeout": "5 seconds"},
        "timeout: not a duration such as 5s, 250ms or 1m30s (got '5 seconds')",
    ),
    (TrafficPolicyArgs, {"timeout": "0.1ms"}, "timeout: must be at least 1ms"),
    (
        TrafficPolicyArgs,
        {"destinations": [{"labels": {"version": 3, "a b": "c"}}]},
        "destinations[0].labels.version: input should be a valid string",
    ),
    (
        TrafficPolicyArgs,
        {"destinations": [{"labels": {"a b": "c"}}]},
        "destinations[0].labels: 'a b' is not a Kubernetes label name",
    ),
    (
        VirtualMeshArgs,
        {
            "clusters": [{"name": "a", "gateway": {"adress": "x", "addresses": ["a b", "10.0.0.300"]}}, "B", "c\n"],
            "federation": "all",
            "hostname_suffix": "global\n",
        },
        f"""7 problems
  clusters[0].gateway.addresses[0]: must be an IP address or a DNS name, without port or scheme
  clusters[0].gateway.addresses[1]: must be an IP address or a DNS name, without port or scheme
  clusters[0].gateway.adress: unknown field; did you mean address?
  clusters[1].name: {NAME}
  clusters[2].name: {NAME}
  federation: input should be 'referenced', 'none' or 'permissive' (got 'all')
  hostname_suffix: {HOST}""",
    ),
    (
        VirtualMeshArgs,
        {"clusters": ["a"], "federation": [{"destinatons": []}, {"destinations": [{"namespace": "x", "name": "_"}]}]},
        f"""2 problems
  federation[0].destinatons: unknown field; did you mean destinations?
  federation[1].destinations[0].name: {NAME}""",
    ),
    (VirtualMeshArgs, {"clusters": "kind2"}, "clusters: must be a list"),
    (
        VirtualMeshArgs,
        {"clusters": ["a"], "snapshot": {"clusters": {"a": {"istioVersoin": "1"}}}},
        "snapshot.clusters.a.istioVersoin: unknown field; did you mean istioVersion?",
    ),
    (
        FailoverServiceArgs,
        {"hostname": "A", "port": 5, "backing_services": [{**REVIEWS, "subset": {"version": "v1"}}]},
        f"""3 problems
  hostname: {HOST}
  port: must be an object
  backing_services[0]: a backing service is backed by all its pods: leave subset out""",
    ),
    (
        AccessPolicyArgs,
        {"sources": [{"service_account": "x"}], "paths": ["/a*b"], "methods": ["FETCH"], "ports": [0]},
        """4 problems
  sources[0].namespace: required, but missing
  paths[0]: must be a path: /exact, /prefix* or *suffix
  methods[0]: input should be 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE' or 'PATCH' """
        """(got 'FETCH')
  ports[0]: input should be greater than or equal to 1 (got 0)""",
    ),
    (
        MeshSnapshot,
        {"clusters": {"a": {"services": [{**REVIEWS, "ports": [{"port": 1, "targetPort": 99999}]}]}, "B": {}}},
        f"""2 problems
  clusters.a.services[0].ports[0].targetPort: input should be less than or equal to 65535 (got 99999)
  clusters.B: {NAME}""",
    ),
    (MeshSnapshot, [], "must be an object"),
]


@pytest.mark.parametrize(("model", "said", "text"), TABLE)
def test_every_problem_is_told_at_once(model: type[MeshModel], said: Any, text: str) -> None:
    """An error names the object and all its problems, in the order of the fields."""
    with pytest.raises(ArgsError) as error:
        parse(model, said, "TrafficPolicy 'reviews'")
    assert str(error.value) == f"TrafficPolicy 'reviews': {text}"


def test_constructors_tell_the_same() -> None:
    """A model made by its constructor is named by its class; nested models keep their paths."""
    with pytest.raises(ArgsError) as error:
        TrafficPolicyArgs(retries={"attempts": 1, "perTry": "1s"})
    assert str(error.value) == "TrafficPolicyArgs: retries.perTry: unknown field; did you mean perTryTimeout?"


@pytest.mark.parametrize(
    "said",
    [
        {"traffic_shift": [{"destination": REVIEWS, "weight": 100}], "outlier_detection": {"base_ejection_time": "1m"}},
        {"trafficShift": [{"destination": REVIEWS, "weight": 100}], "outlierDetection": {"baseEjectionTime": "60s"}},
    ],
)
def test_both_spellings_are_one(said: dict[str, Any]) -> None:
    """Keys may be written as in Python or as in YAML; the models are equal, and are taken as they are."""
    made = TrafficPolicyArgs(**said)
    assert made == TrafficPolicyArgs(**made.model_dump()) == TrafficPolicyArgs(**made.model_dump(by_alias=True))
    assert parse(TrafficPolicyArgs, made, "x") is made
    assert made.outlier_detection is not None
    assert made.outlier_detection.base_ejection_time == "60s"


def test_models_are_frozen() -> None:
    """Nothing changes arguments once they are made."""
    made = TrafficPolicyArgs(destinations=[REVIEWS])
    with pytest.raises(ValueError, match="frozen"):
        made.timeout = "5s"
    assert isinstance(made.destinations, tuple)
    assert hash(made) == hash(TrafficPolicyArgs(destinations=[REVIEWS]))
