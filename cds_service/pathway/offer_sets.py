"""Offer sets: offers that several patient groups share, written once under `offer_sets/`.

A pathway file takes a set in with `use`; what it takes in is expanded to offers of its own before anything is
compiled, so that nothing downstream knows of sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..case.vocabulary import AuthoringError, nearest

Offers = Sequence[Mapping[str, Any]]
# what a use may add to every offer of the set; its own come first
ADDED = ("reasons", "refusals", "unaddressed", "silent", "cite")
# what a use may say instead of the set
REPLACED = ("role", "line")


def offers_by_set(documents: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Offers]:
    """The offers of each set by its id. Raises AuthoringError for a file that is not named as its set."""
    found: dict[str, Offers] = {}
    for stem, document in documents.items():
        if document["set"] != stem:
            raise AuthoringError(f"the file is named {stem!r}, its set {document['set']!r}", ("set",))
        found[stem] = document["offers"]
    return found


def expanded(content: Mapping[str, Any], sets: Mapping[str, Offers]) -> tuple[dict[str, Any], list[int]]:
    """A pathway file with offers in place of its uses of sets, and for each offer the place it stands at.

    The schema has seen to it that every set is there. Raises AuthoringError for an option in `only` that the
    set does not offer, and for an offer without a line.
    """
    offers: list[Mapping[str, Any]] = []
    places: list[int] = []
    for place, row in enumerate(content["offers"]):
        for offer in _taken_in(row, sets, place) if "use" in row else (row,):
            offers.append(offer)
            places.append(place)
    return {**content, "offers": offers}, places


def unused(sets: Mapping[str, Offers], contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sets that no pathway file takes in."""
    used = {row["use"] for content in contents for row in content["offers"] if "use" in row}
    return [name for name in sets if name not in used]


def _taken_in(use: Mapping[str, Any], sets: Mapping[str, Offers], place: int) -> list[dict[str, Any]]:
    name = use["use"]
    options = [offer["option"] for offer in sets[name]]
    only = use.get("only", options)
    for option in only:
        if option not in options:
            raise AuthoringError(
                f"the set {name!r} does not offer {option!r}{nearest(option, options)}",
                ("offers", place, "only"),
            )
    return [_offer(use, offer, place) for offer in sets[name] if offer["option"] in only]


def _offer(use: Mapping[str, Any], shared: Mapping[str, Any], place: int) -> dict[str, Any]:
    """One offer of a set as its user makes it."""
    offer = {**shared, "offer": f"{use['as']}.{shared['offer'].rpartition('.')[2]}"}
    if "reasons" not in shared and "reasons" not in use:
        # the wording of a shared offer is written once, under its id in the set
        offer["reasons"] = [{"id": shared["offer"], "when": {"always": True}}]
    for key in REPLACED:
        if key in use:
            offer[key] = use[key]
    if "differs" in use:
        offer.setdefault("differs", use["differs"])
    for key in ADDED:
        if key in use:
            offer[key] = [*use[key], *shared.get(key, ())]
    # a use's citation says nothing of an offer that its source does not list
    if listed_by := offer.pop("listed-by", None):
        offer["cite"] = [c for c in offer["cite"] if c["source"] in listed_by]
    if "never" in use:
        offer["never"] = {**shared.get("never", {}), **use["never"]}
    if "line" not in offer:
        raise AuthoringError(f"{shared['offer']!r} has no line, here or in its set", ("offers", place, "use"))
    offer["when"] = _both(use.get("when"), shared["when"])
    return offer


def _both(first: Mapping[str, Any] | None, second: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both criteria, without a needless `always`."""
    wanted = [tree for tree in (first, second) if tree is not None and tree != {"always": True}]
    if len(wanted) == 2:
        return {"all": wanted}
    return wanted[0] if wanted else {"always": True}
