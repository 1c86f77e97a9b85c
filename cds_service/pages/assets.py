"""The files that served pages load: their styles and scripts."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort

_LOOK = Path(__file__).parent / "look"
_SERVED = {".css", ".js", ".svg"}
_FOREVER = "public, max-age=31536000, immutable"
_ICON, _FOR_A_DAY = "icon.svg", "public, max-age=86400"


class Assets:
    """Styles and scripts by name, each under an address that changes with its content, so that browsers keep it.

    `folders` are searched for `.css`, `.js` and `.svg` files besides the shared look; `public_url` is the address
    under which the service is reached, of which addresses keep the path. Raises ValueError if two folders hold a
    file of the same name.
    """

    def __init__(self, public_url: str | None = None, folders: Sequence[Path] = ()) -> None:
        self.root = urlsplit(public_url or "").path.rstrip("/")
        self._files: dict[str, bytes] = {}
        self._digests: dict[str, str] = {}
        for folder in (_LOOK, *folders):
            for path in sorted(folder.iterdir()):
                if path.suffix in _SERVED:
                    self._add(path.name, path.read_bytes())

    def _add(self, name: str, content: bytes) -> None:
        if name in self._files:
            raise ValueError(f"two assets are called {name}")
        self._files[name] = content
        self._digests[name] = sha256(content).hexdigest()[:12]

    def address(self, name: str) -> str:
        """The path of a file on this service. Raises KeyError for a name that is not served."""
        return f"{self.root}/assets/{self._digests[name]}/{name}"

    def routes(self) -> Blueprint:
        """GET /assets/<digest>/<name>; 404 for a name or a digest that is not served. GET /favicon.ico is the icon, for
        what a browser shows that is no page."""
        routes = Blueprint("assets", __name__)

        @routes.get("/assets/<digest>/<name>")
        def asset(digest: str, name: str) -> Response:
            if self._digests.get(name) != digest:
                abort(404)
            return self._served(name, _FOREVER)

        @routes.get("/favicon.ico")
        def icon() -> Response:
            return self._served(_ICON, _FOR_A_DAY)

        return routes

    def _served(self, name: str, kept: str) -> Response:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(self._files[name], mimetype=kind, headers={"Cache-Control": kept})


def content_policy(frame_ancestors: Sequence[str] = ("'none'",)) -> str:
    """The Content-Security-Policy of a served page: everything comes from this service, nothing runs inline, forms
    go nowhere else, and only `frame_ancestors` may frame it."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {' '.join(frame_ancestors)}"
    )
