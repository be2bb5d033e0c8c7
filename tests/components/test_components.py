"""What the components register: types, names, parents, providers, order; and what they refuse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi.runtime.mocks import MockMonitor
from pulumi_kubernetes.core.v1 import ConfigMap

from meshhub_pulumi import (
    ArgsError,
    Cluster,
    CompileError,
    EastWestGateway,
    MeshSnapshot,
    NamedPolicy,
    TrafficPolicy,
    TrafficPolicyArgs,
    VirtualMesh,
    VirtualMeshArgs,
    WeightedDestination,
    service,
    subset,
)
from meshhub_pulumi.components._program import Described, listener
from meshhub_pulumi.testing import Rehearsal, rehearse

CHECKOUT = Path(__file__).resolve().parents[2]
NODE = "meshhub:index:MeshCluster"


def cluster(name: str, address: Any = "192.0.2.1") -> Cluster:
    """A cluster with a provider of its own name."""
    return Cluster(name, provider=k8s.Provider(name, context=name), gateway=EastWestGateway(address=address))


def snapshot() -> MeshSnapshot:
    """The service `web` with versions v1 and v2 in east and west."""
    return MeshSnapshot.model_validate({"clusters": {"east": _CLUSTER, "west": _CLUSTER}})


_CLUSTER: dict[str, Any] = {
    "services": [
        {"name": "web", "namespace": "shop", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}
    ],
    "workloads": [
        {"name": f"web-{v}", "namespace": "shop", "labels": {"app": "web", "version": v}} for v in ("v1", "v2")
    ],
}


def split() -> TrafficPolicyArgs:
    """Half of web's requests in east go to west."""
    east, west = (service("web", "shop", cluster=name) for name in ("east", "west"))
    return TrafficPolicyArgs(
        destinations=[east],
        traffic_shift=[
            WeightedDestination(subset(east, version="v1"), weight=50),
            WeightedDestination(subset(west, version="v2"), weight=50),
        ],
    )


def mesh_args(address: Any = "192.0.2.1", **more: Any) -> VirtualMeshArgs:
    """A mesh of east and west."""
    return VirtualMeshArgs(clusters=[cluster("east"), cluster("west", address)], snapshot=snapshot(), **more)


COMPAT: dict[str, Any] = {"compat": "smh-0.8"}


def shop(address: Any = "192.0.2.1", **more: Any) -> None:
    """A whole program."""
    with VirtualMesh("shop", mesh_args(address, **more)):
        TrafficPolicy("web", split())


def run_example() -> Rehearsal:
    """The committed example."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(CHECKOUT / "examples" / "bookinfo")
        return rehearse(lambda: runpy.run_path("__main__.py", run_name="__main__"))


def test_names_and_parents() -> None:
    """Names derive from keys; objects hang below their cluster's node, nodes and policies below the mesh."""
    done = rehearse(shop)
    assert ["shop"] == [x.name for x in done.of_type("meshhub:index:VirtualMesh")]
    assert {("shop/east", "shop"), ("shop/west", "shop")} == {(x.name, x.parent) for x in done.of_type(NODE)}
    assert [("web", "shop")] == [(x.name, x.parent) for x in done.of_type("meshhub:index:TrafficPolicy")]
    objects = [x for x in done.resources if x.type.startswith("kubernetes:")]
    assert len(objects) == 8
    for item in objects:
        name, own_cluster, group, kind, namespace, object_name = item.name.split("/")
        assert (name, f"{name}/{own_cluster}") == ("shop", item.parent)
        assert own_cluster == item.provider
        assert item.inputs["apiVersion"].startswith(f"{group}/")
        assert (kind, namespace, object_name) == (
            item.inputs["kind"],
            item.inputs["metadata"]["namespace"],
            item.inputs["metadata"]["name"],
        )


def test_every_mode_registers_the_same_resources() -> None:
    """Leaving compat behind is an update, never a replacement: the types hold no other version."""
    for mode in ({}, COMPAT):
        types = {x.type for x in rehearse(lambda mode=mode: shop(**mode)).resources}
        assert {
            "kubernetes:networking.istio.io/v1:VirtualService",
            "kubernetes:networking.istio.io/v1:Gateway",
        } <= types
        assert not [kind for kind in types if "v1beta1" in kind]


def test_a_former_version_becomes_an_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshhub_pulumi.components._register.registered_versions", lambda kind: ("v2", "v1"))
    for item in rehearse(shop).resources:
        if item.type.startswith("kubernetes:"):
            assert "/v2:" in item.type
            assert (item.type.replace("/v2:", "/v1:"),) == item.aliases


