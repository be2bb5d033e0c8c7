"""Texts that are no documents, or try what a reader of YAML can be made to do; with what they must end in.

`2` stands for input that cannot be read; everything else is the code of a finding, or nothing where the text is fine.
"""

from __future__ import annotations

from whole_mesh import MESH

HEAD = "apiVersion: meshhub.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: a}\nspec:\n"
GOOD = f"{HEAD}  timeout: 5s\n"
WHOLE = MESH.encode()
JOINED = "apiVersion: meshhub.dev/v1alpha1\nkind: VirtualMesh\nmetadata: {name: a}\nspec:\n"


def _bomb(line: str, inner: str) -> str:
    lines = [f"x0: &x0 {inner}", *(line.format(i, ", ".join([f"*x{i - 1}"] * 10)) for i in range(1, 12))]
    return "\n".join(lines)


YAML = {
    "a bomb of lists": (_bomb("x{0}: &x{0} [{1}]", "[a]"), "2"),
    "a bomb of mappings": (_bomb("x{0}: &x{0} {{a: [{1}]}}", "{a: b}"), "2"),
    "a bomb of merges": (_bomb("x{0}: &x{0} {{<<: [{1}]}}", "{a: b}"), "2"),
    "an anchor within itself": (f"{HEAD}  sources: &a [*a]\n", "2"),
    "a mapping within itself": (f"{HEAD}  retries: &a {{x: *a}}\n", "2"),
    "a merge of itself": (f"{HEAD}  retries: &a {{<<: *a}}\n", "2"),
    "a merge of text": (f"{HEAD}  <<: timeout\n", "2"),
    "a merge that repeats": (f"{HEAD}  retries: &r {{attempts: 1}}\n  mirror: {{<<: *r}}\n", "MH100"),
    "an anchor of another document": (f"{GOOD}---\n{HEAD}  timeout: &t 5s\n---\n{HEAD}  timeout: *t\n", "2"),
    "a key given twice": (f"{GOOD}  timeout: 6s\n", "MH134"),
    "a head given twice": (f"kind: VirtualMesh\n{GOOD}", "MH134"),
    "an object given twice": (f"{GOOD}---\n{GOOD}", "MH106"),
    "a tag of Python": (f"{HEAD}  timeout: !!python/object/apply:os.system ['touch /tmp/x']\n", "2"),
    "a tag of a Python name": (f"{HEAD}  timeout: !!python/name:os.system\n", "2"),
    "a tag of its own": (f"{HEAD}  timeout: !x 5s\n", "2"),
    "a binary value": (f"{HEAD}  timeout: !!binary aGVsbG8=\n", "MH100"),
    "a text as a date": (f"{HEAD}  timeout: !!timestamp foo\n", "2"),
    "a text as a truth value": (f"{HEAD}  timeout: !!bool maybe\n", "2"),
    "nothing as an integer": (f"{HEAD}  timeout: !!int ''\n", "2"),
    "nothing as a number": (f"{HEAD}  timeout: !!float ''\n", "2"),
    "a text as a mapping": (f"{HEAD}  retries: !!map foo\n", "2"),
    "a text as a list": (f"{HEAD}  sources: !!seq foo\n", "2"),
    "a set": (f"{HEAD}  retries: !!set {{a}}\n", "2"),
    "a date": (f"{HEAD}  timeout: 2020-01-01\n", "MH100"),
    "a date that does not exist": (f"{HEAD}  timeout: 2020-02-31\n", "MH100"),
    "a number without end": (f"{HEAD}  priority: {'9' * 5000}\n", "2"),
    "a huge number": (f"{HEAD}  priority: {'9' * 4000}\n", None),
    "a number below nothing": (f"{HEAD}  retries: {{attempts: -1}}\n", "MH100"),
    "not a number": (f"{HEAD}  mirror: {{destination: {{name: a, namespace: b}}, percentage: .nan}}\n", "MH100"),
    "an infinite percentage": (
        f"{HEAD}  mirror: {{destination: {{name: a, namespace: b}}, percentage: .inf}}\n",
        "MH100",
    ),
    "an infinite time": (f"{HEAD}  timeout: {'9' * 400}h\n", "MH100"),
    "a time that Kubernetes cannot read": (f"{HEAD}  timeout: 2562048h\n", "MH100"),
    "a time of many parts": (f"{HEAD}  timeout: {'1h' * 5000}\n", None),
    "a truth value as a number": (f"{HEAD}  retries: {{attempts: yes}}\n", "MH100"),
    "keys that are no text": (f"{HEAD}  1: x\n  null: y\n  2020-01-01: z\n", "MH100"),
    "a list as a key": (f"{HEAD}  ? [a]\n  : b\n", "2"),
    "an alias as a key": (f"{HEAD}  retries: &r {{}}\n  *r : b\n", "2"),
    "deep lists": (f"{HEAD}  sources: {'[' * 5000}{']' * 5000}\n", "2"),
    "deep mappings": (f"{HEAD}  sources: {'{a: ' * 5000}{'}' * 5000}\n", "2"),
    "lists just within the bound": (f"{HEAD}  sources: {'[' * 97}{']' * 97}\n", "MH100"),
    "many unknown keys": (HEAD + "".join(f"  k{i}: 1\n" for i in range(5000)), "MH100"),
    "many faulty items": (f"{HEAD}  destinations: [{'{name: X},' * 5000}]\n", "MH100"),
    "many equal keys": (HEAD + "  timeout: 5s\n" * 5000, "MH134"),
    "many conditions": (
        f"{HEAD}  timeout: 5s\n  sources: [{{namespaces: [{', '.join(f'n{i}' for i in range(300))}]}}]\n"
        f"  matches: [{', '.join(f'{{prefix: /{i}}}' for i in range(300))}]\n",
        "MH100",
    ),
    "many clusters": (f"{JOINED}  clusters: [{', '.join(f'c{i}' for i in range(2000))}]\n", "MH107"),
    "a long address": (f"{JOINED}  clusters: [{{name: c, gateway: {{address: {'a.' * 200}b}}}}]\n", "MH100"),
    "many documents": ("---\n".join(GOOD.replace("name: a", f"name: a{i}") for i in range(500)), None),
    "many empty documents": ("---\n" * 50_000 + GOOD, None),
    "a long name": (GOOD.replace("name: a", f"name: {'a' * 300_000}"), "MH100"),
    "a long key": (f"{HEAD}  {'a' * 900}: 1\n", "MH100"),
    "a long value": (f"{HEAD}  timeout: {'a' * 1_000_000}\n", "MH100"),
    "a long comment": (f"# {'x' * 1_000_000}\n{GOOD}", None),
    "a directive of another version": (f"%YAML 9.9\n---\n{GOOD}", "2"),
    "a directive that renames tags": (f"%TAG ! tag:yaml.org,2002:python/\n---\n{HEAD}  timeout: !name:os.x y\n", "2"),
    "a List of a List": ("kind: List\nitems:\n- kind: List\n  items: [{kind: List, items: []}]\n", "2"),
    "a List that is none": ("kind: List\nitems: {a: b}\n", "2"),
    "a kind that is none": (GOOD.replace("TrafficPolicy", "TraficPolicy"), "2"),
    "a kind that is a list": (GOOD.replace("kind: TrafficPolicy", "kind: [TrafficPolicy]"), "2"),
    "an API that is a number": (GOOD.replace("meshhub.dev/v1alpha1", "1"), "2"),
    "JSON": ('{"apiVersion": "meshhub.dev/v1alpha1", "kind": "TrafficPolicy", "spec": [], "metadata": {}}', "MH100"),
    "a program": ("import os\nos.system('touch /tmp/x')\n", "2"),
    "a page": ("<html><body onload=alert(1)>", "2"),
    "a template": (GOOD.replace("5s", "{{ .Values.timeout }}"), "2"),
}

