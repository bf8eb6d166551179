"""The command line."""

from __future__ import annotations

from geo_border.cli.commands import app, main

__all__ = ["app", "main"]
