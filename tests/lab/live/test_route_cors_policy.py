"""CORS in a real mesh: browsers hear from the caller's proxy which origins may call, and what they may read."""

from __future__ import annotations

from ratings import AWAY, FEDERATED, HOME, MESH, RATINGS, REST
from written import traffic_policy, written

from lab.mesh.pod import Pod
from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

SHARED = {f"{HOME}/shared": "kind2", f"{HOME}/away": "kind3", f"{FEDERATED}/shared": "kind3"}
"""Which cluster answers at home, by a traffic shift, and by the name that the service has in the mesh."""
CORS = {
    "allowOrigins": [
        {"exact": "https://example.com"},
        {"prefix": "https://shop."},
        {"regex": r"https://[a-z]+\.fits\.example"},
    ],
    "allowMethods": ["GET", "PUT"],
    "allowHeaders": ["x-shop", "authorization"],
    "exposeHeaders": ["x-load"],
    "maxAge": "10m",
    "allowCredentials": True,
}
ALLOWED = ["https://example.com", "https://shop.example.org", "https://any.fits.example"]
REFUSED = [
    "http://example.com",
    "https://example.com.evil.example",
    "https://www.shop.example.org",
    "https://any2.fits.example",
    "https://any.fits.example.evil.example",
    "https://any.fitsxexample",
]
ORIGIN = "access-control-allow-origin"
TOLD = {
    "access-control-allow-methods": "GET,PUT",
    "access-control-allow-headers": "authorization,x-shop",
    "access-control-allow-credentials": "true",
    "access-control-max-age": "600",
    "access-control-expose-headers": "x-load",
}
"""What a browser hears that asks before, beside the origin."""
READ = {"access-control-allow-credentials": "true", "access-control-expose-headers": "x-load"}
"""What it hears with a response."""

Heard = tuple[str, dict[str, str]]
"""Who answered, a cluster's app or the proxy, and what the answer says of other origins."""


def test_who_may_call(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """An allowed origin that asks before hears from the proxy all that it may do, and one that calls what it may read.

    Any other origin is answered by the app, without a word of CORS; and so is everybody outside the match.
    """
    matches = [{"prefix": "/shared"}, {"prefix": "/away"}]
    policy = traffic_policy("shared", destinations=[RATINGS], matches=matches, corsPolicy=CORS)
    live.apply(written(snapshot, MESH, AWAY, REST, policy))
    client = live["kind2"].pod("client")
    for url, cluster in SHARED.items():
        everywhere = url == f"{HOME}/shared"
        for origin in ALLOWED if everywhere else ALLOWED[:1]:
            assert ("proxy", TOLD | {ORIGIN: origin}) == _preflight(client, url, origin), (url, origin)
            assert (cluster, READ | {ORIGIN: origin}) == _call(client, url, origin), (url, origin)
        for origin in REFUSED if everywhere else REFUSED[:1]:
            assert (cluster, {}) == _preflight(client, url, origin), (url, origin)
            assert (cluster, {}) == _call(client, url, origin), (url, origin)
        assert (cluster, {}) == _call(client, url), url
    for url, cluster in ((f"{HOME}/other", "kind2"), (f"{FEDERATED}/other", "kind3")):
        assert (cluster, {}) == _preflight(client, url, ALLOWED[0]), url
        assert (cluster, {}) == _call(client, url, ALLOWED[0]), url


def test_any_origin(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """`*` allows whoever asks, and whatever it asks for."""
    anybody = {"allowOrigins": [{"exact": "*"}], "allowMethods": ["*"], "allowHeaders": ["*"]}
    live.apply(written(snapshot, MESH, traffic_policy("open", destinations=[RATINGS], corsPolicy=anybody)))
    anything = {"access-control-allow-methods": "PUT", "access-control-allow-headers": "x-shop"}
    for url in (HOME, FEDERATED):
        for origin in ("https://any.example", "http://other.example"):
            assert ("proxy", anything | {ORIGIN: origin}) == _preflight(live["kind2"].pod("client"), url, origin)


def _preflight(client: Pod, url: str, origin: str) -> Heard:
    """What a browser hears that asks whether it may send a PUT with the header `x-shop`."""
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "x-shop"}
    return _call(client, url, origin, method="OPTIONS", **asked)


def _call(client: Pod, url: str, origin: str = "", *, method: str = "GET", **headers: str) -> Heard:
    [answer] = client.call(url, method=method, headers=headers | ({"origin": origin} if origin else {}))
    assert 200 == answer.status, answer
    told = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
    return answer.seen.cluster if answer.seen else "proxy", told
