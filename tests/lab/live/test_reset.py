"""What tests rely on: after a reset the mesh is what its snapshot says."""

from __future__ import annotations

from lab.mesh.running import LiveMesh


def test_what_was_changed_or_deleted_is_there_again(live: LiveMesh) -> None:
    """A Service that selects others and an account that is gone are put back, though nothing else is applied again."""
    api = live["kind2"].api
    service = api.read("v1", "Service", "reviews")
    assert service
    selector = service["spec"]["selector"]
    api.apply(
        [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "reviews"},
                "spec": {"selector": {"app": "nobody"}, "ports": service["spec"]["ports"]},
            }
        ]
    )
    account = live["kind2"].pod("reviews-v1").plan.service_account
    assert api.delete("v1", "ServiceAccount", account)
    live.reset()
    put_back = api.read("v1", "Service", "reviews")
    assert put_back
    assert selector == put_back["spec"]["selector"]
    assert api.read("v1", "ServiceAccount", account)
