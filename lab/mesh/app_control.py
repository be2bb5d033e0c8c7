"""Starting the test app and giving it orders: how to answer from now on, and what has come.

app = AppControl(ask)
app.behave(status=500)            # from now on, whatever is asked
app.behave()                      # back to normal
app.received().total
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lab.errors import LabError
from lab.mesh import app, app_http2
from lab.mesh.answers import Answers
from lab.mesh.seen import Seen

CONTROL_PORT = 18999
"""On the loopback interface of each pod: reached neither through its proxy nor from outside."""

Ask = Callable[[str, str], tuple[int, str]]
"""Sends a request without a body, given by method and path, to the control port: status and body of the answer."""


def app_argv(
    *,
    workload: str,
    cluster: str,
    version: str = "",
    ports: Iterable[int],
    greeting: Iterable[int] = (),
    http2: Iterable[int] = (),
    control: int = CONTROL_PORT,
    address: str = "0.0.0.0",
) -> tuple[str, ...]:
    """The command line of an app; it serves as soon as its control port answers.

    At `greeting` it speaks first, at `http2` it speaks HTTP/2, at the other ports HTTP/1.1 and lines.

    A port below 1024 needs a user, or a namespace (`net.ipv4.ip_unprivileged_port_start`), that allows it.
    """
    who = {"workload": workload, "cluster": cluster, "version": version}
    order = {**who, "ports": list(ports), "greeting": list(greeting), "control": control, "address": address}
    if multiplexed := list(http2):
        return (sys.executable, "-I", app_http2.__file__, json.dumps({**order, "http2": multiplexed}))
    return (sys.executable, "-I", "-S", app.__file__, json.dumps(order))


@dataclass(frozen=True, slots=True)
class Received:
    """What came to an app since its start or the last `forget`."""

    total: int
    """Arrivals: requests, lines, and every try of a retry."""
    arrivals: Mapping[str, int]
    """How often each request came, by the id that the caller gave it (`Answer.id`)."""
    recent: tuple[Seen, ...]
    """The last 100, the newest last."""

    def of(self, answers: Answers) -> int:
        """How many of these requests came here, by whatever way: as a mirror's copy, for example."""
        return sum(1 for answer in answers if answer.id in self.arrivals)


@dataclass(frozen=True, slots=True)
class AppControl:
    """The app of one pod; every method raises LabError when it does not answer or refuses."""

    ask: Ask

    def unready(self) -> str:
        """Why it does not serve yet, in a few words; empty when it does."""
        try:
            self.received()
        except LabError as problem:
            return problem.message
        return ""

    def behave(
        self,
        *,
        status: int = 200,
        delay: float = 0.0,
        reset: bool = False,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer all requests like this from now on; without arguments as at the beginning.

        `delay` is in seconds; `reset` closes the connection without an answer; `times` limits all of it to
        the first arrivals of each request, so that a retry of one succeeds.
        """
        asked: list[tuple[str, object]] = [("status", status), ("delay", round(delay * 1000)), ("reset", int(reset))]
        if times is not None:
            asked.append(("times", times))
        asked += [("header", f"{name}:{value}") for name, value in (headers or {}).items()]
        self._order("POST", f"/behave?{urlencode(asked)}")

    def received(self) -> Received:
        """What came."""
        told = self._order("GET", "/received")
        recent = (Seen.parse(record) for record in told["recent"])
        return Received(told["total"], told["arrivals"], tuple(seen for seen in recent if seen is not None))

    def forget(self) -> None:
        """Begin to count anew."""
        self._order("POST", "/forget")

    def _order(self, method: str, path: str) -> Any:
        status, text = self.ask(method, path)
        if status != 200:
            raise LabError(f"the app answers {status} to {method} {path}: {text.strip()[:200]}")
        return json.loads(text)