def test_order() -> None:
    """Serving side, then calling side, then the route."""
    after = {x.name.split("/", 1)[1]: x.after for x in rehearse(shop).resources if x.type.startswith("kubernetes:")}
    host = "web.shop.svc.west.global"
    entry = f"networking.istio.io/ServiceEntry/istio-system/{host}"
    rule = f"networking.istio.io/DestinationRule/istio-system/{host}"
    served = f"shop/west/networking.istio.io/ServiceEntry/shop/{host}"
    assert f"shop/east/{entry}" in after["east/networking.istio.io/VirtualService/shop/web"]
    assert (f"shop/east/{rule}",) == after[f"east/{entry}"]
    assert served in after[f"east/{rule}"]
    assert () == after[f"west/networking.istio.io/DestinationRule/shop/{host}"]


def test_arguments_are_the_components_inputs() -> None:
    """What was asked stands in the state, in camelCase, so that previews and policies see it."""
    (policy,) = rehearse(shop).of_type("meshhub:index:TrafficPolicy")
    assert [50, 50] == [share["weight"] for share in policy.inputs["trafficShift"]]
    (mesh,) = rehearse(shop).of_type("meshhub:index:VirtualMesh")
    assert ["east", "west"] == [item["name"] for item in mesh.inputs["clusters"]]


def test_outputs() -> None:
    """The mesh registers its hosts and how many objects each cluster gets."""
    outputs = rehearse(shop).outputs["shop"]
    assert {"east": ["web.shop.svc.west.global"], "west": []} == outputs["hosts"]
    assert {"east": 4, "west": 4} == outputs["objects"]


def first_host(mesh: VirtualMesh) -> None:
    """Export the first host that east can call, as a program does."""
    pulumi.export("first", mesh.hosts.apply(lambda hosts: hosts["east"][0]))


def exporting_inside() -> None:
    """A program that uses the mesh's outputs before there are any, in a resource too."""
    with VirtualMesh("shop", mesh_args()) as mesh:
        first_host(mesh)
        ConfigMap("hosts", data={"east": mesh.hosts["east"][0], "objects": mesh.objects["east"].apply(str)})
        TrafficPolicy("web", split())


def test_outputs_inside_the_block() -> None:
    """They are there from the start, and have their values when the block is left."""
    done = rehearse(exporting_inside)
    assert {"first": "web.shop.svc.west.global"} == done.outputs["project-stack"]
    (hosts,) = done.of_type("kubernetes:core/v1:ConfigMap")
    assert {"east": "web.shop.svc.west.global", "objects": "4"} == hosts.inputs["data"]


def test_outputs_of_a_mesh_that_is_read() -> None:
    """Who reads a program does not compile its meshes: what they would make is unknown, as in a preview."""
    described: list[Described] = []

    def program() -> None:
        hearing = listener.set(described.append)
        with VirtualMesh("shop", mesh_args()) as mesh:
            TrafficPolicy("web", split())
        first_host(mesh)
        listener.reset(hearing)

    rehearse(program, preview=True)
    assert 1 == len(described)


@pytest.mark.parametrize("preview", [True, False])
def test_outputs_of_a_mesh_that_is_lost(preview: bool) -> None:
    """Nobody waits for them, and what is computed from them is not: the program shows its own error."""

    def program() -> None:
        with VirtualMesh("shop", mesh_args()) as mesh:
            first_host(mesh)
            raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        rehearse(program, preview=preview)
    with pytest.raises(ArgsError, match="its block was left by KeyError"):
        rehearse(forgiving(KeyError, program), preview=preview)


def test_outputs_of_a_mesh_that_is_never_opened() -> None:
    with pytest.raises(ArgsError, match="never opened"):
        rehearse(lambda: first_host(VirtualMesh("shop", mesh_args())))


@pytest.mark.parametrize("kind", ["Output", "secret", "awaitable"])
def test_late_address(kind: str) -> None:
    """A gateway address may come late in any form; a secret one stays secret."""

    async def soon() -> str:
        return "192.0.2.9"

    late: dict[str, Callable[[], Any]] = {
        "Output": lambda: pulumi.Output.from_input("192.0.2.9"),
        "secret": lambda: pulumi.Output.secret("192.0.2.9"),
        "awaitable": soon,
    }
    done = rehearse(lambda: shop(late[kind]()))
    entry = done.manifests("east")["ServiceEntry", "istio-system", "web.shop.svc.west.global"]
    address = entry["spec"]["endpoints"][0]["address"]
    assert "192.0.2.9" == (address["value"] if kind == "secret" else address)


