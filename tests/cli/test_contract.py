"""The command line's contract: exit codes, what goes where, and the shape of the JSON object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

BAD = """\
apiVersion: meshhub.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: reviews}
spec:
  destinations: [{name: reviews, namespace: default, cluster: kind2}]
  trafficShift:
  - {destination: {name: reviews, namespace: default, cluster: kind2, subset: {version: v1}}, weight: 60}
  - {destination: {name: reviews, namespace: default, cluster: kind2, subset: {version: v2}}, weight: 60}
"""


DIALECTS = ("gateway-api", "istio")


@pytest.fixture
def bad() -> Path:
    """A file whose weights do not sum to 100."""
    Path("bad.yaml").write_text(BAD)
    return Path("bad.yaml")


def test_render_prints_yaml_and_findings_apart(run, deck):
    """Manifests go to standard output, findings to standard error; warnings leave the exit code at 0."""
    ended = run("render", deck / "traffic-policy.yaml", "--snapshot", deck / "snapshot.yaml")
    assert 0 == ended.code
    documents = list(yaml.safe_load_all(ended.out))
    assert ["VirtualService"] == [x["kind"] for x in documents if "http" in x["spec"]]
    assert ended.out.startswith("---\n# cluster: kind2\napiVersion: ")
    assert 4 == ended.out.count("# cluster: kind3\n")
    assert "traffic-policy.yaml:13: warning MH130: " in ended.err
    assert ended.err.endswith(" warnings\n")
    assert "MH130" not in ended.out


def test_render_is_silent_where_nothing_is_wrong(run, deck):
    """Without findings nothing goes to standard error."""
    Path("mesh.yaml").write_text((deck / "own.yaml").read_text().split("---")[0])
    ended = run("render", "mesh.yaml", "--snapshot", deck / "snapshot.yaml")
    assert (0, "", "") == (ended.code, ended.out, ended.err)


def test_an_error_prints_no_manifests(run, deck, bad):
    """A finding of level error is exit code 1 and no manifest; `--force` prints them all the same."""
    ended = run("render", bad, "--snapshot", deck / "snapshot.yaml")
    assert (1, "") == (ended.code, ended.out)
    assert "bad.yaml:6: error MH105: TrafficPolicy default/reviews, spec.trafficShift: " in ended.err
    forced = run("render", bad, "--snapshot", deck / "snapshot.yaml", "--force")
    assert 1 == forced.code
    assert "kind: DestinationRule" in forced.out


def test_schema_errors_are_findings(run, deck):
    """Faults of a known kind end with exit code 1, all of them told."""
    Path("x.yaml").write_text(BAD.replace("weight: 60", "weight: 190"))
    ended = run("render", "x.yaml", "--snapshot", deck / "snapshot.yaml")
    assert (1, "") == (ended.code, ended.out)
    assert "x.yaml:7: error MH100: TrafficPolicy default/reviews, spec.trafficShift[0].weight: " in ended.err
    assert "2 errors" in ended.err


def test_a_service_that_does_not_exist(run, deck):
    """A reference that the snapshot lacks is told where it stands, in the document's spelling, with the nearest."""
    Path("x.yaml").write_text((deck / "traffic-policy.yaml").read_text().replace("name: reviews", "name: revews"))
    ended = run("render", "x.yaml", "--snapshot", deck / "snapshot.yaml", "--format", "json")
    found = [x for x in json.loads(ended.out)["findings"] if x["code"] == "MH101"]
    assert {
        "object": "TrafficPolicy service-mesh-hub/simple",
        "path": "spec.destinationSelector[0].kubeServiceRefs.services[0]",
        "file": "x.yaml",
        "line": 10,
    } == found[0]["where"]
    assert "nearest: default/reviews in kind2, kind3" in found[0]["message"]
    assert 1 == ended.code


def test_json_is_always_one_object(run, deck, bad):
    """`--format json` prints the object whether there are errors or not, and nothing else."""
    good = run("render", deck / "traffic-policy.yaml", "--snapshot", deck / "snapshot.yaml", "--format", "json")
    assert (0, "") == (good.code, good.err)
    printed = json.loads(good.out)
    assert {"clusters", "findings"} == printed.keys()
    assert {"kind2": 4, "kind3": 4} == {name: len(manifests) for name, manifests in printed["clusters"].items()}
    assert {"code", "level", "message", "where", "advice"} == printed["findings"][0].keys()
    assert {"object", "path", "file", "line"} == printed["findings"][0]["where"].keys()
    failed = run("render", bad, "--snapshot", deck / "snapshot.yaml", "--format", "json")
    assert (1, "") == (failed.code, failed.err)
    printed = json.loads(failed.out)
    assert {} == printed["clusters"]
    assert ["MH105"] == [x["code"] for x in printed["findings"] if x["level"] == "error"]
    forced = run("render", bad, "--snapshot", deck / "snapshot.yaml", "--format", "json", "--force")
    assert 1 == forced.code
    assert {"kind2"} == json.loads(forced.out)["clusters"].keys()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "meshhub: Missing command; see 'meshhub --help'\n"),
        (("render",), "meshhub: Missing argument 'INPUT...'; see 'meshhub render --help'\n"),
        (("rendre", "x"), None),
        (("render", "x", "--bogus"), None),
        (("render", "x", "--format", "xml"), None),
        (("render", "x", "--compat", "smh-0.9"), None),
        (("render", "x", "--dialect", "smh-0.8"), None),
        (("check", "x", "--dialect", "istio", "--compat", "smh-0.8"), None),
        (("render", "x", "--snapshot"), None),
        (("render", "missing.yaml"), "meshhub: missing.yaml: cannot be read: no such file or folder; check the path\n"),
        (("check", "missing.yaml"), "meshhub: missing.yaml: cannot be read: no such file or folder; check the path\n"),
    ],
)
def test_what_cannot_be_run_or_read(run, arguments, line):
    """A wrong command line, and input that cannot be read, are exit code 2 and one line on standard error."""
    ended = run(*arguments)
    assert (2, "") == (ended.code, ended.out)
    assert 1 == ended.err.count("\n")
    assert ended.err.startswith("meshhub: ")
    assert line in (None, ended.err)


