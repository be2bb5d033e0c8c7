"""The policy pack through the real engine: what stops a preview, and what is only told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from engine import VIRTUALENV, Engine, Outcome
from programs import program

CHECKOUT = Path(__file__).parents[2]
PACK = CHECKOUT / "meshhub_pulumi" / "policy_pack"
SNAPSHOT = (CHECKOUT / "examples/bookinfo/snapshot.yaml").read_text()

BY_HAND = """
import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.yaml import ConfigGroup

def at(name):
    provider = k8s.Provider(name, context=name)
    return pulumi.ResourceOptions(provider=provider)

east, west = at("east"), at("west")

def istio(kind, name, opts, **spec):
    return CustomResource(f"{{opts.provider._name}}-{{name}}", api_version="networking.istio.io/v1", kind=kind,
        metadata={{"name": name, "namespace": "shop"}}, spec=spec, opts=opts)

def sends(subset, **more):
    return {{"route": [{{"destination": {{"host": "cart", "subset": subset}}}}], **more}}
{body}
"""

DEFINED = """
istio("VirtualService", "cart", east, hosts=["cart"], http=[sends("v1")])
istio("DestinationRule", "cart", east, host="cart", subsets=[{"name": "v1", "labels": {"version": "v1"}}])
"""

FROM_YAML = '''
rule = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}]}
"""
ConfigGroup("rules", yaml=[rule], opts=east)
istio("VirtualService", "cart", east, hosts=["cart"], http=[sends("v1")])
istio("VirtualService", "cart", west, hosts=["cart"], http=[sends("v1")])
istio("DestinationRule", "cart", west, host="cart", subsets=[{"name": "v2", "labels": {"version": "v2"}}])
'''

ELSEWHERE = """
istio("VirtualService", "cart", east, hosts=["cart"], http=[sends("v1")])
"""

HTTP_ROUTE = """
def route(name, **match):
    CustomResource(name, api_version="gateway.networking.k8s.io/v1", kind="HTTPRoute",
        metadata={"name": name, "namespace": "shop"}, opts=east, spec={
            "parentRefs": [{"group": "", "kind": "Service", "name": "cart", "port": 80}],
            "rules": [{"matches": [match], "backendRefs": [{"name": "cart", "port": 80}]}]})

route("sound", path={"type": "PathPrefix", "value": "/a"})
route("ahead", path={"type": "RegularExpression", "value": "(?=a)"})
"""

SECRETS = """
wrong = {"regex": pulumi.Output.secret("hunter2(")}
istio("VirtualService", "cart", east, hosts=["cart"],
    http=[{"match": [{"headers": {"x-api-key": wrong}}], "route": [{"destination": {"host": "cart"}}]}])
"""

NOT_KNOWN = """
cluster = k8s.core.v1.ConfigMap("made-here", opts=east)
istio("VirtualService", "cart", east, hosts=["cart"], http=[sends("v1", timeout=cluster.id)])
istio("DestinationRule", "cart", east, host=cluster.id, subsets=[])
later = pulumi.ResourceOptions(provider=k8s.Provider("later", kubeconfig=cluster.id))
istio("VirtualService", "cart", later, hosts=["cart"], http=[sends("v1")])
istio("DestinationRule", "cart", later, host="cart", subsets=[{"name": "v2", "labels": {"version": "v2"}}])
"""

PLAINTEXT_BESIDE_STRICT = """
k8s.apiextensions.CustomResource("strict", api_version="security.istio.io/v1", kind="PeerAuthentication",
    metadata={"name": "default", "namespace": "istio-system"}, spec={"mtls": {"mode": "STRICT"}},
    opts=pulumi.ResourceOptions(provider=mesh._args.clusters[0].provider))
"""


@pytest.fixture
def judged(offline: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A stack whose policy packs run on the Python of these tests."""
    monkeypatch.setenv("PULUMI_PYTHON_CMD", str(VIRTUALENV / "bin" / "python"))
    return offline


def by_hand(engine: Engine, body: str) -> None:
    """A program of hand-written objects in two clusters."""
    engine.write(BY_HAND.format(body=body))


def preview(engine: Engine, config: object = None) -> Outcome:
    """`pulumi preview --policy-pack`."""
    flags = ["--policy-pack", str(PACK)]
    if config is not None:
        (engine.folder / "policies.json").write_text(json.dumps(config))
        flags += ["--policy-pack-config", str(engine.folder / "policies.json")]
    return engine.preview(*flags)


def test_the_page_shows_what_is_reported(judged: Engine) -> None:
    """The report in docs/policy-pack.md is that of the example, and its configuration is accepted."""
    page = (CHECKOUT / "docs/policy-pack.md").read_text()
    (report,) = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (config,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    judged.write((CHECKOUT / "examples/by_hand/__main__.py").read_text())
    outcome = preview(judged)
    assert 0 != outcome.code
    printed = {line.strip().removeprefix("- ") for line in outcome.text.splitlines()}
    assert [] == [line for line in report.splitlines() if line not in printed]
    exempted = preview(judged, json.loads(config))
    assert (0, False, True) == (exempted.code, "MH420" in exempted.text, "MH422" in exempted.text), exempted.text


def test_hand_written_objects_are_judged(judged: Engine) -> None:
    """A mandatory finding fails the preview of the cluster that it is about; the rule came from YAML."""
    by_hand(judged, FROM_YAML)
    assert 0 == judged.preview().code
    outcome = preview(judged)
    assert 0 != outcome.code
    assert "[mandatory]" in outcome.text
    assert (
        "MH420 VirtualService shop/cart in west: spec.http[0].route[0].destination: the subset v1 of "
        "cart.shop.svc.cluster.local is defined nowhere: its DestinationRule has v2. Define the subset"
    ) in outcome.text
    assert "shop/cart in east" not in outcome.text


def test_what_another_stack_may_define(judged: Engine) -> None:
    """Where the stack has no DestinationRule for a host, a subset of it is a warning, if nobody makes it count."""
    by_hand(judged, ELSEWHERE)
    outcome = preview(judged)
    assert 0 == outcome.code, outcome.text
    assert "[advisory] [severity: medium]  MH424" in outcome.text
    assert "MH420" not in outcome.text
    assert 0 != preview(judged, {"MH424": "mandatory"}).code


def test_hand_written_routes_of_the_gateway_api(judged: Engine) -> None:
    """An expression that Envoy cannot run stops the preview; nobody else would refuse it in an HTTPRoute."""
    by_hand(judged, HTTP_ROUTE)
    outcome = preview(judged)
    assert 0 != outcome.code
    assert "MH421 HTTPRoute shop/ahead in east: spec.rules[0].matches[0].path.value: " in outcome.text
    assert "shop/sound" not in outcome.text


def test_secrets_are_not_shown(judged: Engine) -> None:
    """A pack sees secrets in clear, so that what is wrong with a value is told by its place alone."""
    by_hand(judged, SECRETS)
    outcome = preview(judged)
    assert 0 != outcome.code
    assert "MH421 VirtualService shop/cart in east: spec.http[0].match[0].headers.x-api-key.regex: " in outcome.text
    assert "hunter2" not in outcome.text


def test_sound_objects_pass(judged: Engine) -> None:
    """Nothing is told of objects that are sound."""
    by_hand(judged, DEFINED)
    outcome = preview(judged)
    assert 0 == outcome.code, outcome.text
    assert "MH" not in outcome.text


def test_levels_and_exemptions(judged: Engine) -> None:
    """Pulumi's own configuration changes a level, exempts an object with a reason, and switches a policy off."""
    by_hand(judged, FROM_YAML)
    advisory = preview(judged, {"MH420": "advisory"})
    assert 0 == advisory.code, advisory.text
    assert "[advisory] [severity: high]  MH420" in advisory.text
    exempt = preview(judged, {"MH420": {"exempt": {"VirtualService shop/cart in west": "defined by another stack"}}})
    assert (0, False) == (exempt.code, "MH420" in exempt.text), exempt.text
    assert "MH420" not in preview(judged, {"MH420": "disabled"}).text
    unreasoned = preview(judged, {"MH420": {"exempt": {"VirtualService shop/cart in west": ""}}})
    assert 0 != unreasoned.code


def test_a_first_preview(judged: Engine) -> None:
    """What is unknown is told and fails nothing; what is known of a cluster that is still to be made is judged."""
    by_hand(judged, NOT_KNOWN)
    outcome = preview(judged)
    assert 0 != outcome.code
    assert "MH423 VirtualService east-cart: no rule can judge spec.http[0].timeout yet" in outcome.text
    assert "MH423 DestinationRule east-cart: no rule can judge spec.host yet" in outcome.text
    assert "MH420 VirtualService shop/cart in later" in outcome.text
    assert "MH420 VirtualService shop/cart in east" not in outcome.text
    assert "Traceback" not in outcome.text


def test_the_example_passes(judged: Engine) -> None:
    """The objects of a mesh are sound; its own warnings are told, and can be made to count."""
    judged.write(program(), snapshot=SNAPSHOT)
    outcome = preview(judged)
    assert 0 == outcome.code, outcome.text
    assert "[advisory] [severity: medium]  mesh-warnings" in outcome.text
    assert "MH603" in outcome.text
    strict = {"mesh-warnings": {"enforcementLevel": "mandatory", "codes": ["MH603"]}}
    assert 0 != preview(judged, strict).code


def test_objects_beside_a_mesh(judged: Engine) -> None:
    """What one half of a program does to the other half is judged, and the spec that asked is named."""
    policies = """
    TrafficPolicy("plain", TrafficPolicyArgs(
        destinations=[service("reviews", "default", cluster="kind2")], tls={"mode": "DISABLE"}))
"""
    judged.write(program(policies, after=PLAINTEXT_BESIDE_STRICT), snapshot=SNAPSHOT)
    outcome = preview(judged)
    assert 0 != outcome.code
    assert "MH511 DestinationRule default/reviews in kind2: spec.trafficPolicy.tls" in outcome.text
    assert "Asked for by TrafficPolicy default/plain." in outcome.text
