"""Every code that the service knows, by value set and concept; the licensed SNOMED CT pack is left out."""

from __future__ import annotations

from cds_service.authored import read_yaml
from cds_service.loading import KNOWLEDGE

from .markdown import code, table


def codes() -> str:
    """A heading for each value set and each concept, with its codes by system."""
    text = ""
    for path in sorted((KNOWLEDGE / "value_sets").glob("*.yaml")):
        content = read_yaml(path, path.name).content
        text += f"## {content['value_set'].capitalize()}\n\n"
        for concept, rows in content["concepts"].items():
            text += f"### {concept}\n\n" + table(("system", "code", "display"), map(_code, rows))
    return text


def words() -> str:
    """A table of the words that stand for a concept where a record has no usable code."""
    read = read_yaml(KNOWLEDGE / "readings.yaml", "readings.yaml").content["words"]
    return table(("concept", "words"), ((concept, ", ".join(said)) for concept, said in read.items()))


def systems() -> str:
    """A table of the code systems: our short name, its URI, other spellings that are understood."""
    rows = read_yaml(KNOWLEDGE / "systems.yaml", "systems.yaml").content["systems"]
    return table(
        ("system", "URI", "also understood"),
        ((code(row["system"]), code(row["uri"]), code(*row.get("also", ()))) for row in rows),
    )


def _code(row: dict[str, object]) -> tuple[str, str, str]:
    below = " and all that begin so" if row.get("prefix") else ""
    return str(row["system"]), f"{code(row['code'])}{below}", str(row.get("display", ""))
