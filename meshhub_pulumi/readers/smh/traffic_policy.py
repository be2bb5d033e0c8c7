"""TrafficPolicy: Service Mesh Hub keeps what is done in `spec`, Gloo Mesh in `spec.policy`; both are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from meshhub_pulumi.model.route import METHODS
from meshhub_pulumi.readers.smh.selector import SERVICE, WORKLOADS, services
from meshhub_pulumi.readers.smh.table import Into, Meant, Not, Rows, Shape, To, convert, each, table, unless_zero
from meshhub_pulumi.readers.smh.translation import LEFT_OUT, At, RefusedError, Translation


def method(value: Any) -> Any:
    """A method by name, by number, or in the wrapper that Service Mesh Hub put around it (empty: GET)."""
    if isinstance(value, Mapping):
        strange = [key for key in value if key != "method"]
        if strange:
            raise RefusedError(f"unknown field {strange[0]}; write `method: {{method: GET}}` or `method: GET`")
        value = 0 if value.get("method") is None else value["method"]
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < len(METHODS):
            raise RefusedError(f"there is no method number {value}")
        return METHODS[value]
    return value


def _unless_no_time(value: Any) -> Any:
    return LEFT_OUT if isinstance(value, str) and re.fullmatch(r"0+(\.0+)?(h|m|s|ms)", value) else value


def _tls_mode(value: Any) -> Any:
    modes = ("DISABLE", "SIMPLE", "ISTIO_MUTUAL")
    return modes[value] if isinstance(value, int) and 0 <= value < len(modes) else value


_HEADERS: Rows = {
    "appendRequestHeaders": To("append_request_headers"),
    "removeRequestHeaders": To("remove_request_headers"),
    "appendResponseHeaders": To("append_response_headers"),
    "removeResponseHeaders": To("remove_response_headers"),
}
_SUBSET = To("subset")
_FAILOVER: Rows = {"name": To("failover_service"), "namespace": To("namespace"), "subset": _SUBSET}
_SHARE: Rows = {
    "kubeService": To(
        "destination",
        table(
            {
                "name": To("name", required=True),
                "namespace": To("namespace", required=True),
                "clusterName": To("cluster", required=True),
                "subset": _SUBSET,
                "port": To("port", convert(unless_zero)),
            }
        ),
    ),
    "failoverService": To("destination", table(_FAILOVER)),
    "virtualDestination": To("destination", table(_FAILOVER)),
    "failoverServiceRef": Meant(
        To("destination", table(_FAILOVER)), "the field is called failoverService; it is read as that"
    ),
    "weight": To("weight"),
    "options": Into({"headerManipulation": To("header_manipulation", table(_HEADERS))}),
    "staticDestination": Not("it was never implemented"),
    "clusterHeader": Not("it was never implemented"),
}


def _shares(value: Any, at: At, out: Translation) -> Any:
    """The destinations of a shift; a single one without a weight gets everything, as in Istio."""
    shares = each(table(_SHARE))(value, at, out)
    if len(shares) == 1:
        shares[0]["weight"] = shares[0].get("weight") or 100
    return shares


def _inside(rows: Rows, key: str, *homes: str) -> Shape:
    """A mapping whose `key` stands beside the mappings that we keep it in."""

    def shape(value: Any, at: At, out: Translation) -> Any:
        made = table(rows)(value, at, out)
        moved = made.pop(key, None)
        for home in homes:
            out.learn(f"{at.ours}.{home}.{key}", out.spelled.get(f"{at.ours}.{key}", at.theirs))
            if home in made and moved is not None:
                made[home] = {**made[home], key: moved}
        return made

    return shape


def _fixed_delay(value: Any, at: At, out: Translation) -> dict[str, Any]:
    out.learn(f"{at.ours}.fixed_delay", at.theirs)
    return {"fixed_delay": value}


_FAULT: Rows = {
    "delay": To(
        "delay",
        table({"fixedDelay": To("fixed_delay"), "exponentialDelay": To("exponential_delay")}),
    ),
    "fixedDelay": To("delay", _fixed_delay),
    "abort": To("abort", table({"httpStatus": To("http_status")})),
    "percentage": To("percentage"),
}
_MIRROR: Rows = {
    "kubeService": To("destination", table(SERVICE)),
    "percentage": To("percentage"),
    "port": To("port", convert(unless_zero)),
}
_ORIGIN: Rows = {"exact": To("exact"), "prefix": To("prefix"), "regex": To("regex")}
_CORS: Rows = {
    "allowOrigins": To("allow_origins", each(table(_ORIGIN))),
    "allowMethods": To("allow_methods"),
    "allowHeaders": To("allow_headers"),
    "exposeHeaders": To("expose_headers"),
    "maxAge": To("max_age"),
    "allowCredentials": To("allow_credentials"),
}
OUTLIER_DETECTION = To(
    "outlier_detection",
    table(
        {
            "consecutiveErrors": To("consecutive_errors", convert(unless_zero)),
            "interval": To("interval", convert(_unless_no_time)),
            "baseEjectionTime": To("base_ejection_time", convert(_unless_no_time)),
            "maxEjectionPercent": To("max_ejection_percent", convert(unless_zero)),
        }
    ),
)
ACTIONS: Rows = {
    "trafficShift": Into({"destinations": To("traffic_shift", _shares)}),
    "requestTimeout": To("timeout"),
    "retries": To("retries", table({"attempts": To("attempts"), "perTryTimeout": To("per_try_timeout")})),
    "outlierDetection": OUTLIER_DETECTION,
    "mtls": To("tls", table({"istio": Into({"tlsMode": To("mode", convert(_tls_mode))})})),
    "faultInjection": To("fault_injection", _inside(_FAULT, "percentage", "delay", "abort")),
    "mirror": To("mirror", _inside(_MIRROR, "port", "destination")),
    "headerManipulation": To("header_manipulation", table(_HEADERS)),
    "corsPolicy": To("cors_policy", table(_CORS)),
    "csrf": Not("nothing in Istio compares a request's origin with its host; a corsPolicy refuses no request", "MH306"),
    "rateLimit": Not(
        "Istio has no limit of requests over time; connectionPool bounds those that are under way at once", "MH306"
    ),
    "extauth": Not("external authorization is not supported yet"),
}
"""What a policy does."""

_PATH: Rows = {"prefix": To("prefix"), "exact": To("exact"), "regex": To("regex")}

_MATCH: Rows = {
    **_PATH,
    "uri": Into(_PATH),
    "headers": To(
        "headers",
        each(table({"name": To("name"), "value": To("value"), "regex": To("regex"), "invertMatch": To("invert")})),
    ),
    "queryParameters": To(
        "query_parameters", each(table({"name": To("name"), "value": To("value"), "regex": To("regex")}))
    ),
    "method": To("method", convert(method)),
}

TRAFFIC_POLICY: Rows = {
    "sourceSelector": To("sources", each(table(WORKLOADS))),
    "destinationSelector": services("destinations", strays=ACTIONS),
    "httpRequestMatchers": To("matches", each(table(_MATCH))),
    **ACTIONS,
    "policy": Into(ACTIONS),
}
