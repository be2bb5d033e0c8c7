"""Timeout in a real mesh: a response that takes too long is given up, wherever it was to come from."""

from __future__ import annotations

from outcome import outcome
from ratings import AWAY, FEDERATED, HOME, MESH, RATINGS
from written import traffic_policy, written

from lab.mesh.running import LiveMesh
from meshhub_pulumi.model.snapshot import MeshSnapshot

LIMITED = traffic_policy(
    "limited", destinations=[RATINGS], matches=[{"prefix": "/limited"}, {"prefix": "/away"}], timeout="500ms"
)
REST = traffic_policy("rest", destinations=[RATINGS], timeout="3s")


def test_what_takes_too_long_is_given_up(live: LiveMesh, snapshot: MeshSnapshot) -> None:
    """After the timeout the caller gets 504 in the place of the response; one in time passes, and so do other paths.

    At home, by a traffic shift, and by the name that the service has in the mesh.
    """
    live.apply(written(snapshot, MESH, AWAY, LIMITED, REST))
    for caller, url, cluster in (
        ("kind2", f"{HOME}/limited", "kind2"),
        ("kind2", f"{HOME}/away", "kind3"),
        ("kind2", f"{FEDERATED}/limited", "kind3"),
        ("kind3", f"{HOME}/limited", "kind3"),
    ):
        [prompt] = live[caller].pod("client").call(url)
        [late] = live[caller].pod("client").call(f"{url}?delay=1500")
        assert (cluster, "status 504") == (outcome(prompt), outcome(late)), (caller, url)
        assert 0.45 <= late.seconds < 1.4, (caller, url)
    for url, cluster in ((f"{HOME}/free", "kind2"), (f"{FEDERATED}/free", "kind3")):
        [patient] = live["kind2"].pod("client").call(f"{url}?delay=900")
        assert cluster == outcome(patient), url
