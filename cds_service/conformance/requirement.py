"""A requirement of CDS Hooks: where the text states it, how strictly, and whether it can be seen from outside."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

BINDING = ("SHALL", "SHALL NOT")
LEVELS = (*BINDING, "SHOULD", "SHOULD NOT", "implied")
"""`implied`: the text expects it, without one of its key words."""

_PACKAGED = Path(__file__).parent / "requirements.csv"
_CHECKOUT = Path(__file__).parents[2] / "tests" / "conformance" / "requirements.csv"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the ledger.

    `section` names pages of the specification with an anchor (`index#discovery`) or a file of its sources; `tests`
    are pytest node ids that show it for this project's own service. A row has tests, or `why_no_test`, or both
    where the tests show a part; `why_not_outside` is empty if a call from outside can show it.
    """

    id: str
    section: str
    level: str
    says: str
    tests: tuple[str, ...]
    why_no_test: str
    why_not_outside: str

    @property
    def binding(self) -> bool:
        """Whether a service that breaks it does not conform."""
        return self.level in BINDING


def requirements() -> tuple[Requirement, ...]:
    """The ledger, in the order of the specification: of the package, else of the checkout (an editable install)."""
    path = _PACKAGED if _PACKAGED.is_file() else _CHECKOUT
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        Requirement(
            id=row["id"],
            section=row["section"],
            level=row["level"],
            says=row["says"],
            tests=tuple(row["tests"].split()),
            why_no_test=row["why_no_test"],
            why_not_outside=row["why_not_outside"],
        )
        for row in rows
    )
