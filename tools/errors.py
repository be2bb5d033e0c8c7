"""What the toolchain says when it cannot go on: one sentence of what is wrong and what to do about it."""


class ToolchainError(Exception):
    """Shown to the user as it is, without a traceback; anything else that is raised here is a bug."""
