"""The licences of everything that an installation takes in: `make licences` writes `deploy/licences.csv`.

Names come from what `sarcoma-pathway-cds` and its extras ask for, licences from the metadata of what is installed (read
by pip-licenses), those of what is packed into the wheel from npm's lock file.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "sarcoma-pathway-cds"
# what a site may install beside the service; the other extras are for those who work on it
EXTRAS = ("conformance", "population", "spark", "tracing")
CHECKOUT = Path(__file__).resolve().parents[1]
LIST = CHECKOUT / "deploy" / "licences.csv"
COLUMNS = ("package", "licence", "for")

PERMISSIVE = frozenset(
    {
        "3-Clause BSD License",
        "Apache Software License",
        "Apache Software License; BSD License",
        "Apache-2.0",
        "Apache-2.0 AND BSD-2-Clause",
        "Apache-2.0 OR BSD-3-Clause",
        "BSD",
        "BSD License",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "MIT",
        "MIT License",
        "MIT-0",
        "PSF-2.0",
    }
)
# Not permissive: taken as they are, unchanged and installed beside the service, never packed with it. The service's own
# licence stays what it is; whoever hands on an image hands these on under their own terms.
BESIDE = {
    "certifi": "Mozilla Public License 2.0 (MPL 2.0)",
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
    "pygal": "GNU Lesser General Public License v3 or later (LGPLv3+)",
}
# Their metadata name no licence; the licence file that they install is that of the MIT licence.
SILENT = {"fhirpathpy": "MIT", "quickjs-ng": "MIT"}


@dataclass(frozen=True, order=True)
class Entry:
    """One package, its licence as its metadata word it, and what it is for: the service, an extra, the wheel."""

    package: str
    licence: str
    purpose: str

    def acceptable(self) -> bool:
        return self.licence in PERMISSIVE or BESIDE.get(self.package) == self.licence


def asked_for(extra: str = "") -> frozenset[str]:
    """Every package that the project takes in on this machine, directly or not; with an extra what that adds too.

    Raises PackageNotFoundError if one of them is not installed.
    """
    found: dict[tuple[str, frozenset[str]], None] = {}
    waiting = [(PROJECT, frozenset({extra}) if extra else frozenset[str]())]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in found:
            continue
        found[name, extras] = None
        for line in requires(name) or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras or {""}):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return frozenset(name for name, _ in found) - {PROJECT}


def installed() -> list[Entry]:
    """What is installed for the service and its extras, by name."""
    service = asked_for()
    purposes = dict.fromkeys(service, "service")
    for extra in EXTRAS:
        for name in asked_for(extra) - purposes.keys():
            purposes[name] = extra
    licences = _licences(purposes)
    return sorted(Entry(name, licences[name], purpose) for name, purpose in purposes.items())


def packed() -> list[Entry]:
    """What the wheel packs from npm."""
    lock = json.loads((CHECKOUT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    return sorted(
        Entry(path.removeprefix("node_modules/"), package["license"], "packed into the wheel")
        for path, package in lock["packages"].items()
        if path
    )


def read(path: Path = LIST) -> list[Entry]:
    """The list as it was written."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Entry(*(row[column] for column in COLUMNS)) for row in csv.DictReader(lines)]


def write(entries: Iterable[Entry], path: Path = LIST) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((e.package, e.licence, e.purpose) for e in entries)


def _licences(names: Iterable[str]) -> dict[str, str]:
    told = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--packages", *names],
        capture_output=True,
        text=True,
        check=True,
    )
    by_name: dict[str, str] = {
        canonicalize_name(row["Name"]): row["License"] for row in json.loads(told.stdout)
    }
    return by_name | {name: SILENT[name] for name in SILENT if by_name.get(name) == "UNKNOWN"}


def main() -> None:
    entries = [*installed(), *packed()]
    write(entries)
    refused = [f"{e.package}: {e.licence}" for e in entries if not e.acceptable()]
    if refused:
        sys.exit("These licences are not among the permissive ones: " + "; ".join(refused))


if __name__ == "__main__":
    main()
