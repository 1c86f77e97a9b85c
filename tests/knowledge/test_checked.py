"""The knowledge that is served is the knowledge that was checked, or the service says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from cds_service import cli, service
from cds_service.cards.suggestions import Creatable
from cds_service.cli import serving
from cds_service.digest import RECORD, differs, digest, record, recorded, recorded_suggestions
from cds_service.service import creations_digest, suggested, validate
from tests.shipped import shipped

from .authoring import KNOWLEDGE, Copy

TABLES = "knowledge/tables/gist.yaml"


def test_the_shipped_knowledge_is_the_one_that_was_checked() -> None:
    """If this fails: `cds-service check --write`, and commit the record with the knowledge."""
    assert differs(KNOWLEDGE) is None


def test_the_shipped_suggestions_are_those_that_were_valid_when_it_was_checked() -> None:
    """If this fails: `cds-service check --write`, and commit the record with the knowledge."""
    creations = suggested(shipped())
    validate(creations)
    assert creations_digest(creations) == recorded_suggestions(KNOWLEDGE)


@pytest.mark.parametrize("known", [True, False])
def test_suggestions_that_no_check_has_seen_are_validated_at_the_start(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Creatable({"imatinib": ({"resourceType": "MedicationRequest", "status": "draft"},)}, {})
    monkeypatch.setattr(service, "suggested", lambda loaded: broken)
    if known:
        found = creations_digest(broken)
        monkeypatch.setattr(service, "recorded_suggestions", lambda knowledge: found)
        assert service.make_service(shipped(), "https://cds.example.org").prefetch
    else:
        with pytest.raises(ValueError, match="intent"):
            service.make_service(shipped(), "https://cds.example.org")


def test_what_a_start_does_not_need_is_not_loaded() -> None:
    """The models that validate suggestions, what explains mistakes, draws, and changes a schema take longer to load
    than all the knowledge."""
    code = (
        "import sys; import cds_service.cli.serving; from cds_service.cli.ground import packaged_services;"
        "packaged_services()('default');"
        "unneeded = {'pydantic', 'fhir.resources', 'alembic', 'jsonschema', 'rich', 'pygal', 'markdown_it'};"
        "print(sorted((unneeded | {'cds_service.map.figure'}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_any_change_of_the_knowledge_changes_the_digest(copy: Copy) -> None:
    knowledge = copy.root / "knowledge"
    seen = {digest(knowledge)}
    for path in sorted(knowledge.rglob("*.yaml")):
        before = path.read_bytes()
        path.write_bytes(before.replace(b"a", b"e", 1))
        seen.add(digest(knowledge))
        path.write_bytes(before)
    path.rename(path.with_name("renamed.yaml"))
    seen.add(digest(knowledge))

    assert len(seen) == 2 + len(list(knowledge.rglob("*.yaml")))


def test_line_ends_and_other_files_do_not_change_the_digest(copy: Copy) -> None:
    knowledge = copy.root / "knowledge"
    before = digest(knowledge)
    for path in knowledge.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (knowledge / "notes.txt").write_text("nothing", encoding="utf-8")

    assert digest(knowledge) == before == recorded(KNOWLEDGE)


@pytest.mark.slow
def test_a_change_is_told_until_it_is_checked(copy: Copy) -> None:
    knowledge = copy.root / "knowledge"
    copy.replace(TABLES, "because: The risk table knows", "because: The table of risk knows")

    told = copy.check()
    assert told.exit_code == 0
    assert "is not the one that was checked" in told.output
    assert "check --write" in told.output
    # what was covered is told either way
    for words in (
        "no gap, no clash",
        "table recurrence-risk",
        "90 points of 3 facts",
        "placement by patient-group: ",
    ):
        assert words in told.output

    written = copy.check("--write")
    assert written.exit_code == 0
    assert "is not the one that was checked" not in written.output
    assert differs(knowledge) is None


@pytest.mark.slow
def test_knowledge_with_a_mistake_is_not_recorded_as_checked(copy: Copy) -> None:
    copy.replace(TABLES, "{fact: tumour-size-cm, above: 10}", "{fact: tumour-size-cm, above: 11}")

    assert copy.check("--write").exit_code == 1
    assert "is not the one that was checked" in str(differs(copy.root / "knowledge"))


def test_knowledge_without_a_record_was_not_checked(copy: Copy) -> None:
    (copy.root / "knowledge" / RECORD).unlink()

    assert "No record" in str(differs(copy.root / "knowledge"))
    record(copy.root / "knowledge")
    assert differs(copy.root / "knowledge") is None


def served(knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Flask]:
    """What `serve` prints with a folder of knowledge, and the application it would serve."""
    made: list[Any] = []
    monkeypatch.setattr(serving, "serve_app", lambda app, *rest, **named: made.append(app))
    found = CliRunner().invoke(cli.main, ["serve", "--development", "--knowledge", str(knowledge)])
    assert found.exit_code == 0, found.output
    (app,) = made
    return found.output, app


def test_checked_knowledge_is_served_as_ready(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    output, app = served(copy.root / "knowledge", monkeypatch)
    ready = app.test_client().get("/ready")

    assert "UNCHECKED" not in output
    assert ready.status_code == 200
    assert ready.json == {
        "status": "ready",
        "knowledgeVersion": shipped().knowledge.version,
        "notes": ["DEVELOPMENT MODE: callers are not authenticated. Not for patient data."],
    }


def test_unchecked_knowledge_is_served_loudly_and_as_not_ready(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap in a table is for the check: the start reads schema and vocabulary, and compares the digest."""
    copy.replace(TABLES, "{fact: tumour-size-cm, above: 10}", "{fact: tumour-size-cm, above: 11}")
    output, app = served(copy.root / "knowledge", monkeypatch)
    client = app.test_client()
    ready = client.get("/ready")

    assert "UNCHECKED KNOWLEDGE" in output
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["status"] == "not-ready"
    assert "is not the one that was checked" in ready.json["problem"]
    assert client.get("/cds-services").status_code == 200
