"""The map of the README is the tree: all that it names is there, and all that is there is named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
NAME = re.compile(r"(?<![\w./-])([\w.-]+(?:/[\w.-]+)*(?:/|\.\w+))(?![\w(])")
# what people who look at the front page know already
KNOWN = {".gitignore", "LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml"}


def tracked() -> frozenset[PurePosixPath]:
    """Every file and folder of the checkout that git knows of."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs the checkout to be a clone: git ls-files")
    files = {PurePosixPath(name) for name in listed.stdout.split("\0") if name}
    return frozenset(files | {parent for file in files for parent in file.parents if parent.name})


def named() -> dict[PurePosixPath, list[PurePosixPath]]:
    """For each entry of the map its path, and what its description names, each with the places where that may be."""
    (layout,) = re.findall(r"^## How it works\n.*?^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    found: dict[PurePosixPath, list[PurePosixPath]] = {}
    top = entry = PurePosixPath()
    for line in layout.splitlines():
        begins = re.match(r"( {0,2})(\S+)(?: {2,}|$)", line)
        if begins:
            indent, name = begins.groups()
            entry = top / name if indent else PurePosixPath(name)
            top = top if indent else entry
            found[entry] = []
        described = line[begins.end() :] if begins else line
        found[entry] += [PurePosixPath(name) for name in NAME.findall(described)]
    return found


def places(entry: PurePosixPath, name: PurePosixPath) -> set[PurePosixPath]:
    """Where something may be that the description of an entry names: in it, beside it, or at the top."""
    return {entry / name, entry.parent / name, name}


def test_all_that_the_map_names_is_there() -> None:
    there = tracked()
    for entry, described in named().items():
        assert entry in there, f"{entry} is on the map and not in the tree"
        for name in described:
            assert places(entry, name) & there, f"{name}, which the map names at {entry}, is not in the tree"


def test_every_room_module_and_folder_is_on_the_map() -> None:
    there = tracked()
    mapped = set(named())
    for entry, described in named().items():
        mapped |= {place for name in described for place in places(entry, name)} & there
    wanted = {path for path in there if len(path.parts) == 1 and path.name not in KNOWN}
    for room in ("cds_service", "deploy", "docs", "tests"):
        wanted |= {
            path for path in there if path.parent == PurePosixPath(room) and path.name != "__init__.py"
        }
    rooms = {path.name for path in there if path.parent == PurePosixPath("cds_service")}
    # tests/ mirrors the rooms; that each page of docs/ is in the site's contents is Sphinx's to say
    mirrored = {PurePosixPath("tests", room) for room in rooms}
    pages = {path for path in wanted if path.parent.name == "docs" and path.suffix == ".md"}
    missing = wanted - mapped - mirrored - pages
    assert not missing, f"not on the map of the README: {', '.join(sorted(map(str, missing)))}"
