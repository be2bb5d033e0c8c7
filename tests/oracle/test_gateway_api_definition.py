"""The definition of HTTPRoute: an API server takes what we render, and refuses what finding MH312 says it would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from meshes import cluster, permissive, snapshot, spec, to
from world import Manifest, World

from lab import crds
from lab.api import Api, ApiError
from lab.programs import http_route_crd
from meshhub_pulumi.model.api_defaults import DEFAULTS
from meshhub_pulumi.model.existing import difference
from meshhub_pulumi.model.finding import Level
from meshhub_pulumi.report.yaml_text import print_manifest
from meshhub_pulumi.standard import compile_standard

CASES = Path(__file__).resolve().parents[1] / "cases"
SEEN = snapshot(kind2=cluster("172.18.0.220", "v1"), kind3=cluster("172.18.0.230", "v2"))
HEADERS = [f"x-{index}" for index in range(17)]


def alone(**changes: Any) -> list[dict[str, Any]]:
    """A traffic shift to one destination that has headers of its own."""
    return [{"destination": to("kind2"), "weight": 100, "header_manipulation": changes}]


REFUSED: Mapping[str, dict[str, Any]] = {
    "a path that does not begin with /": {"matches": [{"exact": "pay"}]},
    "an empty path segment": {"matches": [{"exact": "/a//b"}]},
    "a way back": {"matches": [{"prefix": "/a/../b"}]},
    "a way back at the end": {"matches": [{"prefix": "/a/.."}]},
    "a query in a path": {"matches": [{"exact": "/a?b=c"}]},
    "an encoded slash": {"matches": [{"exact": "/a%2fb"}]},
    "a long path": {"matches": [{"exact": f"/{'a' * 1024}"}]},
    "a header of HTTP/2": {"matches": [{"headers": [{"name": ":authority", "value": "shop"}]}]},
    "a name that no parameter has": {"matches": [{"query_parameters": [{"name": "size[]", "value": "1"}]}]},
    "a long value": {"matches": [{"query_parameters": [{"name": "q", "value": "a" * 1025}]}]},
    "many headers": {"matches": [{"headers": [{"name": name} for name in HEADERS]}]},
    "many routes": {"matches": [{"exact": f"/{index}"} for index in range(16)]},
    "a header without a value": {"header_manipulation": {"append_request_headers": {"x-empty": ""}}},
    "many headers to add": {"header_manipulation": {"append_response_headers": dict.fromkeys(HEADERS, "1")}},
    "many headers to remove": {"header_manipulation": {"remove_request_headers": HEADERS}},
    "many headers to add for one destination": {
        "traffic_shift": alone(append_request_headers=dict.fromkeys(HEADERS, "1"))
    },
    "a header without a value for one destination": {"traffic_shift": alone(append_response_headers={"x-empty": ""})},
    "a try longer than the request": {"retries": {"attempts": 1, "per_try_timeout": "2s"}},
}


@pytest.fixture
def api(world: World, http_routes: None) -> Api:
    """An API server that knows HTTPRoutes, and has none."""
    world.clear()
    return world.clusters["kind2"].api


def rendered(**args: Any) -> tuple[Manifest, list[str]]:
    """The HTTPRoute of a policy about reviews, and the codes of its errors."""
    policy = spec("TrafficPolicy", "asked", destinations=[to("kind2")], **{"timeout": "1s", **args})
    made = compile_standard([permissive(), policy], SEEN, "gateway-api")
    (route,) = (
        manifest for key, manifest in made.manifests.items() if (key.cluster, key.kind) == ("kind2", "HTTPRoute")
    )
    return yaml.safe_load(print_manifest(route.body)), [x.code for x in made.findings if x.level is Level.ERROR]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_found_before(name: str, api: Api) -> None:
    """The finding and the refusal come together."""
    route, errors = rendered(**REFUSED[name])
    assert {"MH312"} == set(errors)
    with pytest.raises(ApiError, match=r"HTTPRoute.* is invalid: \[?spec") as refusal:
        api.create(route, dry_run=True)
    assert 422 == refusal.value.status


def test_what_is_rendered_is_taken(api: Api) -> None:
    """Every HTTPRoute of the golden cases, with every field: what a definition lacks would be left out."""
    routes = list(golden())
    api.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in namespaces(routes)])
    assert len(routes) > 20
    for route in routes:
        assert [] == list(lost(route["spec"], api.create(route, dry_run=True)["spec"], "spec")), route["metadata"]


def test_what_is_read_back_is_alike(api: Api) -> None:
    """A server's defaults and status make no other route of it: a mesh with `adopt` takes it over as it is."""
    routes = list(golden())
    api.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in namespaces(routes)])
    longer = 0
    for route in routes:
        found = {**api.create(route, dry_run=True), "status": {"parents": []}}
        assert difference(found, route) is None, route["metadata"]
        longer += found["spec"] != route["spec"]
    assert longer > 20


def test_another_value_than_the_default_differs(api: Api) -> None:
    """Beside what a server adds, what a person says is seen."""
    route, _ = rendered()
    rules = [
        {**rule, "matches": [{"path": {"type": "PathPrefix", "value": "/api"}}]} for rule in route["spec"]["rules"]
    ]
    api.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}])
    found = api.create({**route, "spec": {**route["spec"], "rules": rules}}, dry_run=True)
    assert ("spec.rules[0].matches[0].path.value", "/api", "/") == difference(found, route)


def test_the_defaults_are_those_of_the_definition() -> None:
    """Every default that objects are compared by stands in the definition."""
    (definition,) = (one for one in crds.read(http_route_crd()) if one["spec"]["names"]["kind"] == "HTTPRoute")
    for version in definition["spec"]["versions"]:
        schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        assert DEFAULTS["HTTPRoute"].items() <= dict(defaults(schema, "spec")).items()


def defaults(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Every default of a schema, by its path."""
    if "default" in schema:
        yield path, schema["default"]
    for name, below in schema.get("properties", {}).items():
        yield from defaults(below, f"{path}.{name}")
    if "items" in schema:
        yield from defaults(schema["items"], f"{path}[]")


def golden() -> Iterator[Manifest]:
    """The HTTPRoutes beside all cases."""
    for path in sorted(CASES.glob("*/*/*/*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document["kind"] == "HTTPRoute":
                yield document


def namespaces(manifests: list[Manifest]) -> list[str]:
    """Where they lie."""
    return sorted({manifest["metadata"]["namespace"] for manifest in manifests})


def lost(sent: Any, kept: Any, path: str) -> Iterator[str]:
    """The paths of what was sent and is not there; what is there besides are defaults."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        for name, value in sent.items():
            yield from lost(value, kept.get(name), f"{path}.{name}")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for index, value in enumerate(sent):
            yield from lost(value, kept[index], f"{path}[{index}]")
    elif sent != kept:
        yield path
