"""`meshhub convert`: what goes where, what is never overwritten, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from timeouts import timeout

from meshhub_pulumi.readers.files import read

MESH_OF_ONE = "{apiVersion: meshhub.dev/v1alpha1, kind: VirtualMesh, metadata: {name: m}, spec: {clusters: [east]}}"
PROGRAM = """\
import pulumi
import pulumi_kubernetes as k8s
from meshhub_pulumi import *

east = Cluster("east", provider=k8s.Provider("east"), gateway=EastWestGateway(address={address}))
with VirtualMesh("shop", VirtualMeshArgs(clusters=[east])):
    for name in {names!r}:
        TrafficPolicy(name, TrafficPolicyArgs(destinations=[service("reviews")], timeout={timeout!r}))
"""


@pytest.fixture
def smh(deck):
    """The arguments that name a repository of Service Mesh Hub."""
    return [deck / "virtual-mesh.yaml", deck / "traffic-policy.yaml", "--snapshot", deck / "discovery.yaml"]


@pytest.fixture
def program():
    """Write a program with policies of these names."""

    def write(*names: str, address: str = '"192.0.2.1"', timeout: str = "2s") -> str:
        Path("program").mkdir()
        text = PROGRAM.format(names=names, address=address, timeout=timeout)
        Path("program", "__main__.py").write_text(text, encoding="utf-8")
        return "program"

    return write


def contents(folder: str) -> dict[str, str]:
    """Every file of a folder."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(folder).iterdir())}


def test_yaml_is_one_stream(run, smh):
    """Own YAML goes to standard output with the snapshot in it, so it renders as the input does; findings beside it."""
    ended = run("convert", *smh, "--to", "yaml")
    assert 0 == ended.code
    assert ended.err.endswith("2 warnings\n")
    assert ["MeshSnapshot", "TrafficPolicy", "VirtualMesh"] == [x["kind"] for x in yaml.safe_load_all(ended.out)]
    assert "\n# from " + str(smh[1]) + ":1\napiVersion: meshhub.dev/v1alpha1\nkind: TrafficPolicy\n" in ended.out
    again = run("render", "-", stdin=ended.out)
    assert again.out == run("render", *smh).out != ""


def test_python_is_a_program(run, smh):
    """Without a folder the program alone is printed."""
    ended = run("convert", *smh, "--to", "python")
    assert 0 == ended.code
    compile(ended.out, "program", "exec")
    assert 'snapshot="snapshot.yaml",' in ended.out
    assert f"    # from {smh[1]}:1\n    TrafficPolicy(\n" in ended.out
    assert "istiodVersion" not in ended.out


def test_a_folder_is_a_project(run, smh):
    """With a folder nothing is printed, and the folder can be rendered, and deployed, as it is."""
    ended = run("convert", *smh, "--to", "python", "--out", "new/program")
    assert (0, "") == (ended.code, ended.out)
    files = contents("new/program")
    assert ["Pulumi.yaml", "__main__.py", "snapshot.yaml"] == list(files)
    assert {"name": "virtual-mesh", "runtime": "python"} == yaml.safe_load(files["Pulumi.yaml"])
    assert files["__main__.py"] == run("convert", *smh, "--to", "python").out
    assert run("render", *smh).out == run("render", "new/program").out


def test_a_folder_of_yaml(run, smh):
    """With a folder each object is a file, and the folder can be rendered as it is."""
    ended = run("convert", *smh, "--to", "yaml", "--out", "own")
    assert (0, "") == (ended.code, ended.out)
    names = ["snapshot.yaml", "trafficpolicy-service-mesh-hub-simple.yaml"]
    assert [*names, "virtualmesh-service-mesh-hub-virtual-mesh.yaml"] == list(contents("own"))
    assert run("render", *smh).out == run("render", "own").out


def test_nothing_is_overwritten(run, smh):
    """A file that is there with another content stops everything; one that is right already does not."""
    arguments = ("convert", *smh, "--to", "python", "--out", "own")
    assert [0, 0] == [run(*arguments).code, run(*arguments).code]
    Path("own/snapshot.yaml").unlink()
    Path("own/__main__.py").write_text("mine")
    before = contents("own")
    ended = run(*arguments)
    assert (2, "") == (ended.code, ended.out)
    reason = "own/__main__.py: exists with another content; remove it, or name another folder"
    assert f"meshhub: {reason}\n" == ended.err
    assert before == contents("own")
    Path("file").touch()
    assert run(*arguments[:-1], "file").err.startswith("meshhub: file: cannot be written: ")


