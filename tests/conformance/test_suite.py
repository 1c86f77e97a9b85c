"""The suite against a service of somebody else's: it passes a lawful one, and sees each fault that one can have."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.conformance.call import latency
from cds_service.conformance.exchange import Exchange, Target
from cds_service.conformance.ledger import NOTHING_CAME, Ledger, Row
from cds_service.conformance.requirement import requirements
from cds_service.conformance.suite import Suite, Unreachable, encryption_finding

from .conftest import TODAY
from .foreign import HOOKS, SERVICE, ForeignService, missing, served

Json = dict[str, Any]

# passed or not run, never failed: who goes beyond the common subset has not promised to keep to it
NEVER_FAILS = {"template.subset"}
# what a service on this machine cannot show; both have a test of their own below
ELSEWHERE = {"security.tls", "call.latency"}


# nobody may use it towards a client that has not said that it knows it, so no lawful answer to the suite has it
USED_BY_AGREEMENT = {"cds-resp-7"}


def asked(service: ForeignService) -> Ledger:
    with served(service) as url:
        return Suite(Target(url, {}, 10), TODAY).run()


def row(ledger: Ledger, name: str) -> Row:
    (found,) = [row for row in ledger.rows if row.requirement.id == name]
    return found


@pytest.fixture(scope="module")
def lawful() -> Ledger:
    return asked(ForeignService())


@pytest.mark.parametrize("name", [r.id for r in requirements() if r.id not in ELSEWHERE])
def test_a_lawful_service_passes_all_that_can_be_seen(lawful: Ledger, name: str) -> None:
    found = row(lawful, name)
    if found.requirement.why_not_outside:
        assert (found.status, found.why) == (
            "not testable from outside",
            (found.requirement.why_not_outside,),
        )
    elif name in USED_BY_AGREEMENT:
        assert (found.status, found.why) == ("not run", (NOTHING_CAME,))
    else:
        assert (found.status, found.why) == ("pass", ())


def test_a_lawful_service_conforms(lawful: Ledger) -> None:
    assert lawful.conforms
    assert lawful.counts["not testable from outside"] < lawful.counts["pass"]


def when(condition: Callable[[Json], Any], status: int) -> Callable[[ForeignService], None]:
    """Answers calls of which the condition is true with this status."""

    def spoil(service: ForeignService) -> None:
        service.rules.insert(0, (lambda call: call is not None and condition(call), status))

    return spoil


def on_feedback(condition: Callable[[Json], Any], status: int) -> Callable[[ForeignService], None]:
    def spoil(service: ForeignService) -> None:
        service.feedback_rules.insert(0, (lambda body: body is not None and condition(body), status))

    return spoil


def on(hook: str) -> Callable[[Json], Any]:
    return lambda call: not missing(call) and call["hook"] == hook


def of_role(hook: str) -> Callable[[Json], Any]:
    return lambda call: on(hook)(call) and call["context"]["userId"].startswith("PractitionerRole/")


def failed_queries(call: Json) -> bool:
    return any(value and value["resourceType"] == "OperationOutcome" for value in prefetched(call))


def bare_drafts(call: Json) -> bool:
    return on("order-select")(call) and not any("code" in d or "authoredOn" in d for d in drafts(call))


def signed_again(call: Json) -> bool:
    return on("order-sign")(call) and any(draft["status"] == "active" for draft in drafts(call))


def drafts(call: Json) -> list[Json]:
    return [e["resource"] for e in call["context"].get("draftOrders", {}).get("entry", ())]


def prefetched(call: Json) -> list[Any]:
    return list(call.get("prefetch", {}).values())


def template(key: str, text: str) -> Callable[[ForeignService], None]:
    return lambda service: service.entries[0]["prefetch"].update({key: text})


def first(told: Json) -> Json:
    found = told["feedback"]
    return found[0] if isinstance(found, list) else {}


def twice_the_same_uuid(service: ForeignService) -> None:
    for card in service.answer["cards"]:
        card["uuid"] = service.card["uuid"]


def dependent_first(service: ForeignService) -> None:
    prefetch = service.entries[0]["prefetch"]
    service.entries[0]["prefetch"] = dict(reversed(prefetch.items()))


SPOILT: list[tuple[str, Callable[[ForeignService], Any]]] = [
    ("json.wire", lambda s: setattr(s, "content_type", "text/html")),
    ("json.strict", lambda s: setattr(s, "written", lambda text: f"{text[:-1]},}}")),
    ("json.fhir", lambda s: s.suggestion["actions"][0]["resource"].pop("resourceType")),
    ("json.no-null", lambda s: s.card.update(detail=None)),
    ("json.no-empty", lambda s: s.card.update(links=[])),
    ("json.no-empty", lambda s: s.entries[0].update(prefetch={})),
    ("json.omitted", lambda s: s.card.update(detail="")),
    ("capability.action-selection", lambda s: s.suggestion.update(actionSelectionBehavior="all")),
    ("discovery.address", lambda s: setattr(s, "discovery_status", 404)),
    ("discovery.list", lambda s: setattr(s, "discovery", s.entries)),
    ("discovery.attributes", lambda s: s.entries[0].update(usageRequirements=["none"])),
    ("discovery.hook", lambda s: s.entries[0].pop("hook")),
    ("discovery.title", lambda s: s.entries[0].pop("title")),
    ("discovery.description", lambda s: s.entries[0].pop("description")),
    ("discovery.id", lambda s: s.rules.append((lambda call: True, 404))),
    ("discovery.version", lambda s: s.entries[0].update(version="3")),
    ("discovery.hook-version", lambda s: s.entries[0].update(hookVersion="9.0")),
    ("template.delimiters", template("patient", "Patient/{context.patientId}")),
    ("template.tokens", template("patient", "Patient/{{Patient.id}}")),
    ("template.names", template("patient", "Patient/{{patientId}}")),
    ("template.of-type", template("drugs", "Medication?_id={{context.draftOrders.ofType(Drug).id}}")),
    ("template.order", dependent_first),
    ("template.common", template("conditions", "Condition?patient={{context.patientId}}&code:below=C49")),
    ("template.common", template("conditions", "Condition?patient=1&_include=Condition:asserter")),
    ("template.common", template("conditions", "Condition?patient.name=Smith")),
    ("template.common", template("conditions", "Condition?patient=1&onset-date=sa2024")),
    ("template.common", template("patient", "Patient/{{context.patientId}}/$everything")),
    ("call.extensions", when(lambda call: "extension" in call, 400)),
    ("call.no-prefetch", when(lambda call: not missing(call) and not prefetched(call), 500)),
    ("call.null", when(lambda call: None in prefetched(call), 500)),
    ("call.empty-search", when(lambda call: any(v and v.get("total") == 0 for v in prefetched(call)), 500)),
    ("prefetch.outcomes", when(failed_queries, 200)),
    ("prefetch.412", when(lambda call: not missing(call) and not prefetched(call), 400)),
    ("fhir.token-in-call", when(lambda call: "fhirServer" in call, 500)),
    ("error.outcome", lambda s: setattr(s, "outcome", "<html>Bad Request</html>")),
    ("error.not-json", lambda s: s.rules.append((lambda call: call is None, 500))),
    ("error.unknown-service", lambda s: setattr(s, "knows_every_id", True)),
    ("error.other-hook", when(lambda call: call.get("hook") == "encounter-discharge", 200)),
    ("error.missing-member", when(lambda call: "hookInstance" not in call, 200)),
    ("error.missing-member", when(lambda call: "patientId" not in call.get("context", {"patientId": 1}), 500)),
    ("order-select.context", when(on("order-select"), 500)),
    ("order-sign.context", when(on("order-sign"), 422)),
    ("patient-view.context", when(on("patient-view"), 404)),
    ("order-select.user", when(of_role("order-select"), 400)),
    ("order-sign.user", when(of_role("order-sign"), 400)),
    ("patient-view.user", when(lambda c: c.get("context", {}).get("userId", "").startswith("Patient/"), 400)),
    ("order-select.incomplete", when(bare_drafts, 500)),
    ("order-sign.revised", when(signed_again, 400)),
    ("response.ok", lambda s: setattr(s, "success", 201)),
    ("response.ok", lambda s: s.answer.pop("cards")),
    ("response.cards", lambda s: s.answer.update(cards={"one": {}})),
    ("response.system-actions", lambda s: s.answer["systemActions"][1].pop("resource")),
    ("card.uuid", twice_the_same_uuid),
    ("card.summary", lambda s: s.card.update(summary="x" * 140)),
    ("card.detail", lambda s: s.card.update(detail=["text"])),
    ("card.indicator", lambda s: s.card.update(indicator="hard-stop")),
    ("card.source", lambda s: s.card.pop("source")),
    ("card.selection-behavior", lambda s: s.card.update(selectionBehavior="all")),
    ("card.override-display", lambda s: s.card["overrideReasons"][0].pop("display")),
    ("source.label", lambda s: s.card["source"].pop("label")),
    ("source.url", lambda s: s.card["source"].update(url="/guideline")),
    ("coding.code", lambda s: s.card["source"]["topic"].pop("code")),
    ("coding.system", lambda s: s.card["overrideReasons"][0].pop("system")),
    ("suggestion.label", lambda s: s.suggestion.pop("label")),
    ("action.type", lambda s: s.suggestion["actions"][0].update(type="add")),
    ("action.description", lambda s: s.suggestion["actions"][0].pop("description")),
    ("action.create", lambda s: s.suggestion["actions"][0].pop("resource")),
    ("action.update", lambda s: s.suggestion["actions"][1].pop("resource")),
    ("action.delete", lambda s: s.suggestion["actions"][2].pop("resourceId")),
    ("link.label", lambda s: s.card["links"][0].pop("label")),
    ("link.url", lambda s: s.card["links"][0].update(url="launch")),
    ("link.type", lambda s: s.card["links"][0].update(type="relative")),
    ("extension.object", lambda s: s.card.update(extension="score")),
    ("extension.names", lambda s: s.answer.update(extension={"score": 3})),
    ("cds-resp-1", lambda s: s.card["suggestions"][1].update(isRecommended=True)),
    ("cds-resp-2", lambda s: s.suggestion["actions"][2].update(resource={"resourceType": "Basic"})),
    ("cds-resp-3", lambda s: s.card["links"][0].update(type="absolute")),
    ("cds-resp-4", lambda s: s.card["overrideReasons"][0].pop("display")),
    ("cds-resp-5", lambda s: s.suggestion["actions"][1].pop("description")),
    ("cds-resp-6", lambda s: s.card.pop("selectionBehavior")),
    ("cds-resp-7", lambda s: s.suggestion.update(actionSelectionBehavior="one")),
    ("cds-r-1", when(lambda call: "fhirAuthorization" in call and "fhirServer" not in call, 500)),
    ("feedback.accepted", on_feedback(lambda b: first(b).get("acceptedSuggestions"), 400)),
    ("feedback.overridden", on_feedback(lambda b: "overrideReason" not in first(b), 400)),
    ("feedback.reason", on_feedback(lambda b: "reason" not in first(b).get("overrideReason", {"reason": 1}), 400)),
    ("feedback.batch", on_feedback(lambda b: len(b["feedback"]) > 1, 400)),
    ("error.feedback", on_feedback(lambda b: "outcomeTimestamp" not in first(b), 200)),
    ("error.feedback", on_feedback(lambda b: isinstance(b["feedback"], dict), 500)),
    ("cors.origins", lambda s: s.preflight.update({"Access-Control-Allow-Credentials": "true"})),
    ("cors.origins", lambda s: s.preflight.update({"Access-Control-Allow-Methods": "GET"})),
]  # fmt: skip


def forget_first_time(service: ForeignService) -> None:
    """Takes feedback on a card once, as a store with a careless key would."""
    seen: list[str] = []

    def again(body: Json | None) -> bool:
        name = first(body or {"feedback": []}).get("card", "") if body and body["feedback"] else ""
        seen.append(name)
        return seen.count(name) > 1

    service.feedback_rules.append((again, 409))


SPOILT.append(("feedback.again", forget_first_time))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "spoil"), SPOILT, ids=[f"{n}-{name}" for n, (name, _) in enumerate(SPOILT)])
def test_a_fault_is_seen_under_its_requirement(name: str, spoil: Callable[[ForeignService], Any]) -> None:
    hook = name.partition(".")[0]
    service = ForeignService((hook if hook in HOOKS else "patient-view",))
    spoil(service)
    found = row(asked(service), name)
    assert found.status == "fail", found.why
    assert found.why


def test_every_requirement_that_can_be_seen_is_shown_to_fail() -> None:
    seen = {r.id for r in requirements() if not r.why_not_outside}
    assert {name for name, _ in SPOILT} == seen - NEVER_FAILS - ELSEWHERE


def test_the_common_subset_is_no_promise_of_those_who_go_beyond_it() -> None:
    service = ForeignService(("patient-view",))
    template("conditions", "Condition?patient.name=Smith")(service)
    assert row(asked(service), "template.subset").status == "not run"


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        ("https://cds.example.org", "pass"),
        ("http://cds.example.org", "fail"),
        ("http://127.0.0.1:8080", "not run"),
        ("https://localhost", "pass"),
    ],
)
def test_only_this_machine_needs_no_encryption(base: str, verdict: str) -> None:
    assert encryption_finding(Target(base, {}, 1)).verdict == verdict


@pytest.mark.parametrize(("seconds", "verdict"), [((0.1, 0.2, 9.0), "pass"), ((0.1, 1.5, 2.0), "fail")])
def test_half_of_the_answers_are_to_come_quickly(seconds: tuple[float, ...], verdict: str) -> None:
    exchanges = [Exchange("a call", None, 200, {}, "{}", {}, taken) for taken in seconds]
    assert [f.verdict for f in latency(exchanges)] == [verdict]


def test_a_service_without_feedback_is_not_blamed() -> None:
    service = ForeignService()
    service.feedback_rules.append((lambda body: True, 404))
    ledger = asked(service)
    assert ledger.conforms
    found = row(ledger, "feedback.accepted")
    assert found.status == "not run"
    assert "optional" in found.why[0]


def test_a_service_that_asks_who_calls_is_not_blamed() -> None:
    service = ForeignService()
    service.rules.append((lambda call: True, 401))
    ledger = asked(service)
    assert row(ledger, "order-select.context").status == "not run"
    assert "--header" in row(ledger, "order-select.context").why[0]


@pytest.mark.slow
def test_a_call_that_is_never_answered_fails_and_the_run_goes_on() -> None:
    service = ForeignService()

    def hang(call: Json | None) -> bool:
        if call is not None and on("order-sign")(call):
            time.sleep(0.6)
        return False

    service.rules.append((hang, 200))
    with served(service) as url:
        ledger = Suite(Target(url, {}, 0.3), TODAY).run()
    assert row(ledger, "order-sign.context").status == "fail"
    assert "no answer" in row(ledger, "order-sign.context").why[0]
    assert row(ledger, "patient-view.context").status == "pass"


def test_a_service_that_is_not_listed_cannot_be_called() -> None:
    with served(ForeignService()) as url:
        assert Suite(Target(url, {}, 10), TODAY, {SERVICE}).run().conforms
        with pytest.raises(Unreachable, match="no-such-service"):
            Suite(Target(url, {}, 10), TODAY, {"no-such-service"}).run()
