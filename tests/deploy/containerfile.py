"""The steps of a Containerfile, done in folders of this machine instead of layers of an image."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One instruction: its word in capitals, and the rest of it on one line."""

    word: str
    rest: str


def steps(file: Path) -> list[Step]:
    """The instructions of a Containerfile, comments left out and continued lines joined."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not re.match(r"\s*#", line)]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        Step(word.upper(), rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines())
        if word
    ]


def sent(context: Path, ignore: Path) -> set[str]:
    """The files of a build context that an ignore file lets through, relative to it: `*`, then what is excepted."""
    first, *others = ignore.read_text(encoding="utf-8").splitlines()[1:]
    assert first == "*"
    admitted = [line[1:] for line in others if line.startswith("!")]
    dropped = [line.removeprefix("**/") for line in others if not line.startswith("!")]
    found = set()
    for name in admitted:
        path = context / name
        assert path.exists(), name
        for file in [path] if path.is_file() else path.rglob("*"):
            parts = file.relative_to(context).parts
            if file.is_file() and not any(fnmatch(part, pattern) for part in parts for pattern in dropped):
                found.add("/".join(parts))
    return found


@dataclass
class Image:
    """What a Containerfile comes to when its steps are done below `root`, with a context and a base environment."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = ""
    health: list[str] = field(default_factory=list)
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """A text with paths of the image as paths of this machine."""
        return re.sub(r"(?<![\w/.])/(opt|build)\b", lambda m: f"{self.root}/{m[1]}", text)

    def variables(self) -> dict[str, str]:
        """The environment of a process in it."""
        return {name: self.here(value) for name, value in self.environ.items()}

    def build(self, file: Path, context: Path, admitted: set[str], base: dict[str, str]) -> None:
        """Do every step; each stage begins with the environment `base`."""
        for step in steps(file):
            match step.word:
                case "FROM":
                    self.environ, self.workdir = dict(base), "/"
                case "ENV":
                    for pair in shlex.split(step.rest):
                        name, _, value = pair.partition("=")
                        self.environ[name] = value.replace("${PATH}", self.environ["PATH"])
                case "WORKDIR":
                    self.workdir = step.rest
                    if step.rest != "/tmp":
                        Path(self.here(step.rest)).mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(step.rest.split(), context, admitted)
                case "RUN":
                    self._run(step.rest)
                case "USER":
                    self.user = step.rest
                case "HEALTHCHECK":
                    self.health = json.loads(step.rest.partition("CMD ")[2])
                case "ENTRYPOINT":
                    self.entry = json.loads(step.rest)
                case "CMD":
                    self.command = json.loads(step.rest)
                case "ARG" | "LABEL" | "EXPOSE" | "STOPSIGNAL":
                    pass
                case _:
                    raise AssertionError(f"no way to do {step.word} is known here")

    def _copy(self, words: list[str], context: Path, admitted: set[str]) -> None:
        *sources, target = words
        if sources[0] == "--from=build":
            # both stages share these folders, so what is copied has to keep its place
            assert sources[1:] == [target]
            return
        goal = Path(self.here(target if target.startswith("/") else f"{self.workdir}/{target}"))
        for source in sources:
            files = [name for name in admitted if name == source or name.startswith(f"{source}/")]
            assert files, f"{source} is not in what is sent"
            for name in files:
                inside = name.removeprefix(f"{source}/") if name != source else Path(name).name
                place = (
                    goal
                    if name == source and len(sources) == 1 and not target.endswith("/")
                    else goal / inside
                )
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(context / name, place)

    def _run(self, command: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-ec", self.here(command)],
            cwd=self.here(self.workdir),
            env={**os.environ, **self.variables()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
