"""What is counted of the assessments of many patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

COUNTED = (
    "diseases",
    "placements",
    "groups",
    "possibleGroups",
    "notAddressed",
    "stages",
    "risks",
    "genotypes",
    "verdicts",
    "options",
    "missing",
    "trials",
    "unread",
    "refused",
    "failed",
)
"""Groups: patients placed in one for certain; possibleGroups: patients for whom several are still possible, each of
them counted. Stages: of sarcoma; risks and genotypes: of GIST. Options: `option: verdict` of each drafted order."""

UNKNOWN = "unknown"


class Tally:
    """Counts by name and value. Adding up is the same in any order."""

    def __init__(self, patients: int = 0, counts: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self.patients = patients
        self.counts = {name: Counter((counts or {}).get(name, {})) for name in COUNTED}

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one patient's row (see `row.py`)."""
        self.patients += 1
        if row["refused"] or row["failed"]:
            self._one("refused" if row["refused"] else "failed", row["refused"] or row["failed"])
            return
        self._one("diseases", row["disease"])
        self._one("placements", row["placement"])
        certain = row["placement"] == "placed"
        for group in row["groups"]:
            self._one("groups" if certain else "possibleGroups", group)
        self._one("notAddressed", row["not_addressed"])
        if row["disease"] == "sts":
            self._one("stages", row["stage"])
        if row["disease"] == "gist":
            self._one("risks", row["recurrence_risk"])
            for genotype in row["genotype"]:
                self._one("genotypes", genotype)
        for order in row["orders"]:
            self._one("verdicts", order["verdict"])
            if order["option"]:
                self._one("options", f"{order['option']}: {order['verdict']}")
        for fact in row["missing"]:
            self._one("missing", fact)
        for trial in row["trials"]:
            self._one("trials", f"{trial['trial']}: {trial['eligibility']}")
        if row["unread"]:
            self._one("unread", "patients with a record that could not be read")

    def merge(self, other: Tally) -> None:
        """Add what another counted."""
        self.patients += other.patients
        for name, counter in other.counts.items():
            self.counts[name].update(counter)

    def to_json(self) -> dict[str, Any]:
        """`patients` and `counts`: the most frequent value first."""
        ordered = {
            name: dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
            for name, counter in self.counts.items()
        }
        return {"patients": self.patients, "counts": ordered}

    def _one(self, name: str, value: str | None) -> None:
        if value:
            self.counts[name][value] += 1
