"""Files that are there in full or not at all, whenever the machine stops."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` once the block has ended without an error."""
    # on a cluster two processes may have the same number
    unfinished = path.with_name(f"{path.name}.{platform.node()}.{os.getpid()}{UNFINISHED}")
    try:
        yield unfinished
        with unfinished.open("rb+") as written:
            os.fsync(written.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def place(path: Path, content: bytes) -> None:
    """Write a file in one step."""
    with placed(path) as unfinished:
        unfinished.write_bytes(content)


def remove_unfinished(folder: Path) -> None:
    """Remove what was being written when a run was ended."""
    for path in folder.rglob(f"*{UNFINISHED}"):
        path.unlink(missing_ok=True)
