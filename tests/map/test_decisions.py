"""A table and its drawing say the same, and what the knowledge holds is drawn."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from cds_service.case.fact import Choice, Members, Value
from cds_service.loading import Loaded, load
from cds_service.map.decisions import Decision, Ending, Question, decisions_of
from cds_service.map.sketch import Sketch
from cds_service.map.wayfinding import Silence, pathway_of
from cds_service.pathway.groups import PLACED_BY
from tests.knowledge.authoring import Copy
from tests.shipped import shipped

TABLES = [(d, t.derives) for d, k in shipped(affiliate=True).knowledge.diseases.items() for t in k.tables]
# in tables of sets a fact is asked for by several tests, which the points below do not keep apart; and a table that
# asks what is stated or known reads silence, which a map draws as a record
UNLIKE = {"inhibitor-given", "imatinib-sensitivity", "local-stage"}


def _value(question: Question, state: int) -> Value:
    value = question.states[state]
    if isinstance(value, Members):
        return Members(frozenset(sorted(value.present)[:1]))
    return value


@pytest.mark.parametrize(("disease", "fact"), [t for t in TABLES if t[1] not in UNLIKE])
def test_following_the_drawing_gives_what_the_table_says(loaded: Loaded, disease: str, fact: str) -> None:
    knowledge = loaded.knowledge.of(disease)
    table = knowledge.table(fact)
    assert table is not None
    drawn = decisions_of(table, knowledge)
    asked = {n.question.fact: n.question for n in drawn.nodes.values() if isinstance(n, Decision)}
    unknown = {d.id: d.unknown() for d in knowledge.vocabulary.definitions.values()}
    for states in product(*(range(len(q.states)) for q in asked.values())):
        answers = dict(zip(asked, states, strict=True))
        values = unknown | {name: _value(q, answers[name]) for name, q in asked.items()}
        for other in knowledge.tables:
            if other.derives not in asked and other.derives in table.facts:
                values[other.derives] = other.evaluate(values)
        node = drawn.nodes[drawn.start]
        while isinstance(node, Decision):
            (branch,) = [b for b in node.branches if answers[node.question.fact] in b.states]
            node = drawn.nodes[branch.to]
        result = table.evaluate(values)
        assert isinstance(result, Choice)
        assert frozenset(node.results) == result.possible, answers


@pytest.mark.parametrize(("disease", "fact"), TABLES)
def test_each_answer_stands_in_one_branch_and_leads_somewhere_else(
    loaded: Loaded, disease: str, fact: str
) -> None:
    table = loaded.knowledge.of(disease).table(fact)
    assert table is not None
    drawn = decisions_of(table, loaded.knowledge.of(disease))
    results = set()
    for node in drawn.nodes.values():
        if isinstance(node, Ending):
            results |= set(node.results)
            continue
        states = [s for b in node.branches for s in b.states]
        assert sorted(states) == list(range(len(node.question.states)))
        ends = [b.to for b in node.branches]
        assert len(set(ends)) == len(ends) > 1
        assert all(end in drawn.nodes for end in ends)
    assert results == {r for row in table.rows for r in row.results}


@pytest.mark.parametrize("disease", ["gist", "sts"])
def test_every_group_and_every_silence_of_the_knowledge_is_an_end_of_its_map(
    loaded: Loaded, disease: str
) -> None:
    knowledge = loaded.knowledge.of(disease)
    pathway = pathway_of(loaded, disease)
    ends: list[str] = []
    for ending in pathway.endings.values():
        ends += ending.situations if isinstance(ending, Silence) else [str(r) for r in ending.results]
    assert sorted(ends) == sorted([*knowledge.groups, *knowledge.not_addressed])
    assert 10 <= len(pathway.sketch.nodes) <= 40


def test_a_group_that_is_treated_as_another_leads_on_to_its_decisions(loaded: Loaded) -> None:
    sketch = pathway_of(loaded, "sts").sketch
    treated = [g.id for g in loaded.knowledge.groups.values() if g.treated_as]
    assert treated
    aside = {li.start: li.end for li in sketch.links if li.aside}
    assert aside == dict.fromkeys(treated, "local-stage")


def test_a_row_that_moves_moves_the_drawing(tmp_path: Path) -> None:
    copy = Copy.make(tmp_path)
    before = pathway_of(load(copy.root / "knowledge", copy.root / "cards"), "gist")
    copy.replace(
        "knowledge/tables/gist.yaml",
        "- {fact: tumour-size-cm, below: 2}",
        "- {fact: tumour-size-cm, up-to: 3}",
    )
    after = pathway_of(load(copy.root / "knowledge", copy.root / "cards"), "gist")

    def answers(sketch: Sketch) -> set[str]:
        return {" ".join(li.label) for li in sketch.links_from("tumour-size-cm")}

    assert answers(before.sketch) == {"less than 2 cm", "at least 2 cm"}
    assert answers(after.sketch) == {"at most 3 cm", "more than 3 cm"}


def test_a_fact_that_no_table_derives_has_no_map(loaded: Loaded) -> None:
    with pytest.raises(KeyError):
        pathway_of(loaded, "gist", "tumour-size-cm")
    assert pathway_of(loaded, "gist", PLACED_BY).table.derives == PLACED_BY
