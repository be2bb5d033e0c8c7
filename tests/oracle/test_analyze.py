"""`istioctl analyze` over everything that we render in default mode, one cluster at a time.

It checks what takes several objects to be wrong: hosts, subsets, selectors, ports. So the rest of the cluster is laid
beside the manifests.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from whole_clusters import CHECKOUT, Manifest, Rendered, meshes, rendered

from tools import toolchain

ROOT_NAMESPACE = "istio-system"

EXPLAINED = {
    "IST0133": "an aggregate is an EnvoyFilter, and made only where it is asked for (failover/aggregate)",
    "IST0151": "the same EnvoyFilter adds what it removed first; nobody else's is to come between (failover/aggregate)",
    "IST0128": "TLS mode SIMPLE without a CA verifies nobody: the policy asks for just that (tls/modes)",
    "IST0134": "a backing's host has no address: nobody calls it, gateways read the name that is asked for",
}
"""The warnings that there may be, by code, with the reason why it is not ours to mend."""


@dataclass(frozen=True)
class Message:
    """What istioctl says of an object (`Kind namespace/name`)."""

    code: str
    level: str
    origin: str
    text: str


@pytest.fixture(scope="module")
def istioctl() -> Path:
    """The real program."""
    return toolchain.ensure(["istioctl"])["istioctl"]


@pytest.fixture(scope="module")
def analyzed(istioctl: Path) -> Sequence[tuple[Rendered, Sequence[Message]]]:
    """Every cluster of every mesh, with the messages about it."""
    clusters = [cluster for mesh in meshes() for cluster in rendered(mesh)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        messages = pool.map(lambda one: analyze(istioctl, [*one.manifests, *one.beside]), clusters)
        return list(zip(clusters, messages, strict=True))


def analyze(istioctl: Path, objects: Sequence[Manifest]) -> list[Message]:
    """The messages about one cluster. They are read as JSON, for which istioctl ends well whatever it finds."""
    command = [istioctl, "analyze", "--use-kube=false", "--all-namespaces", "--output=json", "-"]
    given = "\n---\n".join(map(json.dumps, objects))  # as YAML some text would be something else to istioctl, as `y` is
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=True)
    return [Message(x["code"], x["level"], x["origin"], x["message"]) for x in json.loads(done.stdout or "[]")]


def is_blind_spot(message: Message, cluster: Rendered) -> bool:
    """Whether it misses a subset that a DestinationRule in the root namespace has.

    For hosts outside cluster.local istioctl looks in the VirtualService's own namespace only; istiod looks in the root
    namespace too, as test_xds_subset_names.py shows.
    """
    what, _, missing = message.text.partition(" not found: ")
    return what.endswith("+subset in destinationrule") and missing in {
        f'"{rule["spec"]["host"]}+{subset["name"]}"'
        for rule in cluster.manifests
        if (rule["kind"], rule["metadata"]["namespace"]) == ("DestinationRule", ROOT_NAMESPACE)
        for subset in rule["spec"].get("subsets", ())
    }


def test_istioctl_finds_nothing_wrong(analyzed: Sequence[tuple[Rendered, Sequence[Message]]]) -> None:
    """No error in any cluster of a golden case or an example, and no warning but the explained ones."""
    found = [(cluster.name, one) for cluster, some in analyzed for one in some if not is_blind_spot(one, cluster)]
    assert len(analyzed) > len(list(meshes()))  # nearly every mesh has several clusters
    assert [] == [x for x in found if x[1].level == "Error" or x[1].code not in EXPLAINED]
    assert set(EXPLAINED) == {message.code for _, message in found}


@pytest.fixture
def deck() -> Rendered:
    """The calling cluster of the mesh that the deck shows."""
    (found,) = (
        one for one in rendered(CHECKOUT / "tests/cases/traffic_shift/deck/mesh.yaml") if one.name.endswith("kind2")
    )
    return found


def test_istioctl_finds_what_is_missing(deck: Rendered, istioctl: Path) -> None:
    """The check above can fail: without the rules that define them, subsets are nowhere.

    Missing hosts and selectors istioctl (1.31) passes over; those are for the tests that ask istiod itself.
    """
    left = [one for one in (*deck.manifests, *deck.beside) if one["kind"] != "DestinationRule"]
    messages = [one for one in analyze(istioctl, left) if not is_blind_spot(one, deck)]
    assert {("IST0101", "Error", "VirtualService default/reviews")} == {(x.code, x.level, x.origin) for x in messages}


def test_istioctl_finds_what_is_wrong(deck: Rendered, istioctl: Path) -> None:
    """Nor does it only look at references: a weight that cannot be is an error too."""
    objects = json.loads(json.dumps([*deck.manifests, *deck.beside]))
    (service,) = (one for one in objects if one["kind"] == "VirtualService")
    service["spec"]["http"][0]["route"][0]["weight"] = -5
    found = [one for one in analyze(istioctl, objects) if not is_blind_spot(one, deck)]
    assert [("IST0106", "Error", "VirtualService default/reviews")] == [(x.code, x.level, x.origin) for x in found]
