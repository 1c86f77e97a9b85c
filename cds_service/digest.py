"""Which knowledge was checked: a digest over the files of `knowledge/`, and the record of the last full check.

The standard library alone is used, because the build of a wheel reads this module too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

# beside the files that it speaks of; committed, and so in every wheel
RECORD = "CHECKED"
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
    try:
        lines = (knowledge / RECORD).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((line.strip() for line in lines if line.startswith("sha256:")), None)


def record(knowledge: Path) -> None:
    """Write down that the knowledge as it stands was checked."""
    (knowledge / RECORD).write_text(f"{_HEAD}{digest(knowledge)}\n", encoding="utf-8", newline="\n")


def differs(knowledge: Path) -> str | None:
    """In one sentence how the knowledge differs from what was checked; None if it is the same."""
    checked, found = recorded(knowledge), digest(knowledge)
    if checked is None:
        return f"No record says that this knowledge ({found}) was checked."
    if checked != found:
        return f"The knowledge ({found}) is not the one that was checked ({checked})."
    return None
