"""What a rehearsal leaves behind in the process that runs it."""

from __future__ import annotations

import asyncio
import gc

import pulumi
import pytest
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace

from meshhub_pulumi.testing import rehearse


def open_loops() -> set[int]:
    """The event loops that nobody has closed."""
    return {id(x) for x in gc.get_objects() if isinstance(x, asyncio.BaseEventLoop) and not x.is_closed()}


def test_no_event_loop_stays_open() -> None:
    """Neither the program's nor those of the threads in which the mocks answer."""
    before = open_loops()
    assert rehearse(lambda: ConfigMap("one")).of_type("kubernetes:core/v1:ConfigMap")
    assert open_loops() <= before


def objects(provider: str) -> None:
    """Objects whose place and name are said in every way."""
    opts = pulumi.ResourceOptions(provider=Provider(provider))
    phase = Namespace("shop", metadata={"name": "shop"}, opts=opts).status.phase  # which only a cluster knows
    ConfigMap("without metadata", opts=opts)
    ConfigMap("generated", metadata={"namespace": "shop", "generate_name": "some-"}, opts=opts)
    ConfigMap("said", metadata={"namespace": "shop", "name": "settings"}, opts=opts)
    ConfigMap("secret name", metadata={"namespace": "shop", "name": pulumi.Output.secret("a")}, opts=opts)
    ConfigMap("secret", metadata=pulumi.Output.secret({"namespace": "shop", "name": "b"}), opts=opts)
    ConfigMap("unknown name", metadata={"namespace": phase, "name": phase}, opts=opts)
    ConfigMap("unknown", metadata=phase.apply(lambda name: {"name": name}), opts=opts)


@pytest.mark.parametrize("provider", ["kind2", "kind2::east", "::"])
def test_every_object_is_found(provider: str) -> None:
    """Also one that belongs to no namespace, and one whose name is another's to give or is not known yet."""
    done = rehearse(lambda: objects(provider), preview=True)
    assert {
        ("Namespace", "", "shop"),
        ("ConfigMap", "", "without metadata"),
        ("ConfigMap", "shop", "generated"),
        ("ConfigMap", "shop", "settings"),
        ("ConfigMap", "shop", "a"),
        ("ConfigMap", "shop", "b"),
        ("ConfigMap", "", "unknown name"),
        ("ConfigMap", "", "unknown"),
    } == done.manifests(provider).keys()


def test_names_may_hold_what_parts_a_urn() -> None:
    """Names of parents, of what is depended on, and of what has outputs are whole."""

    def program() -> None:
        mesh = pulumi.ComponentResource("test:index:Mesh", "mesh::a")
        below = ConfigMap("one::a", opts=pulumi.ResourceOptions(parent=mesh))
        ConfigMap("two::a", opts=pulumi.ResourceOptions(depends_on=[below]))
        mesh.register_outputs({"hosts": "none"})

    done = rehearse(program)
    one, two = done.of_type("kubernetes:core/v1:ConfigMap")
    assert ("mesh::a", ("one::a",), {"hosts": "none"}) == (one.parent, two.after, done.outputs["mesh::a"])
