"""Exported plans: valid FHIR R4B, complete, the same bytes every time, and applied they offer what we offer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.plandefinition import PlanDefinition

from cds_service.case.fact import Value
from cds_service.case.vocabulary import CANONICAL
from cds_service.cli import main
from cds_service.export.pathway_terms import PATHWAY_TERMS, pathway_terms
from cds_service.export.plan_definition import plan_definition
from cds_service.loading import Loaded
from cds_service.pathway.assessment import Assessment
from cds_service.pathway.offer_schema import ROLES
from cds_service.pathway.options import Citation
from cds_service.pathway.rules import OrderRules
from cds_service.replay.facts import fact_values
from cds_service.replay.fixture import read_fixture
from cds_service.replay.run import explained
from tests.shipped import service, shipped

from ..pathway.cases import assessed
from ..pathway.sarcomas import CHART_OF, in_group
from .second_opinion import asked_by, compiled, theirs

Json = dict[str, Any]
CHECKOUT = Path(__file__).parents[2]
FIXTURES = CHECKOUT / "fhir_fixtures"
GROUPS = sorted(shipped().knowledge.groups)


def loaded() -> Loaded:
    return shipped()


@cache
def plan_of(group: str) -> Json:
    return plan_definition(group, loaded())


def actions(action: Json) -> Iterator[Json]:
    """An action and all below it."""
    yield action
    for child in action.get("action", ()):
        yield from actions(child)


def all_actions(plan: Json) -> list[Json]:
    return [a for top in plan["action"] for a in actions(top)]


def expressions(plan: Json) -> list[str]:
    return [c["expression"]["expression"] for a in all_actions(plan) for c in a.get("condition", ())]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", *arguments])


@pytest.mark.parametrize("group", GROUPS)
def test_a_plan_is_valid_fhir(group: str) -> None:
    plan = plan_of(group)
    PlanDefinition.model_validate_json(json.dumps(plan))

    assert plan["url"] == f"{CANONICAL}/PlanDefinition/{group}"
    assert plan["version"] == loaded().knowledge.version
    assert plan["status"] == "draft"
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", plan["name"])
    assert plan["title"] and plan["description"] and plan["useContext"][0]["valueCodeableConcept"]["text"]
    ids = [a["id"] for a in all_actions(plan)]
    assert len(ids) == len(set(ids)), "an id stands once in a resource"
    for related in (r for a in all_actions(plan) for r in a.get("relatedAction", ())):
        assert related["actionId"] in ids
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", related["actionId"])


@pytest.mark.parametrize("group", GROUPS)
def test_every_offer_of_a_group_stands_in_its_plan_once(group: str) -> None:
    ids = [a["id"] for a in all_actions(plan_of(group))]

    for offer in loaded().knowledge.groups[group].offers:
        assert ids.count(offer.id) == 1


def test_offers_of_other_groups_do_not() -> None:
    where: dict[str, list[str]] = {}
    for group in GROUPS:
        for action in all_actions(plan_of(group)):
            where.setdefault(action["id"], []).append(group)

    for group in loaded().knowledge.groups.values():
        assert [where[offer.id] for offer in group.offers] == [[group.id]] * len(group.offers)


def cited(action: Json) -> set[Citation]:
    return {Citation(d["label"], d["display"], d["citation"]) for d in action.get("documentation", ())}


@pytest.mark.parametrize("group", GROUPS)
def test_every_citation_stands_beside_what_it_supports(group: str) -> None:
    plan = plan_of(group)
    found = {a["id"]: a for a in all_actions(plan)}
    knowledge = loaded().knowledge
    judge = knowledge.of(knowledge.groups[group].disease).judge

    assert set(knowledge.groups[group].citations) <= cited(found[group])
    for offer in knowledge.groups[group].offers:
        # why a group does not offer an option is no part of what it offers
        kinds = [f.name for f in fields(OrderRules) if f.name != "unoffered"]
        rules = [r for kind in kinds for r in getattr(judge.rules_of(offer.option), kind)]
        below = set().union(*(cited(a) for a in actions(found[offer.id])))
        assert set(offer.citations) <= cited(found[offer.id])
        assert {c for rule in rules for c in rule.citations} <= below
    for action in found.values():
        assert all(
            d["type"] == "citation" and d["document"]["title"] for d in action.get("documentation", ())
        )
    named = {a["label"] for a in plan["relatedArtifact"] if a["type"] == "citation"}
    assert {c.source for a in found.values() for c in cited(a)} <= named


@pytest.mark.parametrize(
    "group", [g if g in GROUPS[::7] else pytest.param(g, marks=pytest.mark.slow) for g in GROUPS]
)
def test_every_expression_parses_and_asks_for_facts_that_exist(group: str) -> None:
    plan = plan_of(group)
    (root,) = plan["action"]
    (needed,) = root["input"]
    inputs = {c["code"] for c in needed["codeFilter"][0]["code"]}
    asked: set[str] = set()
    for expression in set(expressions(plan)):
        compiled(expression)
        asked |= set(
            re.findall(r"where\(code\.coding\.exists\(system = '[^']*' and code = '([^']*)'\)\)", expression)
        )

    assert asked == inputs
    assert asked <= set(loaded().knowledge.vocabulary)


def test_no_condition_is_written_twice_for_one_action() -> None:
    for group in GROUPS:
        for action in all_actions(plan_of(group)):
            stated = [c["expression"]["expression"] for c in action.get("condition", ())]
            assert len(stated) == len(set(stated)), action["id"]


def test_codes_of_actions_are_published() -> None:
    terms = pathway_terms(loaded())
    CodeSystem.model_validate(terms)
    codes = [c["code"] for top in terms["concept"] for c in (top, *top["concept"])]
    assert len(codes) == len(set(codes))

    used = {
        coding["code"]
        for group in GROUPS
        for action in all_actions(plan_of(group))
        for concept in action.get("code", ())
        for coding in concept.get("coding", ())
        if coding["system"] == PATHWAY_TERMS
    }
    assert used <= set(codes)


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order Python gives to sets."""
    for seed in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        code = "import sys; from cds_service.cli import main; sys.argv[0] = 'cds-service'; main()"
        arguments = ["export", "plan-definition", "--output", str(tmp_path / seed)]
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, cwd=CHECKOUT, env=environ)
    written = {path.name: path.read_bytes() for path in (tmp_path / "1").iterdir()}

    assert sorted(written) == [f"{group}.json" for group in GROUPS]
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "2").iterdir()}


