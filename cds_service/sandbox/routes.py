"""The addresses of the sandbox: GET / in a browser, and what is below /sandbox/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.datastructures import MultiDict

from ..cards.wording import Wording
from ..case.vocabulary import Vocabulary, nearest
from ..pages import Assets, pages_of
from ..pages.assets import content_policy
from ..replay.drafts import Drafts
from ..replay.fixture import FixtureError
from ..service import Service
from .composing import as_bytes, fixture_call, has_draft, pasted_call
from .drawing import DrawMap
from .exchange import FEEDBACK, HOOKS, Exchange, post
from .feedback import feedback_of
from .json_tree import json_tree
from .patients import Patients
from .standing import Standing, standing
from .state import EXAMPLE, TABS, State

ASSETS = Path(__file__).parent / "assets"

_FORM_OVERHEAD = 65_536


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the sandbox stands on: the service that it shows, its words, the patients, the clock (aware moments), and
    what draws the map (None: there is none)."""

    service: Service
    wording: Wording
    patients: Patients
    now: Callable[[], datetime]
    draw_map: DrawMap | None = None
    drafts: Drafts = field(init=False)

    def __post_init__(self) -> None:
        knowledge = self.service.knowledge
        drafts = Drafts(knowledge.judge.options, self.wording, knowledge.vocabulary)
        object.__setattr__(self, "drafts", drafts)

    @property
    def vocabulary(self) -> Vocabulary:
        return self.service.knowledge.vocabulary

    def state(self, sent: Mapping[str, str]) -> State:
        """The state that an address or a form states."""
        return State.read(sent, self.drafts.by_option, self.service.profile.hooks)


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be shown: what is wrong, where, and how to mend it."""

    what: str
    where: str
    how: str


def sandbox_routes(page: SandboxPage) -> Blueprint:
    """GET /sandbox/ (what GET / shows in a browser), /sandbox/patients, /sandbox/paste and /sandbox/request.json;
    POST /sandbox/paste and /sandbox/feedback. For development mode alone: nothing here asks who calls."""
    routes = Blueprint("sandbox", __name__, url_prefix="/sandbox")
    routes.add_url_rule("/", view_func=page.chosen, endpoint="chosen")
    routes.add_url_rule("/patients", view_func=page.patients, endpoint="patients")
    routes.add_url_rule("/paste", view_func=page.paste, endpoint="paste")
    routes.add_url_rule("/paste", view_func=page.pasted, endpoint="pasted", methods=["POST"])
    routes.add_url_rule("/request.json", view_func=page.request_body, endpoint="request")
    routes.add_url_rule("/feedback", view_func=page.feedback, endpoint="feedback", methods=["POST"])
    return routes


class SandboxPage:
    """The views. Each call and each delivery of feedback goes through the application's own addresses."""

    def __init__(self, sandbox: Sandbox, assets: Assets) -> None:
        self._sandbox = sandbox
        self._assets = assets
        self._templates = pages_of("cds_service.sandbox", assets)
        self._templates.globals |= {"json_tree": json_tree, "as_bytes": as_bytes}

    def chosen(self) -> Response:
        """A patient of the checkout in the state that the address states; an address that states what is not called
        leads to the one that says what is."""
        state = self._sandbox.state(request.args)
        name = state.fixture or EXAMPLE
        patient = self._sandbox.patients.read(name)
        if patient is None and self._sandbox.patients.folder is None and not state.fixture:
            return self._shown("paste.html.jinja", state, text="")
        if patient is None:
            return self._without(state, self._unknown(name), 404)
        drafted = has_draft(patient.request)
        state = replace(state, fixture=name).settled(drafted)
        if not state.is_stated_by(request.args):
            return Response(status=302, headers={"Location": f"{self._assets.root}/?{state.query}"})
        body = fixture_call(
            patient, state, self._sandbox.drafts, self._sandbox.service.prefetch, self._today()
        )
        exchange = post(_app(), HOOKS, as_bytes(body))
        profile = self._sandbox.service.profile.name
        return self._shown(
            "fixture.html.jinja",
            state,
            **self._behind(exchange, state),
            patient=patient,
            name=name,
            has_draft=drafted,
            profile=profile if patient.profile != profile else "",
            curl=self._curl_of(state, name),
        )

    def paste(self) -> Response:
        """An empty place to paste into."""
        return self._shown("paste.html.jinja", self._sandbox.state(request.args), text="")

    def pasted(self) -> Response:
        """What was pasted or chosen as a file, in the state of the form."""
        app = _app()
        limit = app.config["MAX_CONTENT_LENGTH"]
        # a little more than a call may have, so that the service itself says what is too much
        request.max_content_length = request.max_form_memory_size = limit + _FORM_OVERHEAD
        form: MultiDict[str, str] = request.form
        state = self._sandbox.state(form)
        chosen = request.files.get("file")
        text = (
            chosen.read().decode("utf-8", "replace") if chosen and chosen.filename else form.get("pasted", "")
        )
        text = text.removeprefix("\ufeff")
        if not text.strip():
            problem = Problem(
                "There is nothing to send.", "pasted", "Paste a Bundle or a call, or choose a file."
            )
            return self._shown("paste.html.jinja", state, 400, text="", problem=problem)
        templates = self._sandbox.service.prefetch
        try:
            body, state = pasted_call(text, state, self._sandbox.drafts, templates, self._today())
        except FixtureError as error:
            problem = Problem(f"{error}.", "pasted", "Paste the record of one patient, the Patient included.")
            return self._shown("paste.html.jinja", state, 400, text=text, problem=problem)
        exchange = post(app, HOOKS, body)
        curl = f"curl -H 'Content-Type: application/json' --data-binary @request.json {self._base()}{HOOKS}"
        return self._shown("paste.html.jinja", state, text=text, curl=curl, **self._behind(exchange, state))

    def patients(self) -> Response:
        """The patients to choose from, those that the words of `q` find."""
        words = request.args.get("q", "")
        listed = self._sandbox.patients.listed(words)
        count = sum(map(len, listed.values()))
        # patient groups in their own order, then what else the fixtures show
        order = {name: place for place, name in enumerate(self._sandbox.wording.terms["groups"])}
        listed = dict(sorted(listed.items(), key=lambda item: order.get(item[0], len(order))))
        return self._page(
            "patients.html.jinja",
            listed=listed,
            headings={folder: self._heading(folder) for folder in listed},
            words=words,
            count=count,
            checkout=self._sandbox.patients.folder is not None,
        )

    def _heading(self, folder: str) -> str:
        """What a folder of fixtures shows: a patient group, or its name in words."""
        wording = self._sandbox.wording
        if folder in wording.terms["groups"]:
            return wording.short("groups", folder)
        diseases = self._sandbox.service.knowledge.diseases
        words = " ".join(wording.value(word) if word in diseases else word for word in folder.split("-"))
        return words[:1].upper() + words[1:]

    def request_body(self) -> Response:
        """The call of a fixture in a state, to be sent with curl."""
        state = self._sandbox.state(request.args)
        patient = self._sandbox.patients.read(state.fixture or EXAMPLE)
        if patient is None:
            return self._without(state, self._unknown(state.fixture), 404)
        body = fixture_call(
            patient, state, self._sandbox.drafts, self._sandbox.service.prefetch, self._today()
        )
        return Response(as_bytes(body), mimetype="application/json", headers={"Cache-Control": "no-store"})

    def feedback(self) -> Response:
        """What a user did with a card, posted as an EHR posts it."""
        body = feedback_of(request.form, self._sandbox.now())
        kept = post(_app(), FEEDBACK, body)
        back = self._sandbox.state(request.form)
        return self._page(
            "feedback.html.jinja",
            kept=kept,
            back=f"{self._assets.root}/?{back.query}" if back.fixture else "",
            accepted=request.form.get("outcome") == "accepted",
        )

    def _behind(self, exchange: Exchange, state: State) -> dict[str, Any]:
        """What the page shows of an exchange."""
        answer, draw = exchange.answer, self._sandbox.draw_map
        stands: Standing | None = None
        if answer is not None:
            stands = standing(answer, self._sandbox.wording, self._sandbox.vocabulary)
        drawn = draw(answer, f"{self._assets.root}/map") if answer is not None and draw is not None else None
        tabs = [tab for tab in TABS if tab != "map" or draw is not None]
        shown = state.tab if state.tab in tabs else tabs[0]
        return {"exchange": exchange, "standing": stands, "drawn": drawn, "tabs": tabs, "tab": shown}

    def _shown(self, template: str, state: State, status: int = 200, /, **given: Any) -> Response:
        """The page of a state, with what its forms offer."""
        return self._page(
            template,
            status,
            **{"exchange": None, "problem": None, "curl": "", "state": state, **given},
            kinds=self._sandbox.drafts.by_kind(),
            hooks=self._sandbox.service.profile.hooks,
        )

    def _without(self, state: State, problem: Problem, status: int) -> Response:
        return self._shown("paste.html.jinja", state, status, text="", problem=problem)

    def _page(self, template: str, status: int = 200, **given: Any) -> Response:
        knowledge = self._sandbox.service.knowledge.version
        shown = self._templates.get_template(template).render(knowledge=knowledge, **given)
        headers = {"Content-Security-Policy": content_policy(), "Cache-Control": "no-store"}
        return Response(shown, status=status, headers=headers, mimetype="text/html")

    def _unknown(self, name: str) -> Problem:
        names = [one.name for listed in self._sandbox.patients.listed().values() for one in listed]
        near = nearest(name, names) or "."
        return Problem(
            "There is no such patient here.", "fixture", f"Choose one from the list of patients{near}"
        )

    def _curl_of(self, state: State, name: str) -> str:
        body = State(name, state.order, state.hook).query
        base = self._base()
        return (
            f"curl -s '{base}/sandbox/request.json?{body}' |\n"
            f"  curl -H 'Content-Type: application/json' --data-binary @- {base}{HOOKS}"
        )

    def _base(self) -> str:
        return f"{request.host_url.rstrip('/')}{self._assets.root}"

    def _today(self) -> Any:
        return self._sandbox.now().date()


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app
