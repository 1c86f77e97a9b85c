"""The addresses of the app: launch, the way back, and what if. Nothing of a patient outlives an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec
from flask import Blueprint, Request, Response, g, request

from ..fhir.reach.base import FhirBase
from ..fhir.reach.completing import Reach
from ..http.turnstile import Turnstile
from ..http.wire import Refusal
from ..loading import Loaded
from ..pages import Assets, pages_of
from ..pages.assets import content_policy
from ..service import LAUNCH, Service
from .carried import Carried, carried, carry
from .configuration import Configurations
from .hypothesis import read_hypothesis
from .launch import PENDING_SECONDS, Launching, Pending
from .reading import SECONDS, Read, read_patient, templates_of
from .refused import AGAIN, LaunchRefused
from .registration import Registered, Registrations
from .seal import SealBroken, SealExpired, Seals
from .supposing import Standing, WhatIf
from .token import fetch_token
from .user import signed_in_user
from .view import PatientView

CALLBACK = "/smart/callback"
WHAT_IF = "/smart/what-if"
_FORM_BYTES = 4_000_000
_COOKIE = "smart-"
# launches that one browser may have begun and not ended
_LEFT_OPEN = 4

log = logging.getLogger("cds_service.smart")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartApp:
    """What the app is made of. `services` are those of the clients, by id; `clock` is that of `reach`, in seconds."""

    registrations: Registrations
    services: Mapping[str, Service]
    loaded: Loaded
    reach: Reach
    seals: Seals
    now: Callable[[], datetime]
    clock: Callable[[], float]
    public_url: str | None
    development: bool = False
    ca_file: str | None = None


def smart_routes(app: SmartApp, assets: Assets, gate: Turnstile) -> Blueprint:
    """GET /smart/launch, GET /smart/callback, POST /smart/what-if.

    `gate` holds how many are answered at once. Errors are pages that say what is wrong and how to go on.
    """
    routes = Blueprint("smart", __name__)
    pages = pages_of("cds_service.smart", assets)
    views = PatientView(app.loaded, assets)
    asking = WhatIf(app.loaded)
    launching = Launching(
        app.registrations,
        Configurations(app.reach, app.clock),
        app.seals,
        lambda client: templates_of(app.services[client]),
    )

    @routes.get(LAUNCH)
    def launch() -> Response:
        server = request.args.get("iss")
        if not server:
            return _page(pages.get_template("open.html.jinja").render(development=app.development), app)
        with gate.turn():
            begun = launching.begin(server, request.args.get("launch"), _address(app, CALLBACK))
        response = Response(status=302, headers={"Location": begun.address})
        _keep(response, begun.state, begun.remembered, app)
        # launches that were begun and left would fill the headers; browsers send the oldest first
        for name in [n for n in request.cookies if n.startswith(_COOKIE)][:-_LEFT_OPEN]:
            _set(response, name, "", 0, app)
        return _private(response)

    @routes.get(CALLBACK)
    def callback() -> Response:
        state = request.args.get("state", "")
        with gate.turn():
            pending = launching.recognised(state, request.cookies.get(_cookie(state)))
            registered = app.registrations.named(pending.client)
            if registered is None:
                raise LaunchRefused("client-gone", "This app is no longer registered with the EHR.", AGAIN)
            read = _read(app, pending, registered)
            content = to_carry(read, asking, app.services[registered.client.id])
            sealed = carry(app.seals, content, app.loaded.knowledge.version)
            shown = views.page(read.about, Standing(read.case, read.drafts), sealed, content.orderable)
        response = _page(shown, app, registered)
        _forget(response, state, app)
        return response

    @routes.get(WHAT_IF)
    def no_what_if() -> Response:
        raise LaunchRefused("what-if-get", "This address shows nothing by itself.", AGAIN)

    @routes.post(WHAT_IF)
    def what_if() -> Response:
        _check_origin(app)
        request.max_content_length = request.max_form_memory_size = _FORM_BYTES
        entered = {name: values for name, values in request.form.lists() if name != "record"}
        sealed = request.form.get("record", "")
        with gate.turn(), _seal_checked():
            knowledge = app.loaded.knowledge
            content = carried(app.seals, sealed, knowledge.version)
            service = app.services.get(content.about.client)
            if service is None:
                raise SealBroken
            if "reset" in entered:
                entered = {}
            hypothesis = read_hypothesis(entered, knowledge.vocabulary, content.orderable)
            recorded = asking.recorded(content, service)
            supposed, problems = None, hypothesis.problems
            if hypothesis and not problems:
                supposed, problems = asking.supposed(content, service, recorded, hypothesis)
            if problems:
                # half of a hypothesis is another one than was asked
                supposed = None
            shown = views.page(
                content.about,
                recorded,
                sealed,
                content.orderable,
                hypothesis,
                supposed,
                problems,
                entered,
            )
        return _page(shown, app, app.registrations.named(content.about.client))

    @routes.errorhandler(LaunchRefused)
    def refused(refused: LaunchRefused) -> Response:
        log.warning({"event": "launch-refused", "correlation": g.correlation_id, "reason": refused.reason})
        return _told(refused.what, refused.how, refused.status)

    @routes.errorhandler(Refusal)
    def busy(refusal: Refusal) -> Response:
        response = _told(refusal.what, "Try again in a few seconds.", refusal.status)
        if refusal.retry_after is not None:
            response.headers["Retry-After"] = str(refusal.retry_after)
        return response

    @routes.after_request
    def as_page(response: Response) -> Response:
        """What went wrong unforeseen was answered as by the service; here people read it, in the EHR's frame."""
        if response.status_code < 400 or "told" in g:
            return response
        if response.status_code < 500:
            return _told("This cannot be answered as it was asked.", AGAIN, response.status_code)
        return _told(
            "The app failed. Nothing is known to be wrong with the patient's record.",
            f"{AGAIN} If it stays so, give the operators the number below.",
            response.status_code,
        )

    def _told(what: str, how: str, status: int) -> Response:
        g.told = True
        template = pages.get_template("refused.html.jinja")
        page = template.render(what=what, how=how, correlation=g.correlation_id)
        return _page(page, app, status=status)

    return routes


