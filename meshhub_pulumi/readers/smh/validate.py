"""Validating: translated fields become a model, and every fault a finding in the document's spelling."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from meshhub_pulumi.model.finding import Finding
from meshhub_pulumi.model.schema import MeshModel
from meshhub_pulumi.readers.fault import problems
from meshhub_pulumi.readers.place import Place, Spelling
from meshhub_pulumi.readers.smh.translation import Translation

M = TypeVar("M", bound=MeshModel)


def validate(model: type[M], out: Translation, place: Place) -> tuple[M | None, list[Finding]]:
    """The model of what was translated, and the faults of both steps; what follows from another is left out."""
    findings = [place.found(fault.code, fault.path, fault.message) for fault in out.faults]
    told = [fault.path for fault in out.faults]
    spell = Spelling(out.spelled)
    try:
        return model.model_validate(out.fields), findings
    except ValidationError as error:
        for problem in problems(error, model):
            path = spell(problem.path)
            if not any(path.startswith(other) or other.startswith(path) for other in told):
                findings.append(place.found("MH100", path, problem.reason))
        return None, findings