@pytest.mark.slow
def test_one_group_is_printed_and_all_make_a_bundle(tmp_path: Path) -> None:
    one = json.loads(run("plan-definition", "--group", GROUPS[0]).stdout)
    every = json.loads(run("plan-definition").stdout)

    assert one == plan_of(GROUPS[0])
    assert [e["resource"]["id"] for e in every["entry"]] == list(loaded().knowledge.groups)
    assert (
        run("plan-definition", "--group", GROUPS[0], "--output", str(tmp_path / "new" / "folder")).exit_code
        == 0
    )
    assert [p.stem for p in (tmp_path / "new" / "folder").iterdir()] == [GROUPS[0]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plan-definition", "--group", "gist-unresectible"), "did you mean 'gist-unresectable'?"),
        (("case-facts", "--group", "gist-unresectable"), "go with plan-definition"),
        (("case-bundle",), "go together"),
        (("case-facts", "--fixture", str(CHECKOUT)), "goes with case-bundle and map"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert says in result.stderr


# --- applied by an engine that knows nothing of ours -----------------------------------------------


def applied(
    action: Json, values: Mapping[str, Value], role: str | None = None
) -> Iterator[tuple[str, str | None, str]]:
    """Option, role and line of every offer whose conditions, and those above it, are all true."""
    vocabulary = loaded().knowledge.vocabulary
    stated = (c["expression"]["expression"] for c in action.get("condition", ()))
    if not all(theirs(e, asked_by(e, values, vocabulary), vocabulary) for e in stated):
        return
    coded = [c for concept in action.get("code", ()) for c in concept.get("coding", ())]
    codes = [c["code"] for c in coded if c["system"] == PATHWAY_TERMS]
    if len(codes) == 2:
        yield codes[0], role, codes[1]
        return
    for child in action.get("action", ()):
        yield from applied(child, values, role=codes[0] if codes[0] in ROLES else role)


def assert_applied_as_assessed(assessment: Assessment, values: Mapping[str, Value]) -> int:
    """Apply every plan to a patient and compare with the assessment; how many offers apply.

    A plan applies only to patients who are known to be in its group; what several possible groups have in common
    only the assessment knows.
    """
    found = {offered for group in GROUPS for offered in applied(plan_of(group)["action"][0], values)}
    expected = {(o.option, o.role, o.line) for o in assessment.options if o.answer is True}
    if assessment.placement == "placed" and len(assessment.treated_as) < 2:
        assert found == expected, found ^ expected
    else:
        assert found <= expected, found - expected
    return len(found)


def patients(group: str) -> Iterator[tuple[Assessment, Mapping[str, Value]]]:
    """The fixtures of a group that are answered, and for a sarcoma its plain chart."""
    for folder in sorted(p.parent for p in (FIXTURES / group).glob("*/expected.yaml")):
        fixture = read_fixture(folder)
        if fixture.expected.get("status", 200) == 200:
            answer = explained(fixture, service(fixture.profile))
            yield answer.assessment, fact_values(fixture, service(fixture.profile))
    if (name := group.removeprefix("sts-")) in CHART_OF:
        assessment = assessed(in_group(name))
        yield assessment, {fact.id: fact.value for fact in assessment.facts.values()}


@pytest.mark.parametrize("group", ["gist-unresectable", "sts-extremity-recurrent-local"])
def test_an_applied_plan_offers_what_the_assessment_does(group: str) -> None:
    assert assert_applied_as_assessed(*next(patients(group))) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("group", GROUPS)
def test_every_plan_applied_to_its_patients_offers_what_the_assessment_does(group: str) -> None:
    assert sum(assert_applied_as_assessed(*patient) for patient in patients(group)) > 0
