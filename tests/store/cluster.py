"""A PostgreSQL server of the tests' own, with its files in a temporary folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine: the path's own, or Debian's."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    installed = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if (p / "initdb").exists()]
    return max(installed, key=lambda p: float(p.parent.name), default=None)


class Cluster:
    """One server. It can be stopped and started; a stop can be as rude as a power cut."""

    def __init__(self, bin_folder: Path, folder: Path) -> None:
        self._bin = bin_folder
        self._files = folder / "files"
        self._socket = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._run(
            "initdb", "--pgdata", str(self._files), "--auth=trust", "--username=tests", "--encoding=UTF8"
        )

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self._socket} -c max_connections=200"
        log = str(self._socket / "log")
        self._run("pg_ctl", "start", "-w", "-D", str(self._files), "-o", options, "-l", log)

    def stop(self) -> None:
        """Stop now and break every connection."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._files))

    def kill(self) -> None:
        """Kill the server with its children, as if the machine had lost its power."""
        first = int((self._files / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGQUIT)
        while Path(f"/proc/{first}").exists() and "zombie" not in Path(f"/proc/{first}/status").read_text():
            os.sched_yield()

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"store_{uuid4().hex}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        # the server refuses to run as root
        as_other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        done = subprocess.run(
            [*as_other, str(self._bin / program), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"


@contextmanager
def running() -> Iterator[Cluster | None]:
    """A running server, None where PostgreSQL is not installed; it is gone with its files afterwards."""
    bin_folder = binaries()
    if bin_folder is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        cluster = Cluster(bin_folder, folder)
        cluster.start()
        try:
            yield cluster
        finally:
            if re.match(r"\d", (folder / "files" / "postmaster.pid").read_text()):
                cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
