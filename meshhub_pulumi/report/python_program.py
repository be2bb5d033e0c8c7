"""Python program: meshes and their policies become the program that describes them, as a person would write it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meshhub_pulumi.model.snapshot import MeshSnapshot
from meshhub_pulumi.model.spec import Spec
from meshhub_pulumi.report.asked import asked_args
from meshhub_pulumi.report.own_yaml import SNAPSHOT_FILE, origin_comment, snapshot_file
from meshhub_pulumi.report.python_args import PROVIDER, call
from meshhub_pulumi.report.python_code import WIDTH, print_expression
from meshhub_pulumi.report.yaml_text import print_manifest

_OWN_NAMES = {"k8s", PROVIDER}
_INDENT = "    "
_NO_PROJECT = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_PROJECT = 100


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A `with` block: a mesh, and the policies in it."""

    mesh: Spec
    policies: Sequence[Spec]


def program_files(blocks: Sequence[Block], snapshot: MeshSnapshot) -> dict[str, bytes]:
    """The folder of the program: its project, the program itself, and the snapshot that it reads."""
    project = {"name": _NO_PROJECT.sub("-", blocks[0].mesh.name)[:_LONGEST_PROJECT], "runtime": "python"}
    return {
        "Pulumi.yaml": print_manifest(project).encode(),
        "__main__.py": print_program(blocks, snapshot).encode(),
        **snapshot_file(snapshot),
    }


def print_program(blocks: Sequence[Block], snapshot: MeshSnapshot) -> str:
    """The program of these meshes, which reads the snapshot's file if there is one."""
    resources = _resource_names(spec for block in blocks for spec in (block.mesh, *block.policies))
    beside = {"snapshot": SNAPSHOT_FILE} if snapshot.clusters else {}
    code: list[str] = []
    names: set[str] = set()
    for block in blocks:
        mesh = _component(block.mesh, resources, beside)
        header = print_expression(mesh, indent=0, used=len("with "), after=len(":"))
        code.append(f"\n{origin_comment(block.mesh)}with {header}:\n")
        for spec in block.policies:
            policy = _component(spec, resources, {})
            comment = _INDENT + origin_comment(spec) if spec.origin.file else ""
            code.append(f"{comment}{_INDENT}{print_expression(policy, indent=4, used=4)}\n")
            names |= _names_in(policy)
        if not block.policies:
            code.append(f"{_INDENT}pass\n")
        names |= _names_in(mesh)
    return _HEAD.format(imports=_imports(names - _OWN_NAMES)) + "".join(code)


def _component(spec: Spec, resources: dict[tuple[str, str, str], str], beside: dict[str, str]) -> ast.Call:
    resource = resources[spec.key]
    placed = {
        **({} if resource == spec.name else {"name": spec.name}),
        **({} if spec.namespace == "default" else {"namespace": spec.namespace}),
    }
    args = call(type(spec.args).__name__, [], {**placed, **asked_args(spec.args), **beside})
    return call(spec.kind, [resource, args], {})


def _resource_names(specs: Iterable[Spec]) -> dict[tuple[str, str, str], str]:
    """What each spec's resource is called: as its object, but with the namespace where only that tells two apart."""
    keys = [spec.key for spec in specs]
    shared = Counter((kind, name) for kind, _, name in keys)
    return {key: key[2] if shared[key[0], key[2]] == 1 else f"{key[1]}/{key[2]}" for key in keys}


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _imports(names: Iterable[str]) -> str:
    ordered = sorted(names, key=lambda name: (name[0].islower(), name.lower()))
    line = f"from meshhub_pulumi import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join(["from meshhub_pulumi import (", *(f"{_INDENT}{name}," for name in ordered), ")"])


_HEAD = '''\
"""Meshes and their policies, converted by meshhub; a comment on each says where it was written before."""

import pulumi_kubernetes as k8s
{imports}


def provider(name: str) -> k8s.Provider:
    """The cluster of the kubeconfig context of this name."""
    return k8s.Provider(name, context=name, cluster_identifier=name)

'''
