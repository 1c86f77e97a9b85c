"""The suite against our own service over HTTP: what the ledger says that it shows, it sees and passes."""

from __future__ import annotations

import pytest

from cds_service.conformance.ledger import Ledger
from cds_service.conformance.requirement import Requirement, requirements

NODE = "tests/conformance/test_running_service.py::test_a_requirement_holds"


def shown_here(requirement: Requirement) -> bool:
    return f"{NODE}[{requirement.id}]" in requirement.tests


@pytest.mark.parametrize("name", [r.id for r in requirements() if shown_here(r)])
def test_a_requirement_holds(seen: Ledger, name: str) -> None:
    (row,) = [row for row in seen.rows if row.requirement.id == name]
    assert row.status == "pass", row.why
    assert row.seen


def test_nothing_that_is_seen_fails(seen: Ledger) -> None:
    """Not even what is measured or implied, apart from the time that an answer takes on a busy machine."""
    failed = {row.requirement.id: row.why for row in seen.rows if row.status == "fail"}
    failed.pop("call.latency", None)
    assert not failed


def test_what_is_seen_is_counted_as_shown(seen: Ledger) -> None:
    """A row that the suite passes names this test, or another, or says why it does not."""
    for row in seen.rows:
        if row.status == "pass" and not shown_here(row.requirement):
            assert row.requirement.why_no_test, row.requirement.id