def test_errors_write_nothing(run, smh):
    """What could not be converted is an error and exit code 1; `--force` writes the rest."""
    Path("bad.yaml").write_text(timeout("a", "{}") + timeout("b", "{name: 1}"))
    for to, what in (("yaml", "kind: TrafficPolicy"), ("python", "TrafficPolicy(")):
        arguments = ("convert", "bad.yaml", *smh, "--to", to)
        ended = run(*arguments, "--out", "own")
        assert (1, "", False) == (ended.code, ended.out, Path("own").exists())
        assert "bad.yaml:9: error MH100: TrafficPolicy shop/b, spec.destinations[0].name: " in ended.err
        forced = run(*arguments, "--force")
        assert (1, 2) == (forced.code, forced.out.count(what))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("x.yaml",), "Missing option '--to'. Choose from: python, yaml; see 'meshhub convert --help'"),
        (("--to", "yaml"), "Missing argument 'INPUT...'; see 'meshhub convert --help'"),
        (("x.yaml", "--to", "yaml"), "x.yaml: cannot be read: no such file or folder; check the path"),
        (("alone.yaml", "--to", "python"), "no cluster is known; name a VirtualMesh among the inputs, or a --snapshot"),
    ],
)
def test_what_cannot_be_converted(run, arguments, line):
    """A wrong command line, unreadable input, and a program without clusters: exit code 2 and one line."""
    Path("alone.yaml").write_text(timeout("a", "{}"))
    ended = run("convert", *arguments)
    assert (2, "", f"meshhub: {line}\n") == (ended.code, ended.out, " ".join(ended.err.split()) + "\n")


def test_faults_come_before_what_follows_from_them(run, smh):
    """A mesh that cannot be read is told as that, not as clusters that nobody knows."""
    ended = run("convert", smh[0], "--to", "python")
    assert (1, "") == (ended.code, ended.out)
    assert "virtual-mesh.yaml:14: error MH101: VirtualMesh service-mesh-hub/virtual-mesh, spec.meshes[0]: " in ended.err


@pytest.mark.parametrize("to", ["yaml", "python"])
def test_compat_is_asked_for_by_whoever_wants_it(run, deck, smh, to):
    """A mesh of Service Mesh Hub is one for today's Istio, unless `--compat` is given; own YAML keeps what it asks."""
    assert "smh-0.8" not in run("convert", *smh, "--to", to).out
    run("convert", *smh, "--to", to, "--compat", "smh-0.8", "--out", "old")
    assert run("render", *smh, "--compat", "smh-0.8").out == run("render", "old").out
    Path("own.yaml").write_text((deck / "own.yaml").read_text().replace("clusters:", "compat: smh-0.8\n  clusters:"))
    assert "smh-0.8" in run("convert", "own.yaml", "--to", to).out
    Path("mixed.yaml").write_text(MESH_OF_ONE.replace("[east]", "[{name: east, dialect: gateway-api}]"))
    assert "gateway-api" in run("convert", "mixed.yaml", "--to", to).out
    run("convert", "mixed.yaml", "--to", to, "--compat", "smh-0.8", "--out", "mixed")
    assert [()] * 2 == [read([name]).findings for name in ("mixed", "mixed.yaml")]
    lone = run("convert", smh[1], *smh[2:], "--to", to, "--compat", "smh-0.8", "--out", "lone")
    assert 0 == lone.code
    assert run("render", *smh[1:], "--compat", "smh-0.8").out == run("render", "lone").out


def test_an_object_given_twice(run, deck):
    """The first one is converted, if anything; the second is an error as when it is compiled."""
    Path("x.yaml").write_text(timeout("a", "{}") * 2)
    ended = run("convert", "x.yaml", "--to", "yaml", "--force")
    assert (1, 1) == (ended.code, ended.out.count("kind: TrafficPolicy"))
    assert "x.yaml:6: error MH106: TrafficPolicy shop/a: this object is given twice; first at " in ended.err


