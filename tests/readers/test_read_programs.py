"""Programs: each is read as if it were the only one, however its folder is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meshhub_pulumi.kinds.traffic_policy import TrafficPolicyArgs
from meshhub_pulumi.readers.error import InputError
from meshhub_pulumi.readers.files import read

PROGRAM = """\
import pulumi_kubernetes as k8s
from meshhub_pulumi import Cluster, TrafficPolicy, TrafficPolicyArgs, VirtualMesh, VirtualMeshArgs
{imports}
with VirtualMesh("m", VirtualMeshArgs(clusters=[Cluster("east", provider=k8s.Provider("east"))])):
    TrafficPolicy("p", TrafficPolicyArgs(timeout={timeout}))
"""

SHARED = {
    "a module": ("from conf import TIMEOUT", "conf.py"),
    "a package": ("from policies.conf import TIMEOUT", "policies/conf.py"),
    "a library beside it": ("import sys; sys.path.append('../lib')\nfrom conf import TIMEOUT", "../lib/conf.py"),
    "a library by its path": (
        "import sys; from pathlib import Path; sys.path.append(str(Path(__file__).parents[1] / 'lib'))\n"
        "from conf import TIMEOUT",
        "../lib/conf.py",
    ),
    "a module of somebody's package": ("from acme.conf import TIMEOUT", "acme/conf.py"),
    "the environment": ("import os; TIMEOUT = os.environ.setdefault('SHOP_TIMEOUT', open('timeout').read())", ""),
}
"""How a program comes to its timeout, and the file that says it."""

NAMED = {
    "below": (".", "base/shop", "head/shop"),
    "above": ("head/shop", "../../base/shop", "."),
    "both above": ("head", "../base/shop", "../head/shop"),
    "through a link": (".", "link/shop", "head/shop"),
    "whole": (".", "{}/base/shop", "{}/head/shop"),
}
"""Where the reader stands, and what it calls the two programs."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    """Write a file, and the folders above it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def timeouts(program: str) -> list[str]:
    """The timeouts of a program's policies."""
    loaded = read([program])
    assert () == loaded.findings
    args: list[Any] = [spec.args for spec in loaded.specs if isinstance(spec.args, TrafficPolicyArgs)]
    return [str(x.timeout) for x in args]


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("shared", SHARED)
def test_a_program_finds_nothing_of_the_one_before(folder, monkeypatch, shared, named):
    """Two versions of a program in one run have their own modules, wherever those lie."""
    imports, file = SHARED[shared]
    write("installed/acme/other.py", "")
    monkeypatch.syspath_prepend(folder / "installed")
    for side, timeout in (("base", "1s"), ("head", "7s")):
        write(f"{side}/shop/__main__.py", PROGRAM.format(imports=f"import acme.other\n{imports}", timeout="TIMEOUT"))
        write(f"{side}/shop/timeout", timeout)
        if file:
            write(f"{side}/shop/{file}", f"TIMEOUT = {timeout!r}\n")
    Path("link").symlink_to("base")
    stand, *programs = NAMED[named]
    monkeypatch.chdir(stand)
    assert [["1s"], ["7s"], ["1s"]] == [timeouts(x.format(folder)) for x in [*programs, programs[0]]]


def test_libraries_are_loaded_once(folder, monkeypatch):
    """What the reader itself could import is one for all programs: a provider may register itself once only."""
    write("installed/once.py", "import builtins; assert not hasattr(builtins, 'once'); builtins.once = 'here'\n")
    monkeypatch.syspath_prepend(folder / "installed")
    monkeypatch.delattr("builtins.once", raising=False)
    write("a/__main__.py", PROGRAM.format(imports="import once", timeout="'1s'"))
    write("b/__main__.py", PROGRAM.format(imports="import once", timeout="'2s'"))
    assert [["1s"], ["2s"]] == [timeouts("a"), timeouts("b")]


WRONG = {
    "a sibling that fails": ({"__main__.py": "import helper", "helper.py": "\n\n1 / 0\n"}, "helper.py:3"),
    "a sibling that is no Python": ({"__main__.py": "import helper", "helper.py": "\n\nx = (\n"}, "helper.py:3"),
    "a text that is no Python": ({"__main__.py": "import helper", "helper.py": "\neval('1 +')\n"}, "helper.py:2"),
    "a module of a package": ({"__main__.py": "import pk.shop", "pk/shop.py": "\n1 / 0\n"}, "pk/shop.py:2"),
    "arguments that do not fit": (
        {
            "__main__.py": "import pk.shop",
            "pk/shop.py": "from meshhub_pulumi import TrafficPolicyArgs\nTrafficPolicyArgs(timeout='1q')\n",
        },
        "pk/shop.py:2",
    ),
    "a library that fails": (
        {"__main__.py": "import sys; sys.path.append('../lib')\nimport helper", "../lib/helper.py": "1 / 0\n"},
        "__main__.py:2",
    ),
}
"""Programs that fail, and the innermost place of their own."""


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_failure_names_the_line_of_the_program(folder, monkeypatch, wrong, named):
    """What is wrong is told at the file that it stands in, by the name that the folder was given."""
    files, place = WRONG[wrong]
    for name, text in files.items():
        write(f"base/shop/{name}", text)
    Path("link").symlink_to("base")
    Path("head/shop").mkdir(parents=True)
    stand, program, _ = NAMED[named]
    monkeypatch.chdir(stand)
    program = program.format(folder)
    try:
        (where,) = [finding.where for finding in read([program]).findings]
        told = f"{where.file}:{where.line}"
    except InputError as error:
        told = str(error).split(": the program fails", 1)[0]
    assert f"{program}/{place}" == told


@pytest.mark.parametrize("named", NAMED)
def test_policies_are_named_by_their_file(folder, monkeypatch, named):
    """A policy's file is named as its folder was, and that of a library as seen from here, if it lies below."""
    write("base/lib/more.py", PROGRAM.format(imports="", timeout="'2s'").replace('"m"', '"n"'))
    imports = "import sys; sys.path.append('../lib'); import more"
    write("base/shop/__main__.py", PROGRAM.format(imports=imports, timeout="'1s'"))
    Path("link").symlink_to("base")
    Path("head/shop").mkdir(parents=True)
    stand, program, _ = NAMED[named]
    monkeypatch.chdir(stand)
    program = program.format(folder)
    files = [str(x.origin.file) for x in read([program]).specs if isinstance(x.args, TrafficPolicyArgs)]
    lib = "base/lib/more.py" if stand == "." else f"{folder}/base/lib/more.py"
    assert [lib, f"{program}/__main__.py"] == files
