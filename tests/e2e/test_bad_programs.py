"""Programs that cannot be right end with one clean error that says what and where, before anything is registered."""

from __future__ import annotations

import textwrap

import pytest
from engine import Engine, Outcome
from programs import FAILOVER, program, reviews

SNAPSHOT = """
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
  kind2: &it
    gateways: [{addresses: [172.18.0.220]}]
    services: [{name: reviews, namespace: default, selector: {app: reviews}, ports: [{name: http, port: 9080}]}]
    workloads:
    - {name: reviews-v1, namespace: default, labels: {app: reviews, version: v1}}
    - {name: reviews-v2, namespace: default, labels: {app: reviews, version: v2}}
    - {name: reviews-v3, namespace: default, labels: {app: reviews, version: v3}}
  kind3: *it
"""

OUTSIDE = 'TrafficPolicy("late", TrafficPolicyArgs(timeout="5s"))'

AGAIN = 'VirtualMesh("other", VirtualMeshArgs(clusters=[kind2], policies=[]))'

BAD = {
    "weight": (program(reviews(v3=190)), ("weight", "190")),
    "sum": (program(reviews(v3=70)), ("MH105", "sum to 95", "traffic_shift", "__main__.py:")),
    "unknown field": (program(reviews(more='time_out="5s",')), ("time_out", "unknown field", "timeout")),
    "unknown service": (
        program(reviews().replace('"reviews", "default"', '"revews", "default"')),
        ("MH101", "revews", "nearest"),
    ),
    "missing subset": (program(reviews().replace('"v3"', '"v9"')), ("MH401", "version=v9", "version=v3")),
    "provider output": (
        program(before="k8s_Provider = k8s.Provider").replace(
            "provider=provider", "provider=pulumi.Output.from_input(provider)"
        ),
        ("clusters[0].provider", "clusters[1].provider", "not an Output"),
    ),
    "provider missing": (program().replace("provider=provider, ", ""), ("clusters[0].provider", "required")),
    "provider by name": (
        program().replace("provider=provider", "provider=name"),
        ("clusters[0].provider", "must be a pulumi_kubernetes.Provider, not str"),
    ),
    "never opened": (
        program().split("with VirtualMesh")[0]
        + 'VirtualMesh("bookinfo", {"clusters": [cluster("kind2", "172.18.0.220")]})',
        ("VirtualMesh 'bookinfo'", "never opened"),
    ),
    "cluster in two meshes": (
        program(before="kind2 = cluster('kind2', '172.18.0.220')", after=AGAIN).replace(
            'cluster("kind2", "172.18.0.220")', "kind2"
        ),
        ("VirtualMesh 'other': MH108", "__main__.py:", "cluster kind2 already belongs to VirtualMesh default/bookinfo"),
    ),
    "policy after the mesh": (program(after=OUTSIDE), ("TrafficPolicy 'late'", "no VirtualMesh is open")),
    "policy in a closed mesh": (
        program(after=OUTSIDE.replace('"5s")', '"5s"), mesh=mesh')),
        ("TrafficPolicy 'late'", "is closed"),
    ),
    "late address": (
        program(gateway='pulumi.Output.from_input("https://nowhere")'),
        ("gateway.address", "IP address or a DNS name"),
    ),
    "snapshot missing": (program().replace('"snapshot.yaml"', '"no.yaml"'), ("no.yaml",)),
}


