"""A PostgreSQL server of the tests' own, with its files in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        self.files = folder / "files"
        self._log = folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._run(
            "initdb", "--pgdata", str(self.files), "--auth=trust", "--username=tests", "--encoding=UTF8"
        )

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories= -c max_connections=200"
        self._run("pg_ctl", "start", "-w", "-D", str(self.files), "-o", options, "-l", str(self._log))

    def stop(self) -> None:
        """Stop now and break every connection."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.files))

    def kill(self) -> None:
        """Kill the server, as if its machine had lost its power."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        gone = [self._pid, *map(int, children)]
        for process in gone:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_running(process) for process in gone):
            time.sleep(0.02)
        # after a power cut nobody has the process id any more; here nobody may have taken note of the end
        (self.files / "postmaster.pid").unlink()

    @property
    def _pid(self) -> int:
        return int((self.files / "postmaster.pid").read_text().split()[0])

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
        log = self._log.read_text()[-2000:] if self._log.exists() else ""
        assert done.returncode == 0, f"{program}: {done.stdout}\n{log}"


def _running(process: int) -> bool:
    """Whether a process is there; one that waits for its parent to take note is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


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
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
