"""Asked: what somebody gave of a model, apart from what it fills in by itself."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from pydantic.fields import FieldInfo

from meshhub_pulumi.model.schema import MeshModel


def asked(model: MeshModel) -> dict[str, Any]:
    """The fields that were given, in the model's order; not those for which an empty value says what silence says.

    A value that is a default of today stays: whoever wrote it means it to hold when defaults change.
    """
    given = {
        name: (getattr(model, name), info)
        for name, info in type(model).model_fields.items()
        if name in model.model_fields_set and not info.exclude
    }
    return {name: value for name, (value, info) in given.items() if not _silent(value, info)}


def _silent(value: Any, info: FieldInfo) -> bool:
    if value != info.get_default(call_default_factory=True):
        return False
    if isinstance(value, MeshModel):
        return not asked(value)
    return value is None or (isinstance(value, Sized) and not value)


def asked_args(args: MeshModel) -> dict[str, Any]:
    """What was given of a kind's arguments, without what stands elsewhere in every form: name, place, surroundings."""
    return {name: value for name, value in asked(args).items() if name not in _ELSEWHERE}


_ELSEWHERE = frozenset({"name", "namespace", "snapshot", "policies"})
