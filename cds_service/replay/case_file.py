"""`case.yaml`: a patient in readable words, from which the files of a fixture are built.

It names the tumour, the facts, drugs and operations, the hook with its drafts, the queries that fail, the style in
which the record is coded, and what the sources lead one to expect.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..authored import AuthoringMistakes, Document, Mistake, Schema, read_yaml
from ..case.vocabulary import Vocabulary, nearest
from ..fhir.prefetch import KEYS
from .encoding import STYLES, Encodings

FILE = "case.yaml"
HOOKS = ("order-select", "order-sign", "patient-view")
HOW_ENDED = ("completed", "stopped", "not-tolerated", "failed")
INTENTS = ("neoadjuvant", "adjuvant", "curative", "palliative")
# how a query may go wrong; `partial` brings what there is and says that there is more
QUERIES = ("failed", "partial", "null", "absent")


def read_case(path: Path, vocabulary: Vocabulary, encodings: Encodings) -> dict[str, Any]:
    """The checked content of a `case.yaml`. Raises AuthoringMistakes with every mistake found."""
    name = "/".join(path.parts[-3:])
    document = read_yaml(path, name)
    if mistakes := Schema(_schema(vocabulary, encodings)).mistakes(document):
        raise AuthoringMistakes(mistakes)
    if mistakes := list(_wrong_values(document, vocabulary)):
        raise AuthoringMistakes(mistakes)
    content: dict[str, Any] = document.content
    return content


def _wrong_values(document: Document, vocabulary: Vocabulary) -> list[Mistake]:
    """Values that a stated fact cannot have."""
    found = []
    for name, value in document.content.get("facts", {}).items():
        definition = vocabulary[name]
        line = document.line(("facts", name))
        if definition.type in ("code", "codes"):
            for word in value if isinstance(value, list) else [value]:
                if word not in definition.values:
                    told = f"{word!r} is no value of {name!r}{nearest(str(word), definition.values)}"
                    found.append(Mistake(document.name, line, told))
        elif isinstance(value, bool) != (definition.type == "boolean") or isinstance(value, (list, str)):
            found.append(Mistake(document.name, line, f"{name!r} is a {definition.type}, not {value!r}"))
    return found


def _object(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _several(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _schema(vocabulary: Vocabulary, encodings: Encodings) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    # YAML reads an unquoted day as a date
    day: dict[str, Any] = {}
    drug = {"enum": list(encodings.drugs)}
    return _object(
        ("title", "why", "today", "encoding", "tumour", "expect"),
        title=text,
        why=text,
        today=day,
        encoding={"enum": list(STYLES)},
        patient=_object(born=day, sex={"enum": ["female", "male"]}),
        tumour=_object(
            ("is",),
            **{
                "is": {"enum": list(encodings.tumours)},
                "in": {"enum": list(encodings.sites)},
                "since": day,
                "status": {"enum": ["active", "recurrence", "remission"]},
            },
        ),
        metastases=_several({"enum": list(encodings.metastases)}),
        facts={
            "type": "object",
            "propertyNames": {"enum": [d for d in vocabulary if d not in ("disease", "age-years")]},
        },
        measured=day,
        seen=day,
        drugs=_several(
            _object(
                ("drug", "from"),
                **{
                    "drug": drug,
                    "from": day,
                    "to": day,
                    "ended": {"enum": list(HOW_ENDED)},
                    "intent": {"enum": list(INTENTS)},
                    "daily-mg": {"type": "number"},
                },
            )
        ),
        procedures=_several(
            _object(
                ("done", "day"),
                done={"enum": list(encodings.procedures)},
                day=day,
                margin={"enum": ["R0", "R1", "R2"]},
                intent={"enum": list(INTENTS)},
                of={"enum": list(encodings.metastases)},
            )
        ),
        illnesses=_several({"enum": list(encodings.illnesses)}),
        hook={"enum": list(HOOKS)},
        drafts=_several(
            {
                **_object(
                    **{
                        "drug": drug,
                        "procedure": text,
                        "of": {"enum": list(encodings.metastases)},
                        "reason": {"enum": ["tumour", "none"]},
                        "intent": {"enum": list(INTENTS)},
                        "daily-mg": {"type": "number"},
                        "selected": {"type": "boolean"},
                    }
                ),
                "oneOf": [{"required": ["drug"]}, {"required": ["procedure"]}],
            }
        ),
        queries={
            "type": "object",
            "propertyNames": {"enum": list(KEYS)},
            "additionalProperties": {"enum": list(QUERIES)},
        },
        expect={"type": "object", "minProperties": 1},
    )