BYTES = {
    "nothing": (b"", "2"),
    "one zero": (b"\0", "2"),
    "only zeros": (b"\0" * 10_000, "2"),
    "a zero inside": (GOOD.encode().replace(b"5s", b"5\0s"), "2"),
    "no text": (bytes(range(256)), "2"),
    "Latin 1": (f"{GOOD}# é".encode("latin-1"), "2"),
    "a lone surrogate": (GOOD.encode().replace(b"5s", b"\xed\xa0\x80"), "2"),
    "a lone surrogate, escaped": (f'{HEAD}  timeout: "\\uD800"\n'.encode(), "2"),
    "overlong UTF-8": (GOOD.encode().replace(b"5s", b"\xc0\xaf"), "2"),
    "half a letter": (GOOD.encode() + b"# \xf0\x9f", "2"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), None),
    "a byte order mark inside": (GOOD.encode().replace(b"5s", b"\xef\xbb\xbf5s"), "MH100"),
    "UTF-16": (GOOD.encode("utf-16"), None),
    "UTF-16 cut in half": (GOOD.encode("utf-16")[:-1], "2"),
    "UTF-32": (GOOD.encode("utf-32"), "2"),
    "old Macintosh lines": (GOOD.replace("\n", "\r").encode(), None),
    "Windows lines": (GOOD.replace("\n", "\r\n").encode(), None),
    "lines of Unicode": (GOOD.replace("\n", "\u2028").encode(), None),
    "next lines": (GOOD.replace("\n", "\x85").encode(), None),
    "a tab as indentation": (GOOD.replace("  timeout", "\ttimeout").encode(), "2"),
    "an escape character": (GOOD.replace("5s", "\x1b[2J").encode(), "2"),
    "an escape character, escaped": (f'{HEAD}  timeout: "\\e[2J\\a"\n'.encode(), "MH100"),
    "an escaped kind": (GOOD.replace("TrafficPolicy", '"Tr\\e[31m\\a\\n\\rx"').encode(), "2"),
    "an escaped name": (GOOD.replace("name: a", 'name: "\\e]0;x\\a\\n0 errors"').encode(), "MH100"),
    "an escaped key": (f'{HEAD}  "\\e[8m\\u202e": 1\n'.encode(), "MH100"),
    "a letter from right to left": (GOOD.replace("name: a", "name: \u202egnp").encode(), "MH100"),
    "a letter that looks like another": (GOOD.replace("5s", "5\u0455").encode(), "MH100"),
    "a digit of another script": (GOOD.replace("5s", "\u0665s").encode(), None),
    "a space of no width": (GOOD.replace("timeout", "time\u200bout").encode(), "MH100"),
    "a field in full width": (GOOD.replace("timeout", "\uff54imeout").encode(), "MH100"),
    "a letter of many parts": (GOOD.replace("name: a", "name: a" + "\u0301" * 500).encode(), "MH100"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "2"),
    "an archive": (b"PK\x03\x04" + bytes(100), "2"),
}

CUTS = {f"cut at {number} of 60": WHOLE[: len(WHOLE) * number // 60] for number in range(1, 60)}
"""The mesh, cut off somewhere."""

HOLES = {
    f"without the {number}th of 30 parts": WHOLE[: len(WHOLE) * number // 30] + WHOLE[len(WHOLE) * (number + 1) // 30 :]
    for number in range(30)
}
"""The mesh with a hole."""
