"""A folder in which the commands of a page are run: a checkout with a history of its own, and a running service."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.deploy.tools import free_port

from .fences import CHECKOUT, Fence

SHOWN = "http://127.0.0.1:8080"
"""Where the pages say that the service listens."""
ANYTHING = "…"


class Workplace:
    """What the pages call the checkout: the package, the wording, and the fixtures that a page speaks of."""

    def __init__(self, folder: Path, fences: Sequence[Fence]) -> None:
        self.folder = folder / "checkout"
        self.service: subprocess.Popen[bytes] | None = None
        self.log = folder / "service.log"
        self.port = free_port()
        text = "\n".join(fence.text for fence in fences)
        for name in ("cds_service", "cards", *sorted(set(re.findall(r"fhir_fixtures/[\w-]+", text)))):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(CHECKOUT / name, self.folder / name, ignore=ignored)
        for name in ("pyproject.toml", "tests/conformance/requirements.csv"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, self.folder / name)
        programs = folder / "bin"
        programs.mkdir()
        program = programs / "cds-service"
        start = "from cds_service.cli import main; main()"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{start}' \"$@\"\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CDS_SERVICE_")},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_PROXY": "127.0.0.1",
            "CDS_SERVICE_STATE_DIRECTORY": str(folder / "state"),
        }
        git = ["git", "-c", "user.name=site", "-c", "user.email=site@example.org"]
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "as it was"]):
            subprocess.run([*git, *words], cwd=self.folder, check=True)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(SHOWN, self.address), encoding="utf-8")

    def run(self, command: str) -> str:
        """What a command prints, both streams as they come, addresses as the pages have them."""
        command = command.replace(SHOWN, self.address)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=240,
        )
        return done.stdout.replace(self.address, SHOWN)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, command: Sequence[str]) -> None:
        """Start the service with the command of a page, at a free port, and wait until it answers."""
        command = [word.replace(SHOWN, self.address) for word in command]
        stated = [*command, "--port", str(self.port), "--workers", "1"]
        self.close()
        with self.log.open("wb") as log:
            self.service = subprocess.Popen(
                stated, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        for _ in range(240):
            if self.service.poll() is not None:
                break
            try:
                with urlopen(f"{self.address}/ready", timeout=5):
                    return
            except URLError:
                time.sleep(0.25)
        raise AssertionError(f"the service did not come up:\n{self.log.read_text(encoding='utf-8')}")

    def close(self) -> None:
        if self.service:
            self.service.terminate()
            self.service.wait(30)
            self.service = None


def fits(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; `…` there stands for anything, ends of lines do not count."""
    wanted = [line.rstrip() for line in shown.strip("\n").splitlines()]
    found = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    pattern = re.escape("\n".join(wanted)).replace(re.escape(ANYTHING), ".*?")
    return re.fullmatch(pattern, found, re.DOTALL) is not None
