"""What a user did with a card on the page, as the feedback that an EHR would post."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def feedback_of(form: Mapping[str, str], now: datetime) -> bytes:
    """The body for the feedback address from a form with `card`, `outcome`, and with `suggestion` where it was accepted
    or `reason` (system and code with a space between) and `comment` where it was overridden."""
    entry: dict[str, Any] = {
        "card": form.get("card", ""),
        "outcome": form.get("outcome", ""),
        "outcomeTimestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if form.get("suggestion"):
        entry["acceptedSuggestions"] = [{"id": form["suggestion"]}]
    stated: dict[str, Any] = {}
    if form.get("reason"):
        system, _, code = form["reason"].rpartition(" ")
        stated["reason"] = {"system": system, "code": code}
    if form.get("comment", "").strip():
        stated["userComment"] = form["comment"].strip()
    if stated and entry["outcome"] == "overridden":
        entry["overrideReason"] = stated
    return json.dumps({"feedback": [entry]}).encode()
