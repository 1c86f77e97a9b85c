"""What the site derives from the program says all of it, and just that."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.client_profile import PROFILES
from cds_service.fhir.resources import Bundle, OperationOutcome, Readable, Resource
from cds_service.loading import ASSESSMENT_SCHEMA
from cds_service.settings import PREFIX, Settings
from docs.derived import DERIVED
from docs.derived.commands import PROGRAM, WIDTH, helps
from docs.derived.filling import DERIVED_HERE, filled
from tests.service.asking import client_of
from tests.shipped import shipped

from .fences import CHECKOUT

DOCS = CHECKOUT / "docs"


def page(name: str) -> str:
    """The Markdown of a page as the site shows it."""
    path = DOCS / f"{name}.md"
    return filled(path.read_text(encoding="utf-8"), path, CHECKOUT)


def test_the_help_of_every_command_is_what_the_command_prints() -> None:
    shown = dict(
        re.findall(r"^## (cds-service[^\n]*)\n\n```text\n(.*?)\n```$", page("commands"), re.M | re.S)
    )
    assert {name for name, _ in helps()} == shown.keys()
    for name, text in shown.items():
        words = name.removeprefix(PROGRAM).split()
        printed = CliRunner().invoke(main, [*words, "--help"], prog_name=PROGRAM, terminal_width=WIDTH)
        assert printed.exit_code == 0
        assert printed.output.strip() == text


def test_every_setting_is_on_the_page_with_its_meaning() -> None:
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| .* \| (.+) \|$", page("settings"), re.M)
    assert [name.lower() for name, _ in rows] == [field.name for field in dataclasses.fields(Settings)]
    assert all(meaning.strip().endswith(".") for _, meaning in rows)


def test_every_fact_and_each_of_its_values_is_on_the_page() -> None:
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", page("facts"), re.M | re.S))
    definitions = shipped().knowledge.vocabulary.definitions
    assert sections.keys() == definitions.keys()
    for name, definition in definitions.items():
        for value in (*definition.values, *definition.queries):
            assert f"`{value}`" in sections[name], (name, value)


def test_every_reading_of_a_code_is_on_the_page_of_its_fact() -> None:
    sections = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", page("facts"), re.M | re.S))
    for fact, concepts in shipped().readings.values.items():
        for concept in concepts:
            assert re.search(rf"(?<![\w.-]){re.escape(concept)}(?![\w.-])", sections[fact]), (fact, concept)


def test_every_free_code_is_on_the_page() -> None:
    text = page("codes")
    for concept, codings in shipped().terminology.codings.items():
        _, _, section = text.partition(f"\n### {concept}\n")
        section = section.partition("\n##")[0]
        for _system, code, _display in codings:
            assert f"`{code}`" in section, (concept, code)


@pytest.mark.parametrize(
    "resource",
    [r for r in typing.get_args(Readable) if r not in (Bundle, OperationOutcome)],
    ids=lambda r: r.__name__,
)
def test_every_element_that_is_decoded_is_on_the_page(resource: type[Resource]) -> None:
    (row,) = re.findall(rf"^\| `{resource.__name__}` \| (.+) \|$", page("resources"), re.M)
    own = {f.encode_name for f in msgspec.structs.fields(resource)}
    shared = {f.encode_name for f in msgspec.structs.fields(Resource)}
    assert {word.strip("`") for word in row.split(", ")} == own - shared


def test_every_prefetch_template_is_on_the_page() -> None:
    services = client_of(shipped()).get("/cds-services").get_json()["services"]
    assert services
    rows = dict(re.findall(r"^\| `([\w-]+)` \| `(.+?)…?` \|$", page("resources"), re.M))
    for service in services:
        for key, template in service["prefetch"].items():
            assert template.startswith(rows[key].replace(r"\|", "|"))


def test_every_address_of_the_api_is_on_the_page() -> None:
    text = page("api")
    document = client_of(shipped()).get("/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            heading = f"\n## {method.upper()} {path}\n"
            assert heading in text
            section = text.partition(heading)[2].partition("\n## ")[0]
            for status in operation["responses"]:
                assert f"\n| {status} |" in section


def test_every_member_of_the_assessment_is_on_the_page() -> None:
    schema = json.loads(ASSESSMENT_SCHEMA.read_text(encoding="utf-8"))
    text = page("assessment")
    for name, part in {"assessment": schema, **schema["$defs"]}.items():
        for member in part.get("properties", {}):
            section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
            assert f"| `{member}` |" in section, (name, member)


def test_every_profile_is_on_the_page() -> None:
    for name in PROFILES:
        assert f"\n| `{name}` |" in page("connecting")


def test_what_is_derived_stands_in_a_page_and_is_made_by_something() -> None:
    used = [
        found["name"]
        for path in DOCS.glob("*.md")
        for found in DERIVED_HERE.finditer(path.read_text("utf-8"))
    ]
    assert sorted(used) == sorted(DERIVED)


def test_links_of_a_file_shown_as_a_page_lead_to_pages() -> None:
    text = page("runbook")
    assert "(capacity.md)" in text
    assert "(changes.md)" in text
    assert (DOCS / "../deploy/host/rehearsal.sh").resolve().is_file()
    assert "(../deploy/host/rehearsal.sh)" in text


def test_markdown_that_is_no_page_is_named_and_not_linked(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    here = tmp_path / "docs" / "page.md"
    here.write_text("see [the licence](../LICENSE.md), [itself](page.md#part)\n", encoding="utf-8")
    shown = filled(here.read_text(encoding="utf-8"), here, tmp_path)
    assert shown == "see the licence (`LICENSE.md`), [itself](page.md#part)\n"
