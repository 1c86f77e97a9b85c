"""What a patient group offers, drawn: its lines, under which conditions, and the options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..cards.render import listed
from ..case.fact import Choice
from ..export.condition_words import LINES, Words, condition_words
from ..loading import Loaded
from ..pathway.answer import Answer
from ..pathway.assessment import Assessment, Offered
from ..pathway.criteria import Values
from ..pathway.groups import PLACED_BY, Group
from ..pathway.knowledge import Knowledge
from ..pathway.options import Offer
from ..pathway.verdict import Verdict
from .explanation import Explanation
from .position import State
from .sketch import Link, Node, Sketch, link, node
from .wayfinding import titled

# a longer condition is told by the facts that it asks for; its explanation has it in full
_SHORT = 110


@dataclass(frozen=True, slots=True)
class Offering:
    """The drawing of one group; `offers` are the options' boxes by id."""

    group: Group
    sketch: Sketch
    offers: Mapping[str, Offer]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a group's offers stand for one patient: states as on a pathway, and the words on the boxes.

    `certain` says whether the patient is in the group and in no other situation; otherwise an answer holds if the
    patient is in it.
    """

    states: Mapping[str, State]
    tags: Mapping[str, str]
    answers: Mapping[str, Answer]
    verdicts: Mapping[str, Verdict]
    certain: bool = True


def offering_of(loaded: Loaded, group: str) -> Offering:
    """The drawing of a patient group: lines, conditions, options. Options of one condition stand behind it together.

    Raises KeyError for a group that the knowledge does not have.
    """
    found = loaded.knowledge.groups[group]
    nodes: dict[str, Node] = {group: node(group, "group", loaded.wording.short("groups", group))}
    links: list[Link] = []
    offers: dict[str, Offer] = {}
    for line in LINES:
        of_line = [o for o in found.offers if o.line == line]
        if not of_line:
            continue
        nodes[line] = node(line, "line", LINES[line][:1].upper() + LINES[line][1:])
        links.append(link(group, line))
        conditions: dict[str, str] = {}
        for offer in of_line:
            start = line
            tree = offer.criterion.tree
            if "always" not in tree:
                start = conditions.setdefault(repr(tree), f"{line}.{len(conditions) + 1}")
                if start not in nodes:
                    nodes[start] = node(start, "condition", "", _condition(loaded, offer))
                    links.append(link(line, start))
            offers[offer.id] = offer
            nodes[offer.id] = node(offer.id, "option", *_option(loaded, offer))
            links.append(link(start, offer.id))
    return Offering(found, Sketch(nodes, tuple(links), group, ordered=True), offers)


def _option(loaded: Loaded, offer: Offer) -> tuple[str, str]:
    """The words on an option's box: its name, and the sources that state it."""
    role = f" ({offer.role.replace('-', ' ')})" if offer.role else ""
    cited = f"sources {listed(offer.sources)}" if len(offer.sources) > 1 else f"source {offer.sources[0]}"
    differs = ", which differ" if offer.differs and len(offer.sources) > 1 else ""
    return f"{loaded.wording.short('options', offer.option)}{role}", f"{cited}{differs}"


def _condition(loaded: Loaded, offer: Offer) -> str:
    words = flat(condition_words(offer.criterion.tree, loaded.knowledge.vocabulary, loaded.wording))
    if len(words) <= _SHORT:
        return f"if {words}"
    asked = [f for f in loaded.knowledge.vocabulary if f in offer.criterion.facts]
    return f"depends on {listed([loaded.wording.short('facts', f) for f in asked])}"


def flat(words: Words) -> str:
    """A condition on one line."""
    if not words.inside:
        return words.text
    parts = [f"({flat(part)})" if part.inside else part.text for part in words.inside]
    for joined, joint in (("any of these:", "; or "), ("all of these:", "; ")):
        if words.text.endswith(joined):
            return words.text.removesuffix(joined) + joint.join(parts)
    return f"{words.text} {'; '.join(parts)}"


def standing_of(offering: Offering, loaded: Loaded, assessment: Assessment) -> Standing:
    """How each offer of the group stands for a patient of whom the group is possible, and the drafted orders'
    verdicts on the options that they ask for. Nothing is offered that the assessment does not say is met."""
    knowledge = loaded.knowledge.of(assessment.disease)
    values = {name: fact.value for name, fact in assessment.facts.items()}
    certain = _certain(offering.group, assessment)
    insides = [group.within(values) for group in _situations(offering.group, values, knowledge)]
    given = {_key(o): o.answer for o in assessment.options}
    answers: dict[str, Answer] = {}
    for name, offer in offering.offers.items():
        answer = _alike([offer.evaluate(inside) for inside in insides])
        if answer is not False and knowledge.judge.refused(offer.option, values):
            answer = False
        answers[name] = _no_surer(answer, given.get(_key(offer), False), certain=certain)
    drafted = {v.option: v for v in assessment.verdicts if v.option is not None}
    verdicts = {name: drafted[o.option] for name, o in offering.offers.items() if o.option in drafted}
    told: dict[Answer, State] = {True: "here" if certain else "possible", None: "possible", False: "excluded"}
    states: dict[str, State] = {name: told[answer] for name, answer in answers.items()}
    for name in reversed(list(offering.sketch.nodes)):
        for li in offering.sketch.links_from(name):
            state = states[li.end]
            states[li.id] = "taken" if state == "here" else state
        if name not in offering.offers:
            behind = {states[li.id] for li in offering.sketch.links_from(name)}
            states[name] = next((s for s in _SUREST if s in behind), "taken" if certain else "possible")
    words = _TAGS if certain else _TAGS_IF
    tags = {name: words[answer] for name, answer in answers.items() if answer is not False}
    for name, verdict in verdicts.items():
        tags[name] = f"drafted: {loaded.wording.short('values', verdict.verdict)}"
    return Standing(states, tags, answers, verdicts, certain)


