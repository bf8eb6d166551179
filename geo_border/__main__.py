"""`python -m geo_border` is the command line."""

from __future__ import annotations

from geo_border.cli import main

main()
