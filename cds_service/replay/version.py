"""Versions of this package and of its knowledge, found and asked."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import version_answers
from .inputs import Replayable

PACKAGE = Path(__file__).parents[1]
# its package first, then our program, in which `cds_service` is that package
_START = """
import sys
root, program = sys.argv[1:3]
del sys.argv[1:3]
sys.path.insert(0, root)
exec(compile(open(program, encoding="utf-8").read(), program, "exec"))
"""


class VersionError(Exception):
    """A version that cannot be found or asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Version:
    """Where a version is: the folder that holds its package, the Python that runs it, its knowledge and wording."""

    name: str
    root: Path
    python: str
    knowledge: Path
    wording: Path


@dataclass(frozen=True, slots=True)
class Answered:
    """What a version answers: for each call status and body, and by statement (kind, address, group) the numbers
    of the calls (from 0) for which it is met or unknown."""

    knowledge_version: str
    answers: tuple[tuple[int, dict[str, Any]], ...]
    shown: Mapping[tuple[str, str, str | None], frozenset[int]]


def this_version() -> Version:
    """The one that runs."""
    return _at("this version", PACKAGE.parent)


@contextmanager
def other_version(named: str) -> Iterator[Version]:
    """The version that is meant: a folder of knowledge, one with an installed package (a virtual environment, a
    site-packages, a checkout), or a commit of the checkout that this package runs from.

    Raises VersionError.
    """
    folder = Path(named)
    if (folder / "facts.yaml").is_file():
        here = this_version()
        yield Version(named, here.root, here.python, folder.resolve(), here.wording)
    elif folder.is_dir():
        yield _installed(named, folder.resolve())
    else:
        with TemporaryDirectory() as temporary:
            _check_out(named, Path(temporary))
            yield _at(named, Path(temporary))


def _at(name: str, root: Path, python: str = sys.executable) -> Version:
    package = root / PACKAGE.name
    packaged = package / "_wording"
    return Version(
        name, root, python, package / "knowledge", packaged if packaged.is_dir() else root / "cards"
    )


def _installed(name: str, folder: Path) -> Version:
    python = folder / "bin" / "python"
    inside = [folder, *sorted(folder.glob("lib/python*/site-packages"))]
    for root in inside:
        if (root / PACKAGE.name / "loading.py").is_file():
            return _at(name, root, str(python) if python.exists() else sys.executable)
    raise VersionError(
        f"{name}: neither a folder of knowledge (with facts.yaml) nor one with {PACKAGE.name} installed"
    )


def _check_out(ref: str, folder: Path) -> None:
    checkout = PACKAGE.parent
    if ref.startswith("-"):
        raise VersionError(f"{ref}: no folder and no commit")
    archive = ["git", "-C", str(checkout), "archive", f"{ref}^{{commit}}", PACKAGE.name, "cards"]
    try:
        made = subprocess.run(archive, capture_output=True, check=False)
    except OSError as error:
        raise VersionError(f"{ref}: no folder, and git cannot be run: {error.strerror}") from error
    if made.returncode:
        told = made.stderr.decode(errors="replace").strip()
        raise VersionError(
            f"{ref}: no folder, and git has no such commit with {PACKAGE.name} and cards: {told}"
        )
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as files:
        files.extractall(folder, filter="data")


def ask(version: Version, calls: Sequence[Replayable]) -> Answered:
    """Let a version answer the calls; fixtures with the prefetch that its own templates find.

    Raises VersionError if it cannot be started or ends early.
    """
    stated = (version.root, version_answers.__file__, version.knowledge, version.wording)
    command = [version.python, "-P", "-B", "-c", _START, *map(str, stated)]
    with (
        TemporaryDirectory() as folder,
        (Path(folder) / "errors").open("w+b") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=folder
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())
            answers = []
            for number, call in enumerate(calls):
                body = call.call(first["templates"][call.profile])
                line = {"name": str(number), "profile": call.profile, "today": str(call.today), "body": body}
                process.stdin.write(json.dumps(line).encode() + b"\n")
                process.stdin.flush()
                came = json.loads(process.stdout.readline())
                answers.append((came["status"], came["answer"]))
            process.stdin.close()
            last = json.loads(process.stdout.readline())
        except (ValueError, KeyError, OSError) as error:
            process.kill()
            process.wait()
            errors.seek(0)
            told = errors.read().decode(errors="replace").strip().splitlines()
            raise VersionError(f"{version.name} cannot answer: {told[-1] if told else error}") from error
    shown = {
        (kind, address, group): frozenset(map(int, names)) for kind, address, group, names in last["shown"]
    }
    return Answered(first["knowledgeVersion"], tuple(answers), shown)
