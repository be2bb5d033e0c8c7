"""The command line: `meshhub`, one module per verb."""

from __future__ import annotations

from meshhub_pulumi.cli.app import main as main
