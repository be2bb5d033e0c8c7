"""`meshhub convert --to python`: every policy in the block of its mesh, and every resource under a name of its own."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest
from timeouts import timeout

from meshhub_pulumi.readers.files import read
from meshhub_pulumi.standard import compile_standard
from meshhub_pulumi.testing import rehearse

GLOO = Path(__file__).parents[1] / "fixtures" / "gloo"
MESH = """\
apiVersion: meshhub.dev/v1alpha1
kind: VirtualMesh
metadata: {{name: {0}}}
spec: {{clusters: {1}}}
---
"""


def test_names_in_several_namespaces(run):
    """Pulumi takes a name once: where namespaces differ they become a part of the resource's name, not the object's."""
    run("convert", GLOO / "policies.yaml", GLOO / "discovery.yaml", "--to", "python", "--out", "program")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("program")
        made = rehearse(lambda: runpy.run_path("__main__.py", run_name="__main__"))
    urns = [(resource.type, resource.name) for resource in made.resources]
    assert len(set(urns)) == len(urns)
    assert {"gloo-mesh/checkout", "shop/checkout"} == {x.name for x in made.of_type("meshhub:index:TrafficPolicy")}
    loaded = read([str(GLOO)])
    compiled = compile_standard(loaded.specs, loaded.snapshot)
    for cluster in ("east", "west"):
        bodies = [x.body for key, x in compiled.manifests.items() if key.cluster == cluster]
        specs = {(x["kind"], x["metadata"]["namespace"], x["metadata"]["name"]): x["spec"] for x in bodies}
        assert specs == {key: x["spec"] for key, x in made.manifests(cluster).items()}


SNAPSHOT = """\
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
"""
SERVICE = "{services: [{name: web, namespace: shop, selector: {app: web}, ports: [{name: http, port: 80}]}]}"


@pytest.fixture
def two_meshes():
    """Meshes of east and west, and a cluster that nobody joins."""
    Path("snapshot.yaml").write_text(SNAPSHOT + "".join(f"  {name}: {SERVICE}\n" for name in ("east", "lone", "west")))
    meshes = MESH.format("one", "[east]") + MESH.format("two", "[west]")
    in_one, in_two, alone = (f"{{name: web, namespace: shop, cluster: {name}}}" for name in ("east", "west", "lone"))
    policies = [("in-two", in_two), ("in-one", in_one), ("alone", alone)]
    Path("mesh.yaml").write_text(meshes + "".join(timeout(name, where) for name, where in policies))
    return ("mesh.yaml", "--snapshot", "snapshot.yaml")


def made(node: ast.AST, *classes: str) -> bool:
    """Whether a node makes an object of one of these classes."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes


def blocks(folder: str) -> list[list[str]]:
    """The names of each block's mesh and policies in a program."""
    body = ast.parse(Path(folder, "__main__.py").read_text()).body
    components = ("VirtualMesh", "TrafficPolicy")
    return [[x.args[0].value for x in ast.walk(y) if made(x, *components)] for y in body if isinstance(y, ast.With)]


def test_every_policy_is_in_its_mesh(run, two_meshes):
    """A policy stands in the block of the mesh where it makes objects; a cluster of no mesh gets its own."""
    assert 0 == run("convert", *two_meshes, "--to", "python", "--out", "program").code
    assert [["one", "in-one"], ["two", "in-two"], ["lone-only", "alone"]] == blocks("program")
    assert run("render", *two_meshes).out == run("render", "program").out


def test_a_policy_that_makes_nothing(run, two_meshes):
    """It stands where the clusters are that it names, so that what is wrong with it is told as before."""
    with Path("mesh.yaml").open("a") as file:
        file.write(timeout("lost", "{name: nothing, namespace: shop, cluster: west}"))
    assert 0 == run("convert", *two_meshes, "--to", "python", "--out", "program").code
    assert ["two", "in-two", "lost"] == blocks("program")[1]
    for arguments in (two_meshes, ["program"]):
        assert "error MH101: TrafficPolicy shop/lost" in run("check", *arguments).out


def test_a_policy_of_two_meshes(run, two_meshes):
    """A policy that applies in both meshes has no one block; as YAML it is what it was."""
    with Path("mesh.yaml").open("a") as file:
        file.write(timeout("both", "{name: web, namespace: shop}").replace("2s", "2s, priority: -1"))
    ended = run("convert", *two_meshes, "--to", "python")
    assert (1, "") == (ended.code, ended.out)
    place = "mesh.yaml:26: error MH152: TrafficPolicy shop/both: "
    assert f"{place}it makes objects in the meshes lone-only, one, two" in ended.err
    assert 0 == run("convert", *two_meshes, "--to", "yaml").code