@pytest.mark.parametrize("case", BAD)
def test_clean_error(offline: Engine, case: str) -> None:
    """The message names what is wrong and where, no traceback is shown, and no object is previewed."""
    source, expected = BAD[case]
    offline.write(source, snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    for part in expected:
        assert part in outcome.text
    assert "Traceback" not in outcome.text
    # a fault that shows only after the mesh is closed, or when a value arrives, cannot take back what was said before
    if case not in ("cluster in two meshes", "late address", "policy after the mesh", "policy in a closed mesh"):
        assert outcome.operations()["create"] == 0


def test_a_late_secret_is_not_shown(offline: Engine) -> None:
    """What is wrong with a late value is told by its path: the value may be a secret."""
    gateway = 'pulumi.Output.secret("hunter2.internal.example")'
    offline.write(program(FAILOVER, gateway=gateway), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    assert "clusters[1].gateway.address: failover needs gateways with IP addresses, not DNS names" in outcome.text
    assert "hunter2" not in outcome.text


def test_all_problems_at_once(offline: Engine) -> None:
    """One run names every fault."""
    offline.write(
        program(reviews(v3=70) + reviews(v3=70).replace('TrafficPolicy("reviews"', 'TrafficPolicy("other"')),
        snapshot=SNAPSHOT,
    )
    text = offline.preview().text
    assert "TrafficPolicy default/reviews" in text
    assert "TrafficPolicy default/other" in text


def test_broken_snapshot(offline: Engine) -> None:
    """A snapshot that is no YAML is named with its line."""
    offline.write(program(), snapshot="clusters: [kind2\nkind: {")
    outcome = offline.preview()
    assert outcome.code != 0
    assert "snapshot.yaml" in outcome.text
    assert "Traceback" not in outcome.text


def test_preview_is_complete_without_clusters(offline: Engine) -> None:
    """With no cluster in reach the preview shows every object."""
    offline.write(program(), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert (0, 8) == (outcome.code, outcome.operations()["create"]), outcome.text


def test_an_exception_in_the_block_registers_nothing(offline: Engine) -> None:
    """What raises inside the block is the program's own error; the mesh is not compiled."""
    offline.write(program(reviews() + "    raise pulumi.RunError('stop here')\n"), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    assert "stop here" in outcome.text
    assert outcome.operations()["create"] == 0


def diagnostics(outcome: Outcome) -> str:
    """What stands at the end, each message once: they come as they happen too."""
    return outcome.text.partition("Diagnostics:")[2]


def forgiving(error: str, policies: str, after: str = "") -> str:
    """A program that passes over an error of its mesh, or of the block of it."""
    with_mesh = f"import contextlib, sys\nwith contextlib.suppress({error}), VirtualMesh("
    source = program(policies, after=after).replace("with VirtualMesh(", with_mesh)
    return source.replace('pulumi.export("hosts", mesh.hosts)', "")


GONE_ON = {
    "exit in the block": (
        forgiving("KeyError", reviews() + "    sys.exit(0)"),
        ("VirtualMesh 'bookinfo': its block was left by SystemExit (0): nothing of it would be deployed",),
    ),
    "error in the block": (
        forgiving("KeyError", reviews() + "    raise KeyError('x')"),
        ("VirtualMesh 'bookinfo': its block was left by KeyError ('x'): nothing of it would be deployed",),
    ),
    "finding": (
        forgiving("CompileError", reviews(v3=70)),
        ("VirtualMesh 'bookinfo': its block was left by CompileError (MH105", "nothing of it would be deployed"),
    ),
    "finding, and exit": (
        forgiving("CompileError", reviews(v3=70), after="sys.exit()"),
        ("VirtualMesh 'bookinfo': its block was left by CompileError (MH105", "nothing of it would be deployed"),
    ),
    "arguments": (
        forgiving("ArgsError", "    pass").replace('"snapshot.yaml"', '"no.yaml", policies=[]'),
        ("VirtualMesh 'bookinfo': its making ended with ArgsError (snapshot: ", "nothing of it would be deployed"),
    ),
}


@pytest.mark.parametrize("case", GONE_ON)
def test_a_program_cannot_go_on_without_its_mesh(offline: Engine, case: str) -> None:
    """An error that the program passes over fails it at its end: it would delete all that the mesh has deployed."""
    source, expected = GONE_ON[case]
    offline.write(source, snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    for part in expected:
        assert 1 == diagnostics(outcome).count(part), outcome.text
    assert "Traceback" not in outcome.text


def test_an_error_of_the_program_s_own_stands_alone(offline: Engine) -> None:
    """A program that fails with another error in the place of the mesh's shows that one, once."""
    own = "raise pulumi.RunError('stop here')"
    offline.write(forgiving("CompileError", reviews(v3=70), after=own), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    assert 1 == diagnostics(outcome).count("stop here"), outcome.text
    assert "would be deployed" not in outcome.text


def awaiting(policies: str) -> str:
    """A program whose mesh is described by what `pulumi.run` is given, with a pause inside its block."""
    before, _, block = program("    await asyncio.sleep(0.1)\n" + policies).partition("with VirtualMesh(")
    main = "import asyncio\nasync def main():\n" + textwrap.indent("with VirtualMesh(" + block, "    ")
    return before + main + "\npulumi.run(main)\n"


def test_a_program_may_wait_inside_the_block(offline: Engine) -> None:
    """The mesh is closed when the program has ended, however often it gave way to the event loop before."""
    offline.write(awaiting(reviews()), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert (0, 8) == (outcome.code, outcome.operations()["create"]), outcome.text


def test_a_program_that_waits_must_open_its_mesh(offline: Engine) -> None:
    """A mesh that was never opened is found at the end of what `pulumi.run` was given too."""
    source = awaiting(reviews()).replace("with VirtualMesh(", "VirtualMesh(")
    source = source.partition(")) as mesh:")[0] + "))\n    await asyncio.sleep(0.1)\npulumi.run(main)\n"
    offline.write(source, snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert outcome.code != 0
    assert 1 == diagnostics(outcome).count("VirtualMesh 'bookinfo': was never opened"), outcome.text
    assert "Traceback" not in outcome.text


def test_meshes_of_one_name(offline: Engine) -> None:
    """A mesh may have the name of another one, below a parent of another type."""
    team = """
class Team(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("test:index:Team", "team")
        north = Cluster("north", provider=k8s.Provider("north"), gateway=EastWestGateway(address="172.18.0.240"))
        VirtualMesh("bookinfo", {"clusters": [north], "policies": []}, pulumi.ResourceOptions(parent=self))
Team()
"""
    offline.write(program(before=team), snapshot=SNAPSHOT)
    outcome = offline.preview()
    assert (0, 8) == (outcome.code, outcome.operations()["create"]), outcome.text
