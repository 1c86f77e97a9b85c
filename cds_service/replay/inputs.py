"""What `replay` is given: fixture folders, Bundles, recorded calls, and folders of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .fixture import Fixture, FixtureError, find_fixtures
from .recorded import RecordedCall, find_recorded, read_recorded

Replayable = Fixture | RecordedCall


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was found, in the order of the paths and by name below each; and JSON files that are neither a call
    nor a Bundle."""

    calls: tuple[Replayable, ...]
    left_out: tuple[Path, ...]


def find_inputs(paths: list[Path], today: date) -> Inputs:
    """Everything below the paths that can be replayed. `today` is the day of calls that state none.

    Raises FixtureError for what cannot be read and for a path that holds nothing to replay.
    """
    calls: list[Replayable] = []
    left_out: list[Path] = []
    for root in paths:
        found: list[Replayable] = []
        if root.is_dir():
            if any(root.rglob("expected.yaml")):
                found += find_fixtures([root])
            for path, call in find_recorded(root, today):
                if call is None:
                    left_out.append(path)
                else:
                    found.append(call)
        elif (call := read_recorded(root, root.stem, today)) is not None:
            found.append(call)
        if not found:
            raise FixtureError(f"{root}: {_NOTHING}")
        calls += sorted(found, key=lambda call: call.name)
    return Inputs(tuple(calls), tuple(left_out))


_NOTHING = (
    "nothing to replay here: neither a fixture (a folder with patient.json, request.json, expected.yaml), "
    "a FHIR Bundle nor a recorded call"
)
