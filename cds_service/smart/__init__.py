"""The SMART app: where this patient stands on the pathway, and why. Keeps nothing."""

from pathlib import Path

SMART_LOOK = Path(__file__).parent / "look"
"""The styles and scripts of its pages."""
