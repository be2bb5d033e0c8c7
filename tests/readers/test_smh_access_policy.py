"""Access policies of Service Mesh Hub and Gloo Mesh: whom they let in, and nobody else."""

from __future__ import annotations

import pytest
from smh_documents import NAMESPACE, document, told

from meshhub_pulumi.kinds.access_policy import AccessPolicyArgs


def test_an_access_policy(reading):
    """Identities, destinations, paths, methods (by name or number) and ports."""
    loaded = reading(
        document(
            "AccessPolicy",
            """\
spec:
  sourceSelector:
  - kubeIdentityMatcher: {namespaces: [default], clusters: [kind2, kind3]}
    kubeServiceAccountRefs: {serviceAccounts: [{name: a, namespace: b, clusterName: kind2}, {name: c, namespace: d}]}
  - {}
  destinationSelector:
  - kubeServiceRefs: {services: [{name: reviews, namespace: default, clusterName: kind3}]}
  allowedPaths: [/x*]
  allowedMethods: [GET, 1]
  allowedPorts: [9080]
""",
        )
    )
    assert [] == told(loaded)
    assert (
        AccessPolicyArgs(
            namespace=NAMESPACE,
            sources=[
                {"namespaces": ["default"], "clusters": ["kind2", "kind3"]},
                {"service_account": "a", "namespace": "b", "cluster": "kind2"},
                {"service_account": "c", "namespace": "d"},
                {},
            ],
            destinations=[{"name": "reviews", "namespace": "default", "cluster": "kind3"}],
            paths=["/x*"],
            methods=["GET", "POST"],
            ports=[9080],
        )
        == loaded.specs[0].args
    )


@pytest.mark.parametrize(
    ("source", "path", "message"),
    [
        (
            "kubeServiceAccountRefs: {serviceAccounts: []}",
            "",
            "selects nothing; say what by `kubeIdentityMatcher` or `kubeServiceAccountRefs`",
        ),
        (
            "kubeServiceAccountRefs: {serviceAccounts: [{namespace: b, clusterName: kind2}]}",
            "[0].name",
            "required, but missing",
        ),
        ("kubeServiceAccountRefs: {serviceAccounts: [{name: a}]}", "[0].namespace", "required, but missing"),
    ],
)
def test_callers_that_are_not_named(reading, source, path, message):
    """References to no account, or to half of one, let nobody in by mistake: they are errors."""
    loaded = reading(document("AccessPolicy", f"spec:\n  sourceSelector:\n  - {source}\n"))
    below = f".kubeServiceAccountRefs.serviceAccounts{path}" if path else ""
    assert [("MH100", f"spec.sourceSelector[0]{below}", message)] == [
        (x.code, x.where.path, x.message) for x in loaded.findings
    ]
    assert () == loaded.specs
