"""Which knowledge was checked: a digest over the files of `knowledge/`, and the record of the last full check.

The standard library alone is used, because the build of a wheel reads this module too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

# beside the files that it speaks of; committed, and so in every wheel
RECORD = "CHECKED"
_SUGGESTED = "suggestions "
_HEAD = "# The knowledge that passed every check last. Written by: cds-service check --write\n"


def digest(knowledge: Path) -> str:
    """`sha256:` and the digest over the path and the text of every YAML file, in the order of the paths.

    Canonical: line ends count as one character whatever the system, and no other file counts.
    """
    total = hashlib.sha256()
    names = sorted(path.relative_to(knowledge).as_posix() for path in knowledge.rglob("*.yaml"))
    for name in names:
        text = (knowledge / name).read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{name}\n{len(text)}\n".encode())
        total.update(text)
    return f"sha256:{total.hexdigest()}"


def recorded(knowledge: Path) -> str | None:
    """The digest of the knowledge that was checked last; None if there is no record."""
    return next((line.strip() for line in _lines(knowledge) if line.startswith("sha256:")), None)


def _lines(knowledge: Path) -> list[str]:
    try:
        return (knowledge / RECORD).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def suggestions_digest(resources: bytes) -> str:
    """`sha256:` and the digest of the resources that suggestions create."""
    return f"sha256:{hashlib.sha256(resources).hexdigest()}"


def recorded_suggestions(knowledge: Path) -> str | None:
    """The digest of the suggested resources that were valid FHIR when this knowledge was checked; None if there is
    no record."""
    return next(
        (line.removeprefix(_SUGGESTED) for line in _lines(knowledge) if line.startswith(_SUGGESTED)), None
    )


def record(knowledge: Path, suggestions: str | None = None) -> None:
    """Write down that the knowledge as it stands was checked, and the digest of the suggestions that go with it."""
    suggested = f"{_SUGGESTED}{suggestions}\n" if suggestions else ""
    text = f"{_HEAD}{digest(knowledge)}\n{suggested}"
    (knowledge / RECORD).write_text(text, encoding="utf-8", newline="\n")


def differs(knowledge: Path) -> str | None:
    """In one sentence how the knowledge differs from what was checked; None if it is the same."""
    checked, found = recorded(knowledge), digest(knowledge)
    if checked is None:
        return f"No record says that this knowledge ({found}) was checked."
    if checked != found:
        return f"The knowledge ({found}) is not the one that was checked ({checked})."
    return None
