"""Podman with storage of its own, and a base of Debian's packages: images are built and run without a registry."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .tools import CHECKOUT, program, run, said

BASE = "localhost/base:1"
IMAGE = "localhost/sarcoma-pathway-cds:tried"
# what this machine trusts, and where it takes packages from, the base does too
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
TRUST = ("PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
SOURCES = ("PIP_INDEX_URL", "npm_config_registry", "http_proxy", "https_proxy", "no_proxy")


class Engine:
    """One storage, with the containers that run from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._command = [
            program("podman", "podman"),
            *("--root", str(folder / "storage"), "--runroot", str(folder / "run"), "--storage-driver", "vfs"),
            # neither systemd nor the newer control groups are there on every machine
            *(
                "--runtime",
                program("runc", "runc"),
                "--cgroup-manager",
                "cgroupfs",
                "--events-backend",
                "none",
            ),
        ]

    def __call__(self, *arguments: str | Path) -> str:
        """What podman says; it has to succeed."""
        return run(*self._command, *arguments, cwd=self.folder, timeout=600)

    def fails(self, *arguments: str) -> str:
        """What podman says; it must not succeed."""
        done = said(*self._command, *arguments, cwd=self.folder)
        assert done.returncode != 0, done.stdout
        return done.stdout

    def make_base(self) -> None:
        """Debian with Python in the place of the image that the Containerfile names."""
        place = Path(AUTHORITIES).parent
        run(
            *(program("mmdebstrap", "mmdebstrap"), "--quiet", "--variant=minbase"),
            "--include=python3,python3-venv",
            "--customize-hook=ln -s python3 $1/usr/bin/python",
            f"--customize-hook=mkdir -p $1{place}",
            f"--customize-hook=copy-in {AUTHORITIES} {place}",
            *("bookworm", self.folder / "base.tar"),
            timeout=600,
        )
        environ = dict.fromkeys(TRUST, AUTHORITIES) | {n: os.environ[n] for n in SOURCES if n in os.environ}
        changes = [f"--change=ENV {name}={value}" for name, value in environ.items()]
        self("import", "--quiet", *changes, self.folder / "base.tar", BASE)

    def build(self, containerfile: Path) -> None:
        """The image, from the checkout."""
        options = ("--isolation", "chroot", "--layers=false", "--pull=never", "--format", "docker")
        self(
            "build",
            *options,
            "--build-arg",
            f"BASE={BASE}",
            "--file",
            containerfile,
            "--tag",
            IMAGE,
            CHECKOUT,
        )

    @contextmanager
    def running(self, **environ: str) -> Iterator[str]:
        """The image as a container, as closed as compose and the chart run it; its name. It ends with the block."""
        stated = [f"--env={name}={value}" for name, value in environ.items()]
        self(
            *(
                "run",
                "--detach",
                "--name",
                "tried",
                "--network",
                "host",
                "--cgroupns",
                "host",
                "--no-healthcheck",
            ),
            *("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"),
            *("--read-only", "--tmpfs", "/tmp:size=64m,mode=1777"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *stated,
            IMAGE,
        )
        try:
            yield "tried"
        finally:
            self("rm", "--force", "--time", "30", "tried")


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine that is gone with its storage afterwards. It needs root, as CI has it, and a kernel that lets
    containers be: where that is forbidden no engine runs, and the rehearsal alone has tried the image's steps."""
    if os.getuid() != 0:
        pytest.skip("needs root: the base is made, and the image built, in a chroot")
    apart = said("unshare", "--fork", "--pid", "--mount", "--uts", "--ipc", "--mount-proc", "true")
    if apart.returncode != 0:
        pytest.xfail(f"this machine lets no container run: {apart.stdout.strip()}")
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    try:
        yield Engine(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
