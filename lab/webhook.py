"""The validating webhook by which the API server asks istiod about every Istio object.

It is created failing open, since istiod must answer before anything can depend on it. istiod then writes its
authority into it, tries an object that it must refuse, and switches it to failing closed by itself.
"""

from __future__ import annotations

from typing import Any

from lab.api import Api, ApiError

NAME = "istio-validator"
REVISION = "default"
_HOOK = "validation.istio.io"
_KIND = ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")
_GROUPS = ["security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"]

# The schema allows a negative weight; only istiod's validation refuses it.
_REFUSED = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "VirtualService",
    "metadata": {"name": "lab-must-be-refused", "namespace": "default"},
    "spec": {
        "hosts": ["lab.example"],
        "http": [{"route": [{"destination": {"host": "lab.example"}, "weight": -5}]}],
    },
}


def manifest(url: str) -> dict[str, Any]:
    """The webhook's configuration, failing open.

    It names istiod by URL: a Service would need an endpoint, and endpoints may not be loopback addresses.
    """
    return {
        "apiVersion": _KIND[0],
        "kind": _KIND[1],
        "metadata": {
            "name": NAME,
            "labels": {"app": "istiod", "istio": "istiod", "istio.io/rev": REVISION},
        },
        "webhooks": [
            {
                "name": _HOOK,
                "clientConfig": {"url": url},
                "rules": [
                    {
                        "operations": ["CREATE", "UPDATE"],
                        "apiGroups": _GROUPS,
                        "apiVersions": ["*"],
                        "resources": ["*"],
                    }
                ],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "failurePolicy": "Ignore",
                "timeoutSeconds": 10,
            }
        ],
    }


def open_still(api: Api) -> str:
    """Why the webhook does not fail closed yet, in a few words; empty when it does and istiod is asked."""
    configuration = api.read(*_KIND, NAME)
    if configuration is None:
        return "the webhook's configuration does not exist"
    policy = configuration["webhooks"][0].get("failurePolicy")
    if policy != "Fail":
        return f"its failurePolicy is {policy}"
    try:
        api.create(_REFUSED, dry_run=True)
    except ApiError as problem:
        # "failed calling webhook" is a refusal too, but istiod's absence causes it.
        return "" if f'"{_HOOK}" denied the request' in problem.message else problem.message
    return "a VirtualService with a negative weight was accepted"
