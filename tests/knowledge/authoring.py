"""A copy of the knowledge and the wording in which one thing can be broken."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from cds_service.cli import main

CHECKOUT = Path(__file__).resolve().parents[2]
KNOWLEDGE = CHECKOUT / "cds_service" / "knowledge"
CARDS = CHECKOUT / "cards"


@dataclass(frozen=True)
class Copy:
    """`knowledge/` and `cards/` side by side in a folder of their own."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> Copy:
        shutil.copytree(KNOWLEDGE, root / "knowledge")
        shutil.copytree(CARDS, root / "cards")
        return cls(root)

    def replace(self, name: str, old: str, new: str) -> int:
        """Replace the first `old` of a file; the line (from 1) on which the replaced text starts."""
        path = self.root / name
        before, found, after = path.read_text(encoding="utf-8").partition(old)
        assert found, f"{name} does not hold {old!r} any more"
        path.write_text(before + new + after, encoding="utf-8")
        return before.count("\n") + 1

    def check(self, *more: str, fixtures: bool = False) -> Result:
        """`cds-service check` on this copy, with more options; without patients unless they are wanted."""
        stated = ["--knowledge", str(self.root / "knowledge"), "--cards", str(self.root / "cards")]
        return CliRunner().invoke(main, ["check", *stated, *([] if fixtures else ["--no-fixtures"]), *more])
