"""Time for proxies to learn of a change, before anything relies on it.

That an API server took an object says nothing of the proxies that are to follow it: every cluster's istiod gathers
changes for a tenth of a second or more before it tells its own. So what a route sends to is given some time before the
route, and what a route lets go of is deleted only after that time. Where nothing of this changed nothing is waited for,
and a preview never waits (docs/decisions/0018-proxies-are-given-time.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import pulumi

from meshhub_pulumi.dialects.istio.sent_to import SENT_TO
from meshhub_pulumi.model.manifest import Manifest, ManifestKey
from meshhub_pulumi.model.units import milliseconds

Made = Mapping[ManifestKey, pulumi.Resource]


class Propagation:
    """What changed in this deployment, and the waits that follow from it."""

    def __init__(
        self, name: str, hooks: str, limit: str, manifests: Mapping[ManifestKey, Manifest], made: Made
    ) -> None:
        """`limit` is how long a change takes to arrive; `made` fills up with the mesh's resources, by their keys.

        `name` is the mesh's, `hooks` what the names of its hooks end with.
        """
        self._seconds = milliseconds(limit) / 1_000
        self._manifests = manifests
        self._made = made
        self._changed: dict[str, float] = {}
        self._names = {key: f"{name}/{key}" for key in manifests}
        self._sent_to = {name: SENT_TO[key.kind] for key, name in self._names.items() if key.kind in SENT_TO}
        self._below = _closures(manifests)
        self._sent_to_by_some = frozenset().union(*(made.known for made in manifests.values()))
        self._noted = frozenset().union(*(self._below[key] for key in self._sent_to_by_some))
        self._note = pulumi.ResourceHook(f"meshhub-served-{hooks}", self._has_changed)
        self._watch = pulumi.ResourceHook(f"meshhub-routed-{hooks}", self._has_let_go)
        self._arrived: dict[ManifestKey, pulumi.Output[Any]] = {}

    def hooks(self, key: ManifestKey, on_error: pulumi.ErrorHook) -> pulumi.ResourceHookBinding:
        """The hooks of an object.

        A first deployment creates everything, and each call of a hook costs as much as a tenth of an object. So only
        the creation of what is sent to is noted: what serves it never comes without it, but may change without it.
        """
        bind = partial(pulumi.ResourceHookBinding, on_error=[on_error])
        if key in self._noted:
            return bind(after_create=[self._note] if key in self._sent_to_by_some else None, after_update=[self._note])
        return bind(after_update=[self._watch]) if key.kind in SENT_TO else bind()

    def needs(self, key: ManifestKey) -> list[pulumi.Input[pulumi.Resource]]:
        """What must be in place before an object; since long enough, where proxies must know of it."""
        manifest = self._manifests[key]
        return [
            self._arrival(before) if before in manifest.known else self._made[before]
            for before in sorted(manifest.after)
        ]

    def _arrival(self, key: ManifestKey) -> pulumi.Output[Any]:
        # one for each object, however many need it: an awaitable can be awaited only once
        if key not in self._arrived:
            self._arrived[key] = pulumi.Output.from_input(self._arrives(key))
        return self._arrived[key]

    def hold(self) -> None:
        """Keep the program from ending, and so the engine from deleting anything, until routes have let go of it."""
        pulumi.Output.all(self._lets_go())

    async def _arrives(self, key: ManifestKey) -> Any:
        await self._made[key].urn.future()
        await self._pass_since(self._below[key])
        return self._made[key]

    async def _lets_go(self) -> None:
        routes = [key for key in self._made if key.kind in SENT_TO]
        for key in routes:
            await self._made[key].urn.future()
        await self._pass_since(frozenset(routes))

    async def _pass_since(self, keys: frozenset[ManifestKey]) -> None:
        changes = [self._changed[name] for key in keys if (name := self._names[key]) in self._changed]
        if changes:
            await asyncio.sleep(max(0.0, max(changes) + self._seconds - time.monotonic()))

    def _has_changed(self, args: pulumi.ResourceHookArgs) -> None:
        self._changed[args.name] = time.monotonic()

    def _has_let_go(self, args: pulumi.ResourceHookArgs) -> None:
        sent_to = self._sent_to[args.name]
        # what was imported has no inputs yet, and what somebody edited may be of any form
        before, now = ({*sent_to((inputs or {}).get("spec") or {})} for inputs in (args.old_inputs, args.new_inputs))
        if before - now:
            self._has_changed(args)


def _closures(manifests: Mapping[ManifestKey, Manifest]) -> Mapping[ManifestKey, frozenset[ManifestKey]]:
    """Every object with all that it follows, directly or not."""

    @cache
    def closure(key: ManifestKey) -> frozenset[ManifestKey]:
        return frozenset({key}).union(*map(closure, manifests[key].after))

    return {key: closure(key) for key in manifests}
