"""The peers of `meshhub render`: each produces the very objects that a mesh compiles to, from what it is fed with.

None of them knows a mesh, so each is handed the objects ready-made, in the form that costs it the least:

* helm: values that hold the objects, and one template that prints them
* kustomize: a folder for each cluster (it refuses two clusters' objects of one name), and the label that all carry
* cdk8s: a program in JavaScript, its own language, with an ApiObject for each object and a chart for each cluster
* pulumi: a Python program with a CustomResource for each object; a preview by the real engine, through one provider
  that writes YAML and needs no cluster
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.measured import PRINTED
from tools import cache, toolchain

Objects = Mapping[str, list[dict[str, Any]]]
"""The objects of each cluster."""

PREVIEWED = ""
"""In the place of files, where the objects are told one by one but not printed."""

CDK8S, CONSTRUCTS = "2.70.106", "10.8.1"


@dataclass(frozen=True, slots=True)
class Program:
    """How a program is started, in its folder, and the files there that hold its objects afterwards."""

    command: list[str]
    environment: Mapping[str, str] | None = None
    written: str = PRINTED


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a peer cannot be measured here."""

    reason: str


_TEMPLATE = """{{- range .Values.objects }}{{- range . }}
---
{{ toYaml . }}
{{- end }}{{- end }}
"""


def helm(objects: Objects, folder: Path) -> Program:
    """A chart whose one template prints its values."""
    (folder / "templates").mkdir()
    _write(folder / "Chart.yaml", [{"apiVersion": "v2", "name": "mesh", "version": "1.0.0"}])
    _write(folder / "values.yaml", [{"objects": dict(objects)}])
    (folder / "templates" / "objects.yaml").write_text(_TEMPLATE)
    return Program([str(toolchain.ensure(["helm"])["helm"]), "template", "mesh", "."])


def kustomize(objects: Objects, folder: Path) -> Program:
    """Resources without their label, which the kustomization adds; kubectl brings the program itself."""
    kubectl = toolchain.ensure(["kubectl"])["kubectl"]
    for cluster, bodies in objects.items():
        (folder / cluster).mkdir()
        labels = bodies[0]["metadata"]["labels"]
        _write(folder / cluster / "objects.yaml", (_without_labels(body) for body in bodies))
        _write(
            folder / cluster / "kustomization.yaml", [{"resources": ["objects.yaml"], "labels": [{"pairs": labels}]}]
        )
    each = 'for cluster in */; do "$0" kustomize "$cluster" || exit; echo ---; done'
    return Program(["sh", "-c", each, str(kubectl)])


_CDK8S = """
const { App, Chart, ApiObject } = require("cdk8s");
const objects = require("./objects.json");
const app = new App();
for (const [cluster, bodies] of Object.entries(objects)) {
  const chart = new Chart(app, cluster, { disableResourceNameHashes: true });
  for (const body of bodies) {
    new ApiObject(chart, `${body.kind}-${body.metadata.namespace}-${body.metadata.name}`, body);
  }
}
app.synth();
"""


def cdk8s(objects: Objects, folder: Path) -> Program | Absent:
    """What `cdk8s synth` starts."""
    modules = cache.root() / f"cdk8s-{CDK8S}-{CONSTRUCTS}"
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(modules)]
    try:
        if not (modules / "node_modules" / "cdk8s").exists():
            subprocess.run([*install, f"cdk8s@{CDK8S}", f"constructs@{CONSTRUCTS}"], check=True)
        subprocess.run(["node", "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return Absent(f"cdk8s needs node and npm: {error}")
    (folder / "objects.json").write_text(json.dumps(objects))
    (folder / "app.js").write_text(_CDK8S)
    return Program(["node", "app.js"], os.environ | {"NODE_PATH": str(modules / "node_modules")}, "dist/*.yaml")


_PULUMI = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s
from pulumi_kubernetes.apiextensions import CustomResource

opts = pulumi.ResourceOptions(provider=k8s.Provider("mesh", render_yaml_to_directory="rendered"))
for cluster, bodies in json.loads(pathlib.Path("objects.json").read_text()).items():
    for body in bodies:
        meta = body["metadata"]
        name = f"{cluster}/{body['kind']}/{meta['namespace']}/{meta['name']}"
        said = {"api_version": body["apiVersion"], "kind": body["kind"], "metadata": meta, "spec": body["spec"]}
        CustomResource(name, **said, opts=opts)
"""


def pulumi(objects: Objects, folder: Path) -> Program:
    """A preview of everything as new."""
    settings = {"name": "bench", "runtime": {"name": "python", "options": {"virtualenv": str(Path(sys.prefix))}}}
    (folder / "Pulumi.yaml").write_text(json.dumps(settings))
    (folder / "__main__.py").write_text(_PULUMI)
    (folder / "objects.json").write_text(json.dumps(objects))
    environment = os.environ | toolchain.engine_environment(folder / "home", folder / "backend")
    subprocess.run(
        ["pulumi", "--non-interactive", "stack", "init", "bench"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    program = str(toolchain.ensure(["pulumi"])["pulumi"])
    return Program([program, "--non-interactive", "preview", "--suppress-progress"], environment, PREVIEWED)


PEERS: Mapping[str, Callable[[Objects, Path], Program | Absent]] = {
    "helm template": helm,
    "kustomize build": kustomize,
    "cdk8s synth": cdk8s,
    "pulumi preview": pulumi,
}


def _without_labels(body: Mapping[str, Any]) -> dict[str, Any]:
    meta = {name: value for name, value in body["metadata"].items() if name != "labels"}
    return {**body, "metadata": meta}


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _write(file: Path, documents: Iterable[Any]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump_all(documents, stream, Dumper=_Dumper, sort_keys=False, default_flow_style=False)
