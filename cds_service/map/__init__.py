"""The map: each pathway drawn from the knowledge itself, and where a patient stands on it."""

from __future__ import annotations

from pathlib import Path

# the style and the script of a page with a map
LOOK = Path(__file__).parent / "look"
