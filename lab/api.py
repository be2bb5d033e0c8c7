"""A thin client of one API server: apply, create, read, list, delete; objects are plain mappings.

Paths come from the server's own discovery, so every kind that the cluster serves works, custom ones included.
Every call raises UnreachableError when nobody answers, and ApiError with the server's own sentence when it
refuses.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from lab import wait
from lab.cluster import Cluster
from lab.errors import LabError

Manifest = Mapping[str, Any]
FIELD_MANAGER = "lab"


class UnreachableError(LabError):
    """The API server did not answer."""


class ApiError(LabError):
    """The API server refused. `status` is HTTP's, `reason` is Kubernetes' word for it (`Invalid`, ...)."""

    def __init__(self, message: str, *, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Resource:
    plural: str
    namespaced: bool
    has_status: bool


class Api:
    """One cluster's API server, as its administrator; usable from several threads."""

    def __init__(self, cluster: Cluster, *, timeout: float = 30.0) -> None:
        """`timeout` is in seconds and per request."""
        self._name = cluster.name
        self._resources: dict[str, dict[str, _Resource]] = {}
        trust = ssl.create_default_context(cafile=str(cluster.pki / "kube-ca.crt"))
        trust.load_cert_chain(cluster.pki / "admin.crt", cluster.pki / "admin.key")
        # trust_env=False: a proxy that the user's environment names must not see loopback requests.
        # Idle connections stay: closing one at its time of expiry may meet another thread that has just been given it.
        limits = httpx.Limits(keepalive_expiry=None)
        self._http = httpx.Client(
            base_url=cluster.server, verify=trust, timeout=timeout, limits=limits, trust_env=False
        )

    def close(self) -> None:
        """Close the connections; the client cannot be used any more."""
        self._http.close()

    def unready(self) -> str:
        """Why the server is not ready yet, in a few words; empty when it is."""
        try:
            response = self._http.get("/readyz", timeout=5.0)
        except httpx.HTTPError as problem:
            return str(problem) or type(problem).__name__
        return "" if response.status_code == httpx.codes.OK else _first_line(response.text)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Manifest | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request to a path of the server; the answer is its JSON object."""
        try:
            response = self._http.request(
                method,
                path,
                content=None if body is None else json.dumps(body).encode(),
                headers={"Accept": accept} | ({} if body is None else {"Content-Type": content_type}),
                params=dict(query or {}),
            )
        except httpx.HTTPError as problem:
            raise UnreachableError(
                f"the API server of {self._name} does not answer: {problem or type(problem).__name__}",
                advice="`python -m lab status` says what runs.",
            ) from None
        answer = _object(response)
        if response.is_error:
            raise ApiError(
                f"{self._name}: {answer.get('message') or _first_line(response.text)}",
                status=response.status_code,
                reason=str(answer.get("reason", "")),
            )
        return answer

    def apply(self, manifests: Iterable[Manifest]) -> list[dict[str, Any]]:
        """Create or change these objects (server-side apply) and return them as they are now, in that order.

        CustomResourceDefinitions and Namespaces go first and are waited for. Without a namespace, an object
        goes to `default`. A `status` is applied too, since no kubelet or controller would fill it: a Pod
        with `status.podIP`, phase and conditions counts as running, and is an endpoint of its Services if the
        Node that it names exists. An object that is refused raises; those
        before it stay applied.
        """
        wanted = list(manifests)
        order = sorted(range(len(wanted)), key=lambda index: _rank(wanted[index]))
        applied: dict[int, dict[str, Any]] = {}
        defined: list[dict[str, Any]] = []
        for index in order:
            if defined and _rank(wanted[index]) > 0:
                self._await_established(defined)
                defined = []
            applied[index] = self._apply(wanted[index])
            if _rank(wanted[index]) == 0:
                defined.append(applied[index])
        self._await_established(defined)
        return [applied[index] for index in range(len(wanted))]

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Create one object; with `dry_run` it goes through all checks and is not stored."""
        path = self._path(manifest["apiVersion"], manifest["kind"], _namespace(manifest))
        return self.request("POST", path, body=manifest, query={"dryRun": "All"} if dry_run else None)

    def read(self, api_version: str, kind: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
        """The object, or None when there is none; `namespace` counts for namespaced kinds only."""
        try:
            return self.request("GET", self._path(api_version, kind, namespace, name))
        except ApiError as problem:
            if problem.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = ""
    ) -> list[dict[str, Any]]:
        """All objects of a kind, in one namespace or in all; `labels` is a label selector."""
        answer = self.request(
            "GET",
            self._path(api_version, kind, namespace),
            query={"labelSelector": labels} if labels else None,
        )
        # The server leaves both out of the items of a list.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in answer["items"]]

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "default",
        *,
        propagation: str = "Background",
    ) -> bool:
        """Delete an object at once (no grace period); whether there was one.

        `propagation` is Kubernetes': `Background`, `Foreground` (the object stays until the garbage collector
        released it) or `Orphan`.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
            # A Pod with a node would wait for a kubelet that does not exist.
            "gracePeriodSeconds": 0,
        }
        try:
            self.request("DELETE", self._path(api_version, kind, namespace, name), body=options)
        except ApiError as problem:
            if problem.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def _apply(self, manifest: Manifest) -> dict[str, Any]:
        api_version, kind = manifest["apiVersion"], manifest["kind"]
        path = self._path(api_version, kind, _namespace(manifest), manifest["metadata"]["name"])
        answer = self._patch(path, manifest)
        if "status" in manifest and self._resource(api_version, kind).has_status:
            answer = self._patch(f"{path}/status", manifest)
        return answer

    def _patch(self, path: str, manifest: Manifest) -> dict[str, Any]:
        return self.request(
            "PATCH",
            path,
            body=manifest,
            content_type="application/apply-patch+yaml",
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
        )

    def _await_established(self, definitions: Iterable[Manifest]) -> None:
        for definition in definitions:
            name = definition["metadata"]["name"]
            wait.until(f"{self._name}: {name}", partial(self._unestablished, name), limit=30.0)

    def _unestablished(self, name: str) -> str:
        definition = self.read("apiextensions.k8s.io/v1", "CustomResourceDefinition", name) or {}
        conditions = definition.get("status", {}).get("conditions") or []
        established = any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
        return "" if established else "not established"

    def _path(self, api_version: str, kind: str, namespace: str | None, name: str | None = None) -> str:
        resource = self._resource(api_version, kind)
        parts = [_group_path(api_version)]
        if resource.namespaced and namespace is not None:
            parts.append(f"namespaces/{namespace}")
        parts.append(resource.plural)
        if name is not None:
            parts.append(name)
        return "/".join(parts)

    def _resource(self, api_version: str, kind: str) -> _Resource:
        known = self._resources.get(api_version, {})
        if kind not in known:
            # A definition is served a moment after it is established.
            wait.until(
                f"{self._name}: kind {kind} of {api_version}",
                lambda: "" if self._discover(api_version, kind) else "the API server does not serve it",
                limit=3.0,
            )
        return self._resources[api_version][kind]

    def _discover(self, api_version: str, kind: str) -> bool:
        try:
            resources = self.request("GET", _group_path(api_version))["resources"]
        except ApiError as problem:
            if problem.status == httpx.codes.NOT_FOUND:
                return False
            raise
        names = {resource["name"] for resource in resources}
        self._resources[api_version] = {
            resource["kind"]: _Resource(
                plural=resource["name"],
                namespaced=resource["namespaced"],
                has_status=f"{resource['name']}/status" in names,
            )
            for resource in resources
            if "/" not in resource["name"]
        }
        return kind in self._resources[api_version]


def _group_path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace") or "default")


def _rank(manifest: Manifest) -> int:
    return {"CustomResourceDefinition": 0, "Namespace": 1}.get(manifest["kind"], 2)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "empty answer")
