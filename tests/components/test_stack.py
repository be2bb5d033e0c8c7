"""What the engine is told of the program's stack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import reset_options

from meshhub_pulumi.components._rehearsal import Echo, run_under_mocks
from meshhub_pulumi.components._stack import short_stacks

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bookinfo" / "__main__.py"


class Traces(MockMonitor):
    """A monitor that remembers each resource's stack: the files' names, the innermost first."""

    def __init__(self) -> None:
        super().__init__(Echo())
        self.by_type: dict[str, list[str]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        files = [Path(frame.pc.uri).name for frame in request.stackTrace.frames]
        self.by_type[request.type] = files
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def test_stacks_end_at_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of the program and none of the frames below it; nothing with an object, which has no line of its own."""
    monkeypatch.chdir(EXAMPLE.parent)
    monitor = Traces()
    program = compile(EXAMPLE.read_text(), str(EXAMPLE), "exec")
    try:
        run_under_mocks(lambda: exec(program, {"__name__": "__main__"}), monitor, preview=False)
    finally:
        reset_options()
    assert [] == monitor.by_type["kubernetes:networking.istio.io/v1:VirtualService"]
    assert ["__main__.py"] == monitor.by_type["meshhub:index:TrafficPolicy"]
    assert "__main__.py" in monitor.by_type["meshhub:index:VirtualMesh"]


def test_the_setting_is_put_back() -> None:
    assert not hasattr(sys, "tracebacklimit")
    with pytest.raises(KeyError), short_stacks(9):
        raise KeyError
    assert not hasattr(sys, "tracebacklimit")


def test_a_program_s_own_setting_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 7, raising=False)
    with short_stacks(9):
        pass
    assert 7 == sys.tracebacklimit
