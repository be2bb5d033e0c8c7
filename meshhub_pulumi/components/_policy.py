"""What the components of all policies share: a policy registers what was asked, and its mesh compiles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi

from meshhub_pulumi.components._call_site import call_site
from meshhub_pulumi.components._late import shown
from meshhub_pulumi.components._options import option_problems
from meshhub_pulumi.components._program import open_mesh
from meshhub_pulumi.components._stack import POLICY, short_stacks
from meshhub_pulumi.components.virtual_mesh import VirtualMesh
from meshhub_pulumi.kinds.base import KindArgs
from meshhub_pulumi.model.error import Problem, args_error
from meshhub_pulumi.model.late import bind_paths
from meshhub_pulumi.model.schema import parse
from meshhub_pulumi.model.spec import Spec


class Policy(pulumi.ComponentResource):
    """Base of the policies: the kind and its arguments are the only difference between them."""

    kind: ClassVar[str]
    args_type: ClassVar[type[KindArgs]]

    def _register(
        self,
        name: str,
        args: KindArgs | Mapping[str, Any] | None,
        opts: pulumi.ResourceOptions | None,
        mesh: VirtualMesh | None,
    ) -> None:
        """What each kind's `__init__` does.

        It has another name because the SDK takes the caller of the third `__init__` for the user's line: its own two
        and that of the kind.
        """
        title = f"{self.kind} {name!r}"
        parsed = parse(self.args_type, args, title)
        bind_paths(parsed)
        if problems := list(option_problems(opts)):
            raise args_error(title, problems)
        within = mesh or open_mesh.get()
        if within is None:
            reason = "no VirtualMesh is open: write it inside `with VirtualMesh(...):`, or pass mesh="
            raise args_error(title, [Problem("", reason)])
        spec = Spec(self.kind, parsed.name or name, parsed.namespace, parsed, call_site())
        within.add(spec, self)
        props = shown(parsed.model_dump(by_alias=True, exclude_unset=True))
        own = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=within), opts)
        with short_stacks(POLICY):
            super().__init__(f"meshhub:index:{self.kind}", name, props, own)
