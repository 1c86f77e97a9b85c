"""Headers that tell a browser to do nothing with an answer but read it."""

from __future__ import annotations

from flask import Flask, Response

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# nothing is loaded and nothing runs; pages state their own policy
_CONTENT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TRANSPORT = "max-age=31536000; includeSubDomains"


def secure(app: Flask, public_url: str | None) -> None:
    """Send security headers with each answer of `app`; Strict-Transport-Security if it is reached by https."""
    https = (public_url or "").startswith("https:")

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _CONTENT)
        if https:
            response.headers.setdefault("Strict-Transport-Security", _TRANSPORT)
        return response