def to_carry(read: Read, asking: WhatIf, service: Service) -> Carried:
    """What a page of the patient carries for its what-ifs."""
    content = Carried(
        about=read.about,
        today=datetime.fromisoformat(read.about.read_at).date(),
        record=read.record,
        orders=list(read.orders),
        own=tuple(d.reference for d in read.drafts if d.selected),
        orderable=(),
    )
    orderable = asking.orderable(content, service, Standing(read.case, read.drafts))
    return msgspec.structs.replace(content, orderable=orderable)


def _read(app: SmartApp, pending: Pending, registered: Registered) -> Read:
    """The patient of a launch that came back with a code. The token lives in here alone."""
    if "error" in request.args:
        if request.args["error"] == "access_denied":
            raise LaunchRefused(
                "denied", "You did not give the app leave to read this patient.", AGAIN, status=403
            )
        raise LaunchRefused("authorize-error", "The EHR did not complete the sign-in.", AGAIN, status=502)
    # RFC 9207: an answer that names another server than the one that was asked is not for us
    if pending.issuer is not None and request.args.get("iss", pending.issuer) != pending.issuer:
        raise LaunchRefused("mix-up", "Another server answered than the one that was asked.", AGAIN)
    code = request.args.get("code", "")
    if not code:
        raise LaunchRefused("no-code", "The EHR sent no code with its answer.", AGAIN, status=502)
    until = app.clock() + SECONDS
    token = fetch_token(pending, registered, code, _address(app, CALLBACK), app.ca_file)
    now = app.now()
    user = None
    if token.id_token is not None:
        user = signed_in_user(token.id_token, pending, registered, now.timestamp, app.ca_file)
    base = FhirBase.of(pending.server)
    assert base is not None, "it was one when it was sealed"
    service = app.services[registered.client.id]
    return read_patient(app.reach, service, registered, base, token, now, until, user)


@contextmanager
def _seal_checked() -> Iterator[None]:
    try:
        yield
    except SealExpired:
        raise LaunchRefused(
            "record-expired", "What was read of the patient was read more than an hour ago.", AGAIN
        ) from None
    except SealBroken:
        raise LaunchRefused(
            "record-broken",
            "What this page carries cannot be used: it was changed, or the service was renewed since.",
            AGAIN,
        ) from None


def _base(app: SmartApp) -> str:
    return app.public_url or request.root_url.rstrip("/")


def _address(app: SmartApp, path: str) -> str:
    return f"{_base(app)}{path}"


def _check_origin(app: SmartApp) -> None:
    """Refuse a form that another site sends. What it would need besides, the sealed record, no other site has."""
    if not _same_origin(request, _base(app)):
        raise LaunchRefused("origin", "This form came from another site.", AGAIN, status=403)


def _same_origin(asked: Request, base: str) -> bool:
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    parts = urlsplit(base)
    return asked.headers.get("Origin") in (None, f"{parts.scheme}://{parts.netloc}")


def _cookie(state: str) -> str:
    """A cookie for each launch, so that two charts that are opened at once do not disturb each other."""
    return f"{_COOKIE}{sha256(state.encode()).hexdigest()[:16]}"


def _keep(response: Response, state: str, remembered: str, app: SmartApp) -> None:
    _set(response, _cookie(state), remembered, PENDING_SECONDS, app)


def _forget(response: Response, state: str, app: SmartApp) -> None:
    _set(response, _cookie(state), "", 0, app)


def _set(response: Response, name: str, value: str, seconds: int, app: SmartApp) -> None:
    parts = urlsplit(_base(app))
    secure = parts.scheme == "https"
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=f"{parts.path}/smart",
        secure=secure,
        httponly=True,
        # in a frame of the EHR the app is a third party; without https browsers allow none
        samesite="None" if secure else "Lax",
        partitioned=secure,
    )


def _page(html: str, app: SmartApp, registered: Registered | None = None, *, status: int = 200) -> Response:
    origins = registered.app.frame_ancestors if registered is not None else app.registrations.frame_ancestors
    response = Response(html, status=status, mimetype="text/html")
    policy = content_policy(origins or ("'none'",))
    if app.development:
        # the form for trials leads to an authorization server, and browsers follow the policy there too
        policy = policy.replace("form-action 'self'", "form-action *")
    response.headers["Content-Security-Policy"] = policy
    return _private(response)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    # with no-referrer a form's Origin would be `null`
    response.headers["Referrer-Policy"] = "same-origin"
    return response
