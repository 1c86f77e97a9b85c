"""The authored files in which tests make mistakes, and how these are refused."""

from __future__ import annotations

from .authoring import Copy

UNRESECTABLE = "knowledge/pathways/gist-unresectable.yaml"
SMALL = "knowledge/pathways/gist-small-observation.yaml"
TABLES = "knowledge/tables/gist.yaml"
FACTS = "knowledge/facts.yaml"
TRIAL = "knowledge/trials/nct03862768.yaml"


def assert_refused(copy: Copy, file: str, line: int | None, *words: str) -> None:
    """The check fails with one line that names the file, its line and all of the words."""
    found = copy.check()

    assert found.exit_code == 1, found.output
    assert "Traceback" not in found.output
    place = f"{file}:" if line is None else f"{file}:{line}:"
    told = [row for row in found.output.splitlines() if row.startswith(place)]
    assert any(all(word in row for word in words) for row in told), f"{place} {words}\n{found.output}"
