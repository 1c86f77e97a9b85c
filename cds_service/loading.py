"""From the files of `knowledge/` and `cards/` to what every call shares, checked on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .authored import AuthoringMistakes, Document, Mistake
from .cards.wording import Wording, WordingMistakes, read_wording
from .case.extract.readings import READINGS_SCHEMA, Readings, read_readings
from .case.extract.variants import VARIANTS_SCHEMA, Variants, read_variants
from .case.vocabulary import CASE_FACTS, FACTS_SCHEMA, AuthoringError, Vocabulary, nearest, read_vocabulary
from .fhir.concept_map import Aliases, ConceptMapError, read_concept_map
from .fhir.prefetch import KEYS
from .fhir.terminology import SYSTEMS_SCHEMA, VALUE_SET_SCHEMA, Terminology, read_terminology
from .knowledge_files import KnowledgeFiles
from .pathway.criteria import compile_criterion
from .pathway.groups import compile_groups, compile_not_addressed
from .pathway.judge import Judge
from .pathway.knowledge import Knowledge, divided
from .pathway.offer_schema import offer_set_schema, pathway_schema
from .pathway.offer_sets import offers_by_set
from .pathway.option_schema import options_schema
from .pathway.options import Option, companions_of, compile_options
from .pathway.order_schema import orders_schema
from .pathway.rules import compile_rules
from .pathway.scope_schema import not_addressed_schema, scope_schema
from .pathway.source_schema import SOURCES_SCHEMA
from .pathway.table_schema import table_schema
from .pathway.tables import compile_tables
from .pathway.trial_schema import trial_schema
from .pathway.trials import compile_trials

KNOWLEDGE = Path(__file__).parent / "knowledge"
ASSESSMENT_SCHEMA = Path(__file__).parent / "pathway" / "assessment.schema.json"
AFFILIATE_PACK = "snomed-affiliate"

_VERSION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"version": {"type": "string", "pattern": r"^\d{4}\.\d{1,2}\.\d+$"}},
    "required": ["version"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Source:
    """One publication that the knowledge rests on."""

    id: str
    title: str
    short: str
    date: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that calls share: compiled knowledge, code tables and wording. Never changed.

    `conditional` are the authored files that hold criteria, as they were read, for those that report on them.
    """

    knowledge: Knowledge
    terminology: Terminology
    readings: Readings
    variants: Variants
    wording: Wording
    sources: Mapping[str, Source]
    citations: tuple[Mapping[str, str], ...]
    conditional: tuple[Document, ...] = ()


def find_wording() -> Path:
    """The folder of `cards/`: the packaged copy of an installed wheel, else the checkout's own."""
    packaged = Path(__file__).parent / "_wording"
    checkout = Path(__file__).parent.parent / "cards"
    for folder in (packaged, checkout):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("no wording: neither packaged with the wheel nor beside the package")


def load(
    knowledge: Path = KNOWLEDGE,
    wording: Path | None = None,
    *,
    snomed_affiliate: bool = False,
    concept_map: Path | None = None,
) -> Loaded:
    """Read, check and compile everything.

    `snomed_affiliate` adds the SNOMED CT ids outside the free Global Patient Set, which need a licence.
    `concept_map` is a site's FHIR ConceptMap from local codes to ours or to public ones.
    Raises AuthoringMistakes with every mistake of the first stage that has any.
    """
    read = KnowledgeFiles(knowledge)
    version = read.one("version.yaml", _VERSION_SCHEMA).content["version"]
    facts = read.one("facts.yaml", FACTS_SCHEMA)
    vocabulary = read.build(facts, lambda: read_vocabulary(facts.content, KEYS))
    source_file = read.one("sources.yaml", SOURCES_SCHEMA)
    sources = {
        row["id"]: Source(row["id"], row["title"], row["short"], row["date"], row.get("url"))
        for row in source_file.content["sources"]
    }
    option_file = read.one("options.yaml", options_schema(sources))
    options = read.build(option_file, lambda: compile_options(option_file.content))
    companions = read.build(option_file, lambda: companions_of(option_file.content))
    groups_named = vocabulary["patient-group"].values
    table_files = read.every("tables", table_schema(vocabulary, sources))
    set_files = read.every("offer_sets", offer_set_schema(vocabulary, sources, options))
    sets = read.build_named(
        {Path(d.name).stem: d for d in set_files}, lambda contents: offers_by_set(contents)
    )
    group_files = read.with_sets(
        read.every("pathways", pathway_schema(vocabulary, sources, options, groups_named, sets)),
        set_files,
        sets,
    )
    order_files = read.every("orders", orders_schema(vocabulary, sources, options))
    silent_file = read.one("not-addressed.yaml", not_addressed_schema(vocabulary, sources, options))
    trial_files = read.every("trials", trial_schema(vocabulary, sources, options))
    scope_file = read.one("scope.yaml", scope_schema(vocabulary))
    tables = read.build_all(table_files, lambda documents: compile_tables(documents, vocabulary))
    by_stem = {Path(d.name).stem: d for d in group_files}
    groups = read.build_named(by_stem, lambda contents: compile_groups(contents, vocabulary))
    rules = read.build_all(order_files, lambda documents: compile_rules(documents, vocabulary))
    not_addressed = read.build(
        silent_file, lambda: compile_not_addressed(silent_file.content, vocabulary, groups)
    )
    authored = [d.content for d in [*table_files, *group_files, *order_files, *trial_files]]
    trials = read.build_all(trial_files, lambda documents: compile_trials(documents, vocabulary))
    trees = [(content["disease"], _trees(content)) for content in authored]
    compiled = Knowledge(
        version=version,
        vocabulary=vocabulary,
        tables=tables,
        groups=groups,
        not_addressed=not_addressed,
        judge=Judge(options, rules, _unrecorded_is_no(vocabulary), companions),
        out_of_scope=tuple(
            compile_criterion(row["when"], vocabulary) for row in scope_file.content["out-of-scope"]
        ),
        trees=tuple(tree for _, found in trees for tree in found),
        trials=trials,
    )
    compiled = divided(
        compiled,
        {
            disease: tuple(tree for of, found in trees if of == disease for tree in found)
            for disease in vocabulary["disease"].values
        },
    )
    systems = read.one("systems.yaml", SYSTEMS_SCHEMA)
    value_sets = read.every("value_sets", VALUE_SET_SCHEMA)
    affiliate = read.every(f"value_sets/{AFFILIATE_PACK}", VALUE_SET_SCHEMA)
    if snomed_affiliate:
        value_sets += affiliate
    try:
        aliases = _site_codes(concept_map, compiled) if concept_map else {}
    except ConceptMapError as refused:
        raise AuthoringMistakes([Mistake(str(concept_map), 1, str(refused))]) from refused
    terminology = read.build_all(
        value_sets, lambda documents: read_terminology(systems.content, documents, aliases)
    )
    variant_file = read.one("variants.yaml", VARIANTS_SCHEMA)
    variants = read.build(
        variant_file, lambda: read_variants(variant_file.content, vocabulary["genotype"].values)
    )
    reading_file = read.one("readings.yaml", READINGS_SCHEMA)
    concepts = {c for d in [*value_sets, *affiliate] for c in d.content["concepts"]}
    readings = read.build(reading_file, lambda: read_readings(reading_file.content, vocabulary, concepts))
    read.build(reading_file, lambda: _check_named(reading_file.content, options, vocabulary))
    try:
        words = read_wording(wording or find_wording(), compiled)
    except WordingMistakes as refused:
        raise AuthoringMistakes([Mistake(*m) for m in refused.mistakes]) from refused
    return Loaded(
        knowledge=compiled,
        terminology=terminology,
        readings=readings,
        variants=variants,
        wording=words,
        sources=sources,
        citations=tuple(
            citation
            for d in [*table_files, *group_files, *order_files, *trial_files, silent_file, variant_file]
            for citation in _citations(d.content)
        ),
        conditional=(*table_files, *group_files, *order_files, *trial_files, silent_file, scope_file),
    )


