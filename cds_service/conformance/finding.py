"""A finding: what one look at one answer says of one requirement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "not run"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names the request and the place in its answer; `why` is empty for a pass that needs no word."""

    requirement: str
    verdict: Verdict
    where: str
    why: str = ""


def held(requirement: str, holds: bool, where: str, why: str) -> Finding:
    """Pass if it holds; else a failure that says why."""
    return Finding(requirement, "pass", where) if holds else Finding(requirement, "fail", where, why)


def not_run(requirement: str, where: str, why: str) -> Finding:
    """Nothing could be seen, and why."""
    return Finding(requirement, "not run", where, why)