def test_unknown_address_in_preview() -> None:
    """A preview that cannot know the address still shows every object."""

    def program() -> None:
        shop(k8s.core.v1.Service("gw", metadata={"name": "gw"}).status.load_balancer.ingress[0].ip)

    done = rehearse(program, preview=True)
    assert 8 == sum(x.type.startswith("kubernetes:networking") for x in done.resources)


def test_eager_form_is_the_same() -> None:
    """`policies=[...]` registers the same objects as a block."""
    eager = rehearse(lambda: VirtualMesh("shop", mesh_args(policies=[NamedPolicy("web", split())])))
    block = rehearse(shop)
    for provider in ("east", "west"):
        assert block.manifests(provider) == eager.manifests(provider)


def test_a_resource_may_be_called_otherwise() -> None:
    """With `name` two namespaces can have an object of one name, although Pulumi takes a name once."""
    described: list[Described] = []
    more = {"name": "web", "destinations": [service("web", "shop", cluster="west")], "timeout": "2s"}

    def program() -> None:
        hearing = listener.set(described.append)
        with VirtualMesh("shop", mesh_args(name="mesh")):
            TrafficPolicy("web", split())
            TrafficPolicy("other/web", TrafficPolicyArgs(namespace="other", **more))
        VirtualMesh("eager", mesh_args(policies=[NamedPolicy("resource", TrafficPolicyArgs(**more))]))
        listener.reset(hearing)

    done = rehearse(program)
    assert ["web", "other/web"] == [x.name for x in done.of_type("meshhub:index:TrafficPolicy")]
    block, eager = ([spec.key for spec in mesh.specs] for mesh in described)
    policies = [("TrafficPolicy", "default", "web"), ("TrafficPolicy", "other", "web")]
    assert [("VirtualMesh", "default", "mesh"), *policies] == block
    assert [("VirtualMesh", "default", "eager"), policies[0]] == eager


@pytest.mark.parametrize("opened", [True, False])
def test_a_program_that_waits(opened: bool) -> None:
    """A mesh is looked at when the program has ended, what `pulumi.run` was given included, and not while it waits."""

    async def main() -> None:
        mesh = VirtualMesh("shop", mesh_args())
        await asyncio.sleep(0.01)
        if opened:
            with mesh:
                await asyncio.sleep(0.01)
                TrafficPolicy("web", split())

    if opened:
        assert rehearse(shop).manifests("east") == rehearse(lambda: pulumi.run(main)).manifests("east")
    else:
        with pytest.raises(ArgsError, match="never opened"):
            rehearse(lambda: pulumi.run(main))


def test_mapping_is_the_same_as_the_model() -> None:
    """Arguments may be a mapping in snake_case or camelCase."""

    def program(spelled: str) -> None:
        with VirtualMesh("shop", {"clusters": [cluster("east"), cluster("west")], "snapshot": snapshot()}):
            asked = split().model_dump(by_alias=spelled == "camel", exclude_unset=True)
            TrafficPolicy("web", asked)

    assert rehearse(shop).manifests("east") == rehearse(lambda: program("camel")).manifests("east")
    assert rehearse(shop).manifests("east") == rehearse(lambda: program("snake")).manifests("east")


def test_two_meshes_keep_apart() -> None:
    """A policy belongs to the mesh whose block is open, or to the one it names."""

    def program() -> None:
        first = VirtualMesh("first", mesh_args())
        with first, VirtualMesh("second", VirtualMeshArgs(clusters=[cluster("north")])):
            TrafficPolicy("web", split(), mesh=first)

    done = rehearse(program)
    assert {"first"} == {x.name.split("/")[0] for x in done.resources if x.type.startswith("kubernetes:net")}


def test_meshes_of_one_name() -> None:
    """Two parents of different types may each have one: the hooks have different names, which are global."""
    hooks: list[str] = []

    class Team(pulumi.ComponentResource):
        def __init__(self, kind: str, clusters: list[Cluster]) -> None:
            super().__init__(f"test:index:{kind}", "team")
            opts = pulumi.ResourceOptions(parent=self)
            VirtualMesh("shop", VirtualMeshArgs(clusters=clusters, policies=[]), opts)

    def program() -> None:
        Team("Blue", [cluster("east")])
        Team("Green", [cluster("west")])
        VirtualMesh("shop", VirtualMeshArgs(clusters=[cluster("north")], policies=[]))

    with pytest.MonkeyPatch.context() as patched:
        for kind in (pulumi.ResourceHook, pulumi.ErrorHook):
            patched.setattr(kind, "__init__", noted(kind.__init__, hooks))
        rehearse(program)
    assert 9 == len({*hooks}) == len(hooks)
    assert "meshhub-routed-shop" in hooks
    assert "meshhub-routed-test:index:Blue::team::shop" in hooks


