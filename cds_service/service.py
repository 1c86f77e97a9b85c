"""The five steps of a call: read the record, make the case, assess it, choose cards, answer.

HTTP and replay both come through `explain_hook`. Nothing here reads a clock, the environment or randomness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from .cards.app_link import AppLink
from .cards.card import Card, Link
from .cards.making import CardMaker
from .cards.select import cards_of
from .cards.suggestions import Creatable, Subject, SuggestionShape, creatable, for_subject
from .case.extract import Extractor
from .case.extract.supposing import Supposition
from .case.fact import Case, DraftOrder, Value
from .case.vocabulary import CASE_FACTS, nearest
from .client_profile import PROFILES, ClientProfile, NullMeans
from .digest import recorded_suggestions, suggestions_digest
from .fhir.prefetch import KEYS, templates
from .fhir.record import Record, TooManyEntries, read_record
from .http.wire import HookCall, Refusal, ServiceDescription
from .loading import KNOWLEDGE, Loaded
from .pathway.assessment import Assessment
from .pathway.criteria import compile_criterion, leaves
from .pathway.engine import assess
from .pathway.knowledge import Knowledge
from .settings import MAX_ENTRIES, PREFIX, SettingsError

SERVICE_ID = "sarcoma-pathway"
EXTENSION = "org.sarcoma-cds.assessment"
LAUNCH = "/smart/launch"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
# the Observations whose codes carry our facts, for clients that file them without a category
OBSERVATIONS = (
    "size.obs", "size.longest-dimension", "mitoses.obs.per-10hpf", "gen.obs.variant", "gene.BRAF.v600e-ihc",
    "margin.obs", "rupture.tumor", "resectability.unresectable", "disease-status.obs", "ecog.obs", "comorbid.statement",
    "asa.obs", "comorbid.pregnancy.obs",
    "obs.T", "obs.T.clinical", "obs.T.pathologic", "obs.stage-group", "obs.stage-group.clinical",
    "obs.stage-group.pathologic", "grade.obs", "morph.obs.behavior-and-type", "depth.fascia-invasion",
    "obs.M", "obs.M.clinical", "obs.M.pathologic", "obs.N", "obs.N.clinical", "obs.N.pathologic",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that calls share. Made once, at start; never changed."""

    knowledge: Knowledge
    extractor: Extractor
    maker: CardMaker
    prefetch: Mapping[str, str]
    profile: ClientProfile
    null_means: NullMeans
    never_served: tuple[str, ...] = ()
    assessment_extension: bool = True
    max_entries: int = MAX_ENTRIES
    app: AppLink | None = None

    def description(self) -> ServiceDescription:
        """What discovery says of the service."""
        return ServiceDescription(
            id=SERVICE_ID,
            title="Sarcoma pathway",
            description=(
                "Says whether a drafted order agrees with the treatment pathway of the patient's soft-tissue sarcoma "
                "or gastrointestinal stromal tumour (GIST), why, from which source, what is missing, and what to "
                "order instead. "
                "On opening a chart it says where the patient stands."
            ),
            usage_requirements=(
                "Conditions are needed to answer at all. Every other prefetch key that neither comes nor can be "
                "fetched with fhirAuthorization makes its facts unknown, and the cards say so. FHIR R4."
            ),
            hooks=self.profile.hooks,
            prefetch=self.prefetch,
            id_per_hook=self.profile.id_per_hook,
        )


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is found about a call's patient and orders, before a word of it is said."""

    case: Case
    drafts: tuple[DraftOrder, ...]
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with what led to it, for replay and `explain`."""

    response: dict[str, Any]
    case: Case
    drafts: tuple[DraftOrder, ...]
    assessment: Assessment
    cards: tuple[Card, ...]


def make_service(
    loaded: Loaded,
    public_url: str,
    *,
    profile: ClientProfile = PROFILES["default"],
    null_means: NullMeans | None = None,
    never_served: tuple[str, ...] = (),
    assessment_extension: bool = True,
    max_entries: int = MAX_ENTRIES,
    app: bool = False,
) -> Service:
    """Wire what was loaded.

    `public_url` is where this service's pages about its sources are reached, and with `app` its SMART app, to which
    cards then lead; `null_means` overrides what the client profile says of null. Raises SettingsError for a
    `never_served` key that is no prefetch key.
    """
    for key in never_served:
        if key not in KEYS:
            raise SettingsError(f"{PREFIX}NEVER_SERVED", key, f"prefetch keys{nearest(key, KEYS)}")
    knowledge = loaded.knowledge
    creations = suggested(loaded)
    # a site's own knowledge or codes may make others than those that are known to be valid
    if creations_digest(creations) != recorded_suggestions(KNOWLEDGE):
        validate(creations)
    links = {
        s.id: Link(s.short, s.url or f"{public_url.rstrip('/')}/sources/{s.id}")
        for s in loaded.sources.values()
    }
    extractor = Extractor(
        knowledge.vocabulary, loaded.terminology, loaded.readings, loaded.variants, _telling_apart(knowledge)
    )
    return Service(
        knowledge=knowledge,
        extractor=extractor,
        maker=CardMaker(
            knowledge,
            loaded.wording,
            creations,
            links,
            SuggestionShape(profile.selection_behavior, profile.one_action_each, profile.creates_first),
        ),
        prefetch=templates(loaded.terminology, OBSERVATIONS, CASE_FACTS),
        profile=profile,
        null_means=null_means or profile.null_means,
        never_served=never_served,
        assessment_extension=assessment_extension,
        max_entries=max_entries,
        app=AppLink(f"{public_url.rstrip('/')}{LAUNCH}", profile.app_context) if app else None,
    )


def record_of(call: HookCall, service: Service) -> Record:
    """The record that a call sends along. Raises Refusal (413) when it, or the draft orders, have too many entries."""
    if len(_draft_orders(call)) > service.max_entries:
        raise _too_many("context.draftOrders.entry", service.max_entries)
    try:
        return read_record(
            call.prefetch,
            service.prefetch,
            null_is_missing=service.null_means == "missing",
            never_served=service.never_served,
            max_entries=service.max_entries,
        )
    except TooManyEntries as found:
        raise _too_many(f"prefetch.{found.key}", service.max_entries) from None


def explain_hook(
    call: HookCall,
    service: Service,
    today: date,
    new_id: Callable[[], str],
    record: Record | None = None,
    supposition: Supposition | None = None,
) -> Answer:
    """The response with the case and the assessment behind it. `record` is the call's record, if it has been read,
    `supposition` what is supposed instead of read in a what-if. Raises Refusal (412) when there are no Conditions to
    go by."""
    found = assess_hook(call, service, today, record, supposition)
    case, assessment = found.case, found.assessment
    with call.timing.phase("render"):
        subject = Subject(
            str(call.context["patientId"]), case.condition, _requester(call.context.get("userId"))
        )
        cards = cards_of(service.maker, assessment, subject, new_id, patient_view=call.hook == "patient-view")
        if service.app is not None:
            for card in cards:
                service.app.added_to(card, call.hook, found.drafts)
        response: dict[str, Any] = {"cards": [card.wire for card in cards]}
        if service.assessment_extension:
            response["extension"] = {EXTENSION: assessment.to_json()}
    return Answer(response, case, found.drafts, assessment, tuple(cards))


def assess_hook(
    call: HookCall,
    service: Service,
    today: date,
    record: Record | None = None,
    supposition: Supposition | None = None,
) -> Assessed:
    """The assessment behind a response, without cards, for those who send none. Raises Refusal like `explain_hook`."""
    patient = str(call.context["patientId"])
    with call.timing.phase("map"):
        if record is None:
            record = record_of(call, service)
        selections = call.context.get("selections") if call.hook == "order-select" else None
        case, drafts = service.extractor.extract(
            record, patient, today, _draft_orders(call), selections, supposition
        )
    answered = record.answers["conditions"]
    why = record.why_failed.get("conditions")
    if answered in ("absent", "failed") or (answered == "partial" and case.condition is None):
        raise Refusal(
            412,
            "incomplete",
            f"The patient's Conditions are needed and {_HOW_LOST[answered]}{f' ({why})' if why else ''}.",
            "prefetch.conditions",
            "Send the prefetch key `conditions` with the complete answer to "
            f"`{service.prefetch['conditions']}`; an empty searchset means that there are none. Or send fhirServer "
            "and fhirAuthorization, if this service may ask that server.",
        )
    review = [d for d in drafts if d.selected]
    with call.timing.phase("evaluate"):
        assessment = assess(case, drafts, service.knowledge, review)
    return Assessed(case, tuple(drafts), assessment)


def _draft_orders(call: HookCall) -> Sequence[Any]:
    return (call.context.get("draftOrders") or {}).get("entry") or ()


def _too_many(where: str, limit: int) -> Refusal:
    return Refusal(
        413,
        "too-costly",
        f"The Bundles of the call hold more than {limit} entries.",
        where,
        "Send what discovery asks for about this one patient; the limit is the setting CDS_SERVICE_MAX_ENTRIES.",
    )


_REQUESTER = re.compile(r"Practitioner(?:Role)?/[A-Za-z0-9._-]{1,256}")
_HOW_LOST = {
    "absent": "did not come with the call",
    "failed": "their query failed",
    "partial": "only a part of them came",
}


def _requester(user: object) -> str | None:
    """Who may stand as requester of a suggested order: a practitioner by role or person."""
    return user if isinstance(user, str) and _REQUESTER.fullmatch(user) else None


def _telling_apart(knowledge: Knowledge) -> Callable[[str, Value, Value], bool]:
    """Whether any authored test answers differently for two values of a fact."""
    by_fact: dict[str, dict[str, Mapping[str, Any]]] = {}
    for tree in knowledge.trees:
        for leaf in leaves(tree):
            # many criteria hold the same test
            by_fact.setdefault(leaf["fact"], {})[repr(leaf)] = leaf
    vocabulary = knowledge.vocabulary
    criteria = {
        fact: [compile_criterion(leaf, vocabulary) for leaf in distinct.values()]
        for fact, distinct in by_fact.items()
    }

    def tells_apart(fact: str, one: Value, other: Value) -> bool:
        if one == other:
            return False
        return any(c.test({fact: one}) != c.test({fact: other}) for c in criteria.get(fact, ()))

    return tells_apart


def _drug_codings(loaded: Loaded) -> dict[str, tuple[str, str] | None]:
    """What a created prescription is coded with: the RxNorm ingredient, else the current ATC code."""
    found: dict[str, tuple[str, str] | None] = {}
    for option in loaded.knowledge.judge.options.values():
        for item in option.items:
            rows = loaded.terminology.codings.get(f"drug.{item}", ())
            by_name = [(s, c) for s, c, d in rows if s == RXNORM and (d or "").lower() == item]
            by_class = [(s, c) for s, c, d in rows if s == ATC and "pre-2021" not in (d or "")]
            found[item] = next(iter([*by_name, *by_class]), None)
    return found


def suggested(loaded: Loaded) -> Creatable:
    """The resources that suggestions create."""
    return creatable(loaded.knowledge.judge.options, loaded.wording, _drug_codings(loaded))


def creations_digest(creations: Creatable) -> str:
    """What tells suggested resources from others."""
    return suggestions_digest(msgspec.json.encode([creations.drugs, creations.tests], order="sorted"))


def validate(creations: Creatable) -> None:
    """Raises ValueError for a suggestion that is no valid FHIR.

    The models are large: `check` loads them, a start only for suggestions that no `check` has seen.
    """
    from fhir.resources.R4B.medicationrequest import MedicationRequest
    from fhir.resources.R4B.servicerequest import ServiceRequest

    subject = Subject("example", "Condition/example", "Practitioner/example")
    for resources in creations.drugs.values():
        for resource in resources:
            MedicationRequest.model_validate_json(msgspec.json.encode(for_subject(resource, subject)))
    for resource in creations.tests.values():
        ServiceRequest.model_validate_json(msgspec.json.encode(for_subject(resource, subject)))
