"""The service `ratings` of both clusters of the shared mesh, and the policies beside the ones that a test is about."""

from __future__ import annotations

from written import traffic_policy, virtual_mesh

MESH = virtual_mesh("kind2", "kind3", federation="permissive")
RATINGS = {"name": "ratings", "namespace": "default"}
AWAY = traffic_policy(
    "away",
    destinations=[{**RATINGS, "cluster": "kind2"}],
    matches=[{"prefix": "/away"}],
    trafficShift=[{"destination": {**RATINGS, "cluster": "kind3"}, "weight": 100}],
)
"""For callers in kind2 the requests below /away go to kind3."""
REST = traffic_policy("rest", destinations=[RATINGS], timeout="5s")
"""Of all that no other policy is about."""
HOME, FEDERATED = "http://ratings:9080", "http://ratings.default.svc.kind3.global:9080"
