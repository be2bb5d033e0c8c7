"""What a user of the lab is told when something does not work: one sentence, advice, and the log's end."""

from __future__ import annotations


class LabError(Exception):
    """A problem that the user can understand and act on; the command line prints it without a traceback.

    `message` is one line. `advice` is one line that says what to do, or empty. `tail` is the end of the log
    of the program that failed, or empty.
    """

    def __init__(self, message: str, *, advice: str = "", tail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.tail = tail

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.advice, self.tail) if part)