def noted(make: Callable[..., None], names: list[str]) -> Callable[..., None]:
    """A constructor that notes the names that it is given."""

    def noting(self: object, name: str, *more: Any) -> None:
        names.append(name)
        make(self, name, *more)

    return noting


def two_meshes(second: Callable[[Cluster], Cluster]) -> None:
    """Two meshes; the second has one cluster, made from one of the first."""
    clusters = [cluster("east"), cluster("west")]
    VirtualMesh("first", VirtualMeshArgs(clusters=clusters, policies=[]))
    VirtualMesh("second", VirtualMeshArgs(clusters=[second(clusters[1])], policies=[]))


def test_runs_do_not_see_each_other() -> None:
    """A program may be run again in the same process, with the same providers."""
    shared: list[Cluster] = []

    def program() -> None:
        shared[:] = shared or [cluster("east"), cluster("west")]
        VirtualMesh("shop", VirtualMeshArgs(clusters=shared, policies=[]))

    for _ in range(2):
        assert rehearse(program).of_type(NODE)


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no provider": (
        lambda: VirtualMesh("m", {"clusters": [{"name": "east"}]}),
        ArgsError,
        r"clusters\[0\]\.provider: required",
    ),
    "one provider for two": (
        lambda: (lambda p: VirtualMesh("m", {"clusters": [Cluster("east", provider=p), Cluster("west", provider=p)]}))(
            k8s.Provider("p")
        ),
        ArgsError,
        "already the provider of east",
    ),
    "provider of another package": (
        lambda: VirtualMesh("m", {"clusters": [Cluster("east", provider=pulumi.ProviderResource("aws", "p", {}))]}),
        ArgsError,
        "not one of package aws",
    ),
    "no mesh is open": (lambda: TrafficPolicy("web", split()), ArgsError, "no VirtualMesh is open"),
    "never opened": (lambda: VirtualMesh("m", mesh_args()), ArgsError, "never opened"),
    "findings": (
        lambda: VirtualMesh(
            "m",
            mesh_args(
                policies=[NamedPolicy("w", TrafficPolicyArgs(destinations=[service("wep", "shop")], timeout="1s"))]
            ),
        ),
        CompileError,
        "MH101 .*shop/wep",
    ),
    "a cluster in two meshes": (
        lambda: two_meshes(lambda west: west),
        CompileError,
        r"MH108 VirtualMesh default/second: clusters\[0\] .*west already belongs to VirtualMesh default/first",
    ),
    "a name in two meshes": (
        lambda: two_meshes(lambda west: west.model_copy(update={"provider": k8s.Provider("other")})),
        CompileError,
        "MH108 .*west already belongs to VirtualMesh default/first",
    ),
    "a provider in two meshes": (
        lambda: two_meshes(lambda west: west.model_copy(update={"name": "north"})),
        CompileError,
        "MH108 .*north has the provider of west, which already belongs to VirtualMesh default/first",
    ),
    "unknown field": (
        lambda: VirtualMesh("m", {"clusterz": []}),
        ArgsError,
        "VirtualMesh 'm': 2 problems(?s:.*)clusterz: unknown field; did you mean clusters",
    ),
    "late address that does not fit": (
        lambda: shop(pulumi.Output.from_input("no address at all")),
        ArgsError,
        r"clusters\[1\]\.gateway\.address: ",
    ),
}


def forgiving(error: type[Exception], program: Callable[[], object]) -> Callable[[], object]:
    """A program that passes over an error."""

    def passing_over() -> None:
        with contextlib.suppress(error):
            program()

    return passing_over


def left_by(error: BaseException) -> None:
    """A mesh whose block ends with an error."""
    with VirtualMesh("m", mesh_args()):
        raise error


def misspelled() -> None:
    """A mesh with a finding of level error."""
    with VirtualMesh("m", mesh_args()):
        TrafficPolicy("w", TrafficPolicyArgs(destinations=[service("wep", "shop")], timeout="1s"))


