"""What the page shows, as its address says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

EXAMPLE = "gist-unresectable/d842v-imatinib"
OWN, NONE = "own", "none"
"""The order that came with the patient, and no order: the chart is opened."""
SELECTING, OPENING = "order-select", "patient-view"

TABS = ("facts", "map", "request", "response", "timing")


@dataclass(frozen=True, slots=True)
class State:
    """Which patient, draft, hook and view of it. `order` is an option id, OWN or NONE; `hook` empty means the one that
    fits the order."""

    fixture: str = ""
    order: str = OWN
    hook: str = ""
    tab: str = TABS[0]

    @classmethod
    def read(cls, sent: Mapping[str, str], options: Collection[str], hooks: Collection[str]) -> State:
        """The state in the parameters of an address or a form; what is not known there counts as not stated."""
        order, hook, tab = sent.get("order", ""), sent.get("hook", ""), sent.get("tab", "")
        return cls(
            fixture=sent.get("fixture", ""),
            order=order if order in options or order == NONE else OWN,
            hook=hook if hook in hooks else "",
            tab=tab if tab in TABS else TABS[0],
        )

    def settled(self, has_draft: bool) -> State:
        """The state that says what is called, which is the same call: opening the chart and drafting no order are
        one. `has_draft` says whether an order came with the patient."""
        drafts = has_draft if self.order == OWN else self.order != NONE
        if self.order == NONE or (self.hook == OPENING and drafts):
            return replace(self, order=NONE, hook="")
        return self

    def is_stated_by(self, sent: Mapping[str, str]) -> bool:
        """Whether all that the parameters of an address state is so."""
        names = ("fixture", "order", "hook", "tab")
        return all(sent.get(name, "") in ("", getattr(self, name)) for name in names)

    @property
    def query(self) -> str:
        """The parameters of the address that shows this state; what is as by default is left out."""
        usual = State()
        stated = {name: getattr(self, name) for name in ("fixture", "order", "hook", "tab")}
        return urlencode({k: v for k, v in stated.items() if v != getattr(usual, k)}, safe="/")
