"""The error of input that cannot be read as such: one line with the file, the line, the reason and what to do."""

from __future__ import annotations

from meshhub_pulumi.model.error import MeshError


class InputError(MeshError):
    """Input that is missing, unreadable or nothing this library knows; the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
