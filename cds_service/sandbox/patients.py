"""The synthetic patients of the checkout, to choose one from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ..replay.fixture import Fixture, FixtureError, read_fixture

_NAME = re.compile(r"[A-Za-z0-9._+-]+(?:/[A-Za-z0-9._+-]+)*")


@dataclass(frozen=True, slots=True)
class Listed:
    """A patient as a list shows it. `name` is the path below the folder of fixtures, `hook` the one that fires."""

    name: str
    title: str
    hook: str

    @property
    def folder(self) -> str:
        return self.name.partition("/")[0]

    def found_by(self, words: str) -> bool:
        """Whether each of the words stands in name, title or hook, in any case."""
        told = f"{self.name} {self.title} {self.hook}".lower()
        return all(word in told for word in words.lower().split())


@dataclass(frozen=True, slots=True)
class Patients:
    """The fixtures below a folder, read anew when their files change. None: an installed wheel, which has none."""

    folder: Path | None

    def listed(self, words: str = "") -> Mapping[str, tuple[Listed, ...]]:
        """The patients that the words find, by the folder that they stand in, which is named like a patient group
        where it shows one. Fixtures that cannot be read are left out."""
        found: dict[str, list[Listed]] = {}
        for path in sorted(self.folder.rglob("expected.yaml")) if self.folder else ():
            patient = self._listed(path)
            if patient is not None and patient.found_by(words):
                found.setdefault(patient.folder, []).append(patient)
        return {folder: tuple(patients) for folder, patients in found.items()}

    def read(self, name: str) -> Fixture | None:
        """The patient of a name; None if there is none, or its files cannot be read."""
        if self.folder is None or not _NAME.fullmatch(name) or ".." in name:
            return None
        folder = self.folder / name
        if not (folder / "expected.yaml").is_file():
            return None
        try:
            return read_fixture(folder, name)
        except FixtureError:
            return None

    def _listed(self, expected: Path) -> Listed | None:
        assert self.folder is not None
        request = expected.with_name("request.json")
        try:
            changed = (expected.stat().st_mtime_ns, request.stat().st_mtime_ns)
        except OSError:
            return None
        return _summary(expected, request, expected.parent.relative_to(self.folder).as_posix(), changed)


@lru_cache(maxsize=4096)
def _summary(expected: Path, request: Path, name: str, _changed: tuple[int, int]) -> Listed | None:
    try:
        title = yaml.load(expected.read_bytes(), yaml.CSafeLoader).get("title")
        hook = json.loads(request.read_bytes())["hook"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return None
    return Listed(name, str(title or name), str(hook))