def _site_codes(path: Path, knowledge: Knowledge) -> Aliases:
    """A site's ConceptMap; a target of our own CodeSystem must be a fact, a value or a test of ours."""
    aliases = read_concept_map(path)
    vocabulary = knowledge.vocabulary
    own = {
        *vocabulary,
        *(v for d in vocabulary.definitions.values() for v in d.values),
        *knowledge.judge.options,
    }
    for (system, code), targets in aliases.items():
        for target_system, target in targets:
            if target_system == CASE_FACTS and target not in own:
                raise ConceptMapError(
                    f"{system}|{code} maps to {target!r}, which is no code of ours{nearest(target, own)}"
                )
    return aliases


def _check_named(readings: Mapping[str, Any], options: Mapping[str, Option], vocabulary: Vocabulary) -> None:
    """Refuse a reading of an order that names nothing of ours, and of an organ that no fact can have.

    An order may be read as a general name (radiotherapy) of which `intents` say by disease what it stands for.
    """
    by_disease, intents = readings.get("items-by-disease", {}), readings.get("intents", {})
    ours = {*options, *(item for option in options.values() for item in option.items)}
    asked_for = {*ours, *(general for table in intents.values() for general in table)}
    organs = {*vocabulary["primary-site"].values, *vocabulary["metastatic-sites"].values}
    tables: list[tuple[tuple[str, ...], Mapping[str, Any], set[str], str]] = [
        (("items",), readings["items"], asked_for, _NO_ORDER),
        (("organs",), readings["organs"], organs, "is no value of 'primary-site' or 'metastatic-sites'"),
    ]
    tables += [(("items-by-disease", d), table, asked_for, _NO_ORDER) for d, table in by_disease.items()]
    tables += [
        (("intents", disease, general), table, ours, _NO_ORDER)
        for disease, generals in intents.items()
        for general, table in generals.items()
    ]
    for where, table, valid, problem in tables:
        for key, named in table.items():
            for word in [named] if isinstance(named, str) else named:
                if word not in valid:
                    raise AuthoringError(f"{word!r} {problem}{nearest(word, valid)}", (*where, key))


_NO_ORDER = "is neither an option of ours nor a drug or test of one"


def _unrecorded_is_no(vocabulary: Vocabulary) -> frozenset[str]:
    """Conditions whose absence from the record does not lower a verdict."""
    return frozenset(
        d.id for d in vocabulary.definitions.values() if d.absent_remark == "contraindication-not-recorded"
    )


def _citations(content: Any) -> list[Mapping[str, str]]:
    """Every citation inside plain content."""
    found: list[Mapping[str, str]] = []
    if isinstance(content, dict):
        if "says" in content and "source" in content and "section" in content:
            found.append(content)
        content = content.values()
    elif not isinstance(content, list):
        return found
    for value in content:
        if isinstance(value, dict | list):
            found += _citations(value)
    return found


def _trees(content: Any) -> list[Mapping[str, Any]]:
    """Every authored criterion inside plain content."""
    found: list[Mapping[str, Any]] = []
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "when":
                found.append(value)
            elif isinstance(value, dict | list):
                found += _trees(value)
    elif isinstance(content, list):
        for value in content:
            if isinstance(value, dict | list):
                found += _trees(value)
    return found
