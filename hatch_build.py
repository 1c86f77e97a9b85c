"""The build of a wheel: refused unless the knowledge in it is the one that passed every check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckedKnowledge(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compare the knowledge with its record. An editable install is a workshop and may differ."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from cds_service.digest import differs
        finally:
            sys.path.remove(self.root)
        problem = differs(Path(self.root) / "cds_service" / "knowledge")
        if problem:
            raise RuntimeError(f"{problem} Run: cds-service check --write")
