"""Black holes: what is cut does not answer, and goes on when it is mended."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from two_clusters import EAST_GATEWAY, WEST_GATEWAY, Server, connect, hear, real

from lab.errors import LabError
from lab.mesh.namespace import call
from lab.mesh.network import cut, mend


@real
def test_a_cut_node_is_a_black_hole_until_it_is_mended(mesh: str, serve: Server) -> None:
    """Open connections hang and go on, new ones are not answered; nobody is told, and others are not affected."""
    serve(f"{mesh}-west-gw", "10.244.0.2", 8443, "west")
    serve(f"{mesh}-east-gw", "10.244.0.2", 8443, "east")
    with call(f"{mesh}-west-gw", lambda: socket.create_server(("10.244.0.2", 8444))) as listener:
        client = connect(f"{mesh}-west-client", "10.244.0.2", 8444)
        inside_west, _ = listener.accept()
    listener = call(f"{mesh}-west-only", lambda: socket.create_server(("10.244.0.30", 8080)))
    with client, inside_west, listener:
        outer = call(f"{mesh}-west", lambda: socket.create_server((WEST_GATEWAY, 9000)))
        with outer, connect(f"{mesh}-east-client", WEST_GATEWAY, 9000) as asking:
            answering, _ = outer.accept()
            with answering:
                cut(f"{mesh}-west")
                try:
                    asking.sendall(b"lost for now")
                    answering.settimeout(0.5)
                    with pytest.raises(TimeoutError):
                        answering.recv(100)
                    with pytest.raises(TimeoutError):
                        hear(f"{mesh}-east-client", WEST_GATEWAY, 15443, limit=0.5)
                    inside_west.sendall(b"not cut")
                    assert b"not cut" == client.recv(100)
                    assert "east" == hear(f"{mesh}-east-client", EAST_GATEWAY, 15443)[0]
                finally:
                    mend(f"{mesh}-west")
                answering.settimeout(10)
                assert b"lost for now" == answering.recv(100)
    assert "west" == hear(f"{mesh}-east-client", WEST_GATEWAY, 15443)[0]


@real
def test_a_cut_pod_is_a_black_hole_until_it_is_mended(mesh: str, serve: Server) -> None:
    """Neither its neighbours nor its node reach it."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    cut(f"{mesh}-east-gw")
    try:
        for other in ("east-client", "east"):
            with pytest.raises(TimeoutError):
                hear(f"{mesh}-{other}", "10.244.0.2", 8080, limit=0.5)
    finally:
        mend(f"{mesh}-east-gw")
    assert "gateway" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]


@real
def test_cutting_and_mending_may_be_repeated(mesh: str, serve: Server) -> None:
    """The last one counts."""
    serve(f"{mesh}-east-gw", "10.244.0.2", 8080, "gateway")
    for act in (mend, cut, cut, mend, mend):
        act(f"{mesh}-east-gw")
    assert "gateway" == hear(f"{mesh}-east-client", "10.244.0.2", 8080)[0]


@real
@pytest.mark.parametrize("act", [cut, mend])
def test_what_does_not_exist_cannot_be_cut(act: Callable[[str], None], mesh: str, prefix: str) -> None:
    """Neither in a lab that exists, nor in one that does not."""
    for name in (f"{mesh}-nobody", f"{prefix}-east"):
        with pytest.raises(LabError, match=f"no node or pod {name}"):
            act(name)