LOST: dict[str, tuple[Callable[[], object], str]] = {
    "error": (forgiving(KeyError, lambda: left_by(KeyError("x"))), r"'m': its block was left by KeyError \('x'\): "),
    "exit": (lambda: left_by(SystemExit(0)), r"'m': its block was left by SystemExit \(0\): "),
    "findings": (
        forgiving(CompileError, misspelled),
        r"'m': its block was left by CompileError \(MH101.*\): ",
    ),
    "eager": (
        forgiving(CompileError, REFUSED["findings"][0]),
        r"'m': its making ended with CompileError \(MH101.*\): nothing of it",
    ),
    "arguments": (
        forgiving(ArgsError, REFUSED["no provider"][0]),
        r"'m': its making ended with ArgsError \(clusters.0..provider: required.*\): nothing of it",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_a_mesh_that_is_lost_fails_its_program(case: str) -> None:
    """A program that goes on without its mesh would delete it: its end is an error that names mesh and cause."""
    program, message = LOST[case]
    with pytest.raises(ArgsError, match=message):
        rehearse(program)


@pytest.mark.parametrize("error", [KeyError("own"), SystemExit(3), pulumi.RunError("own")])
def test_a_program_that_fails_shows_its_own_error(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """What ends the program is the program's, and nothing is left for Python to tell with a traceback."""
    with pytest.raises(type(error)) as raised:
        rehearse(lambda: left_by(error))
    assert error is raised.value
    gc.collect()
    assert [] == caplog.messages


def with_options(**options: Any) -> None:
    """A mesh whose policy has resource options."""
    with VirtualMesh("shop", mesh_args()):
        TrafficPolicy("web", split(), pulumi.ResourceOptions(**options))


OPTIONS: dict[str, tuple[Callable[[], Any], str]] = {
    "protect": (lambda: True, "give it to the mesh"),
    "depends_on": (lambda: k8s.Provider("other"), "give it to the mesh"),
    "transforms": (lambda: [lambda args: None], "give it to the mesh"),
    "retain_on_delete": (lambda: True, "leave it out"),
    "ignore_changes": (lambda: ["spec"], "leave it out"),
    "provider": (lambda: k8s.Provider("other"), "leave it out"),
    "custom_timeouts": (lambda: pulumi.CustomTimeouts(create="1m"), "leave it out"),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_its_objects_would_not_have(option: str) -> None:
    """A policy refuses it, and says whether the mesh can have it."""
    value, advice = OPTIONS[option]
    reason = rf"^TrafficPolicy 'web': opts\.{option}: has no effect on the objects.*: {advice}$"
    with pytest.raises(ArgsError, match=reason):
        rehearse(lambda: with_options(**{option: value()}))


def test_options_of_a_policy() -> None:
    """It can have a parent and aliases of its own; what asks for nothing does no harm."""

    def program() -> None:
        team = pulumi.ComponentResource("test:index:Team", "team")
        aliases = [pulumi.Alias(type_="test:index:Old")]
        with_options(parent=team, aliases=aliases, protect=False, depends_on=[])

    (policy,) = rehearse(program).of_type("meshhub:index:TrafficPolicy")
    assert ("team", ("test:index:Old",)) == (policy.parent, policy.aliases)


def test_options_of_a_mesh() -> None:
    """What protects a mesh protects its objects, which follow what it depends on."""

    def program() -> None:
        before = ConfigMap("before")
        opts = pulumi.ResourceOptions(protect=True, depends_on=[before])
        VirtualMesh("shop", mesh_args(policies=[NamedPolicy("web", split())]), opts)

    done: list[tuple[str, bool]] = []
    register = MockMonitor.RegisterResource

    def noting(monitor: MockMonitor, request: Any) -> Any:
        done.append((request.name, request.protect))
        return register(monitor, request)  # type: ignore[no-untyped-call]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MockMonitor, "RegisterResource", noting)
        rehearse(program)
    names = [name for name, _ in done]
    objects = [protected for name, protected in done if name.startswith("shop/")]
    assert names.index("before") < names.index("shop")
    assert [True] * 10 == objects


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """What cannot be right is an error that the engine prints without a traceback."""
    program, error, message = REFUSED[case]
    with pytest.raises(error, match=message) as raised:
        rehearse(program)
    assert isinstance(raised.value, pulumi.RunError)


def test_a_mesh_is_opened_once() -> None:
    """A second `with` over the same mesh is refused."""

    def program() -> None:
        mesh = VirtualMesh("shop", mesh_args())
        with mesh:
            pass
        with mesh:
            pass

    with pytest.raises(ArgsError, match="opened once"):
        rehearse(program)


def test_example_is_the_deck() -> None:
    """The committed example renders the deck's objects."""
    done = run_example()
    (route,) = done.manifests("kind2")["VirtualService", "default", "reviews"]["spec"]["http"]
    assert [75, 15, 10] == [share["weight"] for share in route["route"]]