def _certain(group: Group, assessment: Assessment) -> bool:
    """Whether the patient is in this group, or treated as it, and in no other situation."""
    if not assessment.facts[PLACED_BY].value.known:
        return False
    among = (*assessment.treated_as, *assessment.not_addressed)
    return group.id in assessment.groups or among == (group.id,)


def _situations(group: Group, values: Values, knowledge: Knowledge) -> list[Group]:
    """The situations in which the offers of a group are weighed: the group, or all as which it may be treated."""
    treated = values[group.treated_as] if group.treated_as is not None else None
    if not isinstance(treated, Choice):
        return [group]
    return [knowledge.situation(str(name)) for name in sorted(treated.possible, key=str)]


def _alike(answers: Sequence[Answer]) -> Answer:
    """What all situations answer; unknown where they differ."""
    return answers[0] if len(set(answers)) == 1 else None


def _no_surer(answer: Answer, given: Answer, *, certain: bool) -> Answer:
    """The answer for one box, never better than what the assessment gives for its option over all that is possible."""
    if answer is False or given is False:
        return False
    return answer if given or not certain else None


def _key(offer: Offer | Offered) -> tuple[str, str | None, str]:
    return offer.option, offer.role, offer.line


_SUREST: tuple[State, ...] = ("taken", "possible", "excluded")
_TAGS: Mapping[Answer, str] = {True: "● offered", None: "? open"}
_TAGS_IF: Mapping[Answer, str] = {True: "○ if in this group", None: "? open"}
_TOLD: Mapping[Answer, str] = {
    True: "Offered to this patient.",
    None: "Open: it hangs on what is not known.",
    False: "Not offered to this patient.",
}
_TOLD_IF: Mapping[Answer, str] = {
    True: "Offered if the patient is in this group, which is not certain.",
    None: "Open: it hangs on what is not known, even if the patient is in this group.",
    False: "Not offered if the patient is in this group.",
}


def offer_explanations(
    loaded: Loaded, offering: Offering, standing: Standing | None = None, assessment: Assessment | None = None
) -> list[Explanation]:
    """One for each box but those of the lines: who belongs to the group, a condition in full, what an option is
    offered for and by which sources."""
    found = []
    for name, drawn in offering.sketch.nodes.items():
        if name in offering.offers:
            found.append(_offer(loaded, offering, name, standing, assessment))
        elif drawn.kind == "condition":
            offer = next(offering.offers[li.end] for li in offering.sketch.links_from(name))
            found.append(Explanation(name, "Condition", when=_when(loaded, offer)))
        elif drawn.kind == "group":
            group = offering.group
            found.append(
                Explanation(name, " ".join(drawn.title), group.definition, citations=group.citations)
            )
    return found


def _offer(
    loaded: Loaded, offering: Offering, name: str, standing: Standing | None, assessment: Assessment | None
) -> Explanation:
    offer, wording = offering.offers[name], loaded.wording
    detail = wording.detail("options", offer.option)
    is_open = standing is not None and standing.answers[name] is None
    return Explanation(
        name,
        " ".join(offering.sketch.nodes[name].title),
        detail if detail != wording.short("options", offer.option) else "",
        _state(loaded, offering, standing, name),
        settle=tuple(_settle(loaded, offer, assessment)) if is_open and assessment is not None else (),
        citations=offer.citations,
        when=_when(loaded, offer),
        differs=wording.detail("differences", offer.differs) if offer.differs else "",
    )


def _when(loaded: Loaded, offer: Offer) -> Words:
    return condition_words(offer.criterion.tree, loaded.knowledge.vocabulary, loaded.wording)


def _state(loaded: Loaded, offering: Offering, standing: Standing | None, name: str) -> str:
    if standing is None:
        return ""
    told = _answered(offering, standing, name)
    verdict = standing.verdicts.get(name)
    if verdict is None:
        return told
    reasons = [loaded.wording.detail("reasons", r) for r in verdict.reasons]
    word = loaded.wording.short("values", verdict.verdict)
    return " ".join([told, f"The drafted order: {word}.", *reasons])


def _answered(offering: Offering, standing: Standing, name: str) -> str:
    """How one offer stands, in words. One option may be offered under several conditions: that one of them is not
    met says nothing of the others."""
    answer = standing.answers[name]
    if answer is False:
        of_option = {a for o, a in standing.answers.items() if _same_option(offering, o, name)}
        if of_option != {False}:
            return "Not under this condition."
    return (_TOLD if standing.certain else _TOLD_IF)[answer]


def _same_option(offering: Offering, one: str, other: str) -> bool:
    return offering.offers[one].option == offering.offers[other].option


def _settle(loaded: Loaded, offer: Offer, assessment: Assessment) -> Iterator[tuple[str, str]]:
    """The facts that would settle an open offer, and how to record them."""
    for offered in assessment.options:
        if _key(offered) == _key(offer):
            for fact in offered.needs:
                yield titled(loaded, fact), loaded.wording.detail("facts", fact)
