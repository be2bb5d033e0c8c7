"""Names and addresses that are derived from names: valid, and contracts."""

from __future__ import annotations

import ipaddress
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from meshhub_pulumi.model.host import sanitize, subset_name, virtual_ip
from meshhub_pulumi.model.units import Labels

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (("reviews", "default", "kind3", "kube-service"), "253.124.25.94"),
        (("reviews", "default", "kind2", "kube-service"), "244.196.163.73"),
        (("checkout", "shop", "west", "kube-service"), "241.52.211.165"),
        (("checkout-ha", "shop", "", "failover-service"), "243.33.11.85"),
    ],
)
def test_virtual_ips_are_those_of_service_mesh_hub(name: tuple[str, str, str, str], address: str) -> None:
    """A mesh that moves here keeps its addresses."""
    assert virtual_ip(*name) == address


@given(st.text(), st.text(), st.text())
def test_virtual_ips_are_reserved_addresses(name: str, namespace: str, cluster: str) -> None:
    """Every virtual IP lies in 240.0.0.0/4, and is the same each time."""
    address = virtual_ip(name, namespace, cluster, "kube-service")
    assert ipaddress.ip_address(address) in ipaddress.ip_network("240.0.0.0/4")
    assert virtual_ip(name, namespace, cluster, "kube-service") == address


label_names = st.from_regex(
    r"([a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", fullmatch=True
)
label_values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", fullmatch=True)


@given(st.dictionaries(label_names, label_values, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_subset_names_are_dns_labels(said: dict[str, str], random: Random) -> None:
    """Whatever labels Kubernetes takes make a subset name that Istio takes, in whatever order they are written."""
    TypeAdapter(Labels).validate_python(said)
    assert DNS_LABEL.fullmatch(subset_name(said))
    assert subset_name(dict(random.sample(list(said.items()), len(said)))) == subset_name(said)


@given(
    st.lists(st.from_regex(DNS_LABEL, fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(["-", ".", " ", "_", "/"]),
)
def test_sanitized_names_are_dns_labels(parts: list[str], joint: str) -> None:
    """Names joined by anything become one Kubernetes name; one that is one stays as it is."""
    name = sanitize(joint.join(parts))
    assert DNS_LABEL.fullmatch(name)
    assert sanitize(name) == name