def test_a_program_becomes_yaml(run, deck):
    """A program's objects are documents, its snapshot one of them; so the way back is there."""
    example = deck.parents[2] / "examples" / "bookinfo"
    assert 0 == run("convert", example, "--to", "yaml", "--out", "own").code
    assert run("render", example).out == run("render", "own").out
    assert 0 == run("convert", "own", "--to", "python", "--out", "again").code
    assert run("render", example).out == run("render", "again").out


def test_values_of_a_deployment(run, program):
    """A value that only a deployment knows cannot be written down."""
    ended = run("convert", program("a", address="pulumi.Output.from_input('192.0.2.1')"), "--to", "python")
    assert (1, "") == (ended.code, ended.out)
    assert "program/__main__.py:6: error MH150: VirtualMesh default/shop, clusters[0].gateway.address: " in ended.err


def test_names_that_yaml_cannot_give(run, program):
    """Names of programs are any text; those of YAML are Kubernetes'."""
    names = ['it\'s "so"\n', "class", "x" * 300, "日本", "a/b"]
    folder = program(*names)
    assert 0 == run("convert", folder, "--to", "python", "--out", "again").code
    titles = [sorted(spec.name for spec in read([name]).specs) for name in (folder, "again")]
    assert sorted([*names, "shop"]) == titles[0] == titles[1]
    ended = run("convert", folder, "--to", "yaml")
    assert (1, "", 4) == (ended.code, ended.out, ended.err.count("error MH151: TrafficPolicy default/"))


def test_a_program_that_gives_up(run, program):
    """Arguments that do not fit are findings, as they are for every verb."""
    ended = run("convert", program("a", timeout="soon"), "--to", "yaml")
    assert (1, "") == (ended.code, ended.out)
    assert "error MH100: TrafficPolicyArgs, timeout: " in ended.err


def test_names_of_files_stay_in_their_comment(run):
    """Whatever a file is called, its comment is one line, and nothing else."""
    file = Path('it\'s """x"""\nimport os #.yaml')
    file.write_text(MESH_OF_ONE)
    program = run("convert", file, "--to", "python").out
    (comment,) = [line for line in program.splitlines() if "from it" in line]
    assert '# from it\'s """x"""\\nimport os #.yaml:1' == comment
    assert "import os" not in program.replace(comment, "")
    assert "VirtualMesh" == yaml.safe_load(run("convert", file, "--to", "yaml").out)["kind"]


OBJECTS = """
apiVersion: meshhub.dev/v1alpha1
kind: MeshSnapshot
clusters:
  east:
    objects:
    - apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: web, labels: {"y": "1e3", x: "0o17", z: null}, creationTimestamp: 2020-01-02T03:04:05Z}
      spec: {hosts: [web.shop.svc.cluster.local], http: [{timeout: 1s, retries: {attempts: 0}}]}
"""


@pytest.mark.parametrize("to", ["python", "yaml"])
def test_objects_of_the_snapshot_stay(run, to):
    """What the snapshot holds of existing objects is written as it was, a time as the text that it is to Kubernetes."""
    ended = run("convert", "-", "--to", to, "--out", "own", stdin=OBJECTS)
    assert (0, "", "") == (ended.code, ended.out, ended.err)
    written = yaml.safe_load(Path("own/snapshot.yaml").read_text())
    time = "2020-01-02T03:04:05Z"
    assert yaml.safe_load(OBJECTS.replace(time, f"'{time}'"))["clusters"] == written["clusters"]


def test_lists_name_their_items(run):
    """In a list, as kubectl prints it, each policy has its own line."""
    items = "".join(f"- {x}\n" for x in (MESH_OF_ONE, MESH_OF_ONE.replace("name: m", "name: n")))
    ended = run("convert", "-", "--to", "yaml", stdin=f"apiVersion: v1\nkind: List\nitems:\n{items}")
    assert 0 == ended.code
    assert ["# from <stdin>:4", "# from <stdin>:5"] == [x for x in ended.out.splitlines() if x.startswith("#")]
