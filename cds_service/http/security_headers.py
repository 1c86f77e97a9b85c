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
    headers = {**_ALWAYS, "Content-Security-Policy": _CONTENT}
    if (public_url or "").startswith("https:"):
        headers["Strict-Transport-Security"] = _TRANSPORT
    lower = {name.lower() for name in headers}

    @app.after_request
    def add(response: Response) -> Response:
        stated = response.headers
        # one look at what the answer has already: a page may have a policy of its own
        if lower.isdisjoint(name.lower() for name, _ in stated):
            stated.extend(headers)
        else:
            for name, value in headers.items():
                stated.setdefault(name, value)
            if "frame-ancestors 'none'" not in stated["Content-Security-Policy"]:
                # a page that says who may frame it says it there: this header could only say nobody
                del stated["X-Frame-Options"]
        return response