def test_json_does_not_change_what_cannot_be_read(run):
    """Input that cannot be read has no object to print."""
    ended = run("render", "missing.yaml", "--format", "json")
    assert (2, "", 1) == (ended.code, ended.out, ended.err.count("\n"))


def test_standard_input(run, deck):
    """`-` reads standard input."""
    text = (deck / "traffic-policy.yaml").read_text()
    ended = run("check", "-", "--snapshot", deck / "snapshot.yaml", stdin=text)
    assert 0 == ended.code
    assert "<stdin>:13: warning MH130" in ended.out


def test_compat_overrides_the_input(run, deck):
    """`--compat` holds whatever the input says; without it the input's own setting does."""
    plain = run("render", deck / "own.yaml", "--snapshot", deck / "snapshot.yaml")
    asked = run("render", deck / "own.yaml", "--snapshot", deck / "snapshot.yaml", "--compat", "smh-0.8")
    said = (deck / "own.yaml").read_text().replace("[kind2, kind3]", "[kind2, kind3]\n  compat: smh-0.8")
    Path("said.yaml").write_text(said)
    own = run("render", "said.yaml", "--snapshot", deck / "snapshot.yaml")
    assert "EnvoyFilter" not in plain.out
    assert "EnvoyFilter" in asked.out
    assert asked.out == own.out


def test_dialect_overrides_the_input(run, deck):
    """`--dialect` holds whatever the input says; without it each cluster has its own."""
    case = Path(__file__).parents[1] / "cases/gateway_api/routes/mesh.yaml"
    own, gateway_api, istio = (run("render", case, *more).out for more in ((), *(("--dialect", x) for x in DIALECTS)))
    kinds = ("kind: HTTPRoute", "kind: VirtualService")
    assert [True, True] == [kind in own for kind in kinds]
    assert [True, False] == [kind in gateway_api for kind in kinds]
    assert [False, True] == [kind in istio for kind in kinds]


def test_compat_and_the_dialect_of_a_cluster_exclude_each_other(run, deck):
    """A document that asks for both is wrong; the line says which cluster's is in the way."""
    said = (
        (deck / "own.yaml")
        .read_text()
        .replace("[kind2, kind3]", "[{name: kind2, dialect: gateway-api}, kind3]\n  compat: smh-0.8")
    )
    Path("said.yaml").write_text(said)
    ended = run("check", "said.yaml", "--snapshot", deck / "snapshot.yaml")
    assert 1 == ended.code
    assert "compat is for all clusters: leave the dialect of kind2 out" in ended.out


def test_what_depends_on_something_unread_is_not_compiled(run, deck):
    """Where a mesh cannot be read, nothing is said of policies that would be untrue; a policy holds nobody up."""
    policy = BAD.replace("weight: 60", "weight: 50").replace("version: v1", "version: v9")
    Path("mesh.yaml").write_text(
        "{apiVersion: meshhub.dev/v1alpha1, kind: VirtualMesh, metadata: {name: m}, spec: {clusters: 1}}\n"
        f"---\n{policy}"
    )
    ended = run("check", "mesh.yaml", "--snapshot", deck / "snapshot.yaml", "--format", "json")
    assert ["MH100"] == [x["code"] for x in json.loads(ended.out)["findings"]]
    other = "{apiVersion: meshhub.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: m}, spec: {timeout: 1}}\n---\n"
    Path("policies.yaml").write_text(other + policy)
    ended = run("check", "policies.yaml", "--snapshot", deck / "snapshot.yaml", "--format", "json")
    assert {"MH100", "MH401", "MH113"} == {x["code"] for x in json.loads(ended.out)["findings"]}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_check_has_the_same_exit_codes(run, deck, bad, form):
    """`check` prints findings only, in every form, with the exit codes of `render`."""
    good = run("check", deck / "own.yaml", "--snapshot", deck / "snapshot.yaml", "--format", form)
    failed = run("check", bad, "--snapshot", deck / "snapshot.yaml", "--format", form)
    assert (0, "", 1, "") == (good.code, good.err, failed.code, failed.err)
    assert "MH105" in failed.out
    assert "MH105" not in good.out
    if form in ("json", "sarif"):
        json.loads(good.out)
        json.loads(failed.out)


def test_features(run):
    """`features` prints the table in every form."""
    assert "Weighted traffic shift" in run("features").out
    assert "| Kind | Feature |" in run("features", "--format", "markdown").out
    assert json.loads(run("features", "--format", "json").out)["features"]


def test_help_and_version(run):
    """Every verb explains itself with examples."""
    from meshhub_pulumi.version import __version__

    assert f"meshhub {__version__}\n" == run("--version").out
    for verb in ((), ("render",), ("check",), ("features",)):
        ended = run(*verb, "--help")
        assert 0 == ended.code
        assert "Examples:\n" in ended.out
        assert f"  meshhub {' '.join(verb)}" in ended.out
