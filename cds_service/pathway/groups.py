"""Patient groups: each of the sources' groups with what it offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..case.fact import Choice, Scalar, Value
from ..case.vocabulary import AuthoringError, Vocabulary
from .criteria import Values
from .options import Citation, Offer, OfferKey, citations_of, compile_offer, sources_of

PLACED_BY = "patient-group"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Why a group does not offer an option at all, and the sources that say so."""

    id: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One patient group, as in `pathways/<id>.yaml`, or a situation that the sources do not address.

    `treated_as` is the derived fact that names the groups whose offers apply beside its own.
    `refused` and `unaddressed` say why not, by option or by its kind: the sources give it to others, or they give
    no guidance. `keys` are the keys of its offers in their order, `places` the places at which each of them stands,
    `offers_once` says that each stands at one. `offers_of` are its offers by their option.
    """

    id: str
    disease: str
    sources: tuple[str, ...]
    offers: tuple[Offer, ...]
    implied: Mapping[str, frozenset[Scalar]] = field(default_factory=dict)
    refused: Mapping[str, Elsewhere] = field(default_factory=dict)
    unaddressed: Mapping[str, Elsewhere] = field(default_factory=dict)
    treated_as: str | None = None
    addressed: bool = True
    definition: str = ""
    citations: tuple[Citation, ...] = ()
    keys: tuple[OfferKey, ...] = field(init=False, repr=False, compare=False)
    places: Mapping[OfferKey, Sequence[int]] = field(init=False, repr=False, compare=False)
    offers_once: bool = field(init=False, repr=False, compare=False)
    offers_of: Mapping[str, tuple[Offer, ...]] = field(init=False, repr=False, compare=False)
    _certain: Choice = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_certain", Choice(frozenset({self.id})))
        object.__setattr__(self, "keys", tuple(offer.key for offer in self.offers))
        places: dict[OfferKey, list[int]] = {}
        for place, key in enumerate(self.keys):
            places.setdefault(key, []).append(place)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "offers_once", len(places) == len(self.offers))
        offers_of: dict[str, tuple[Offer, ...]] = {}
        for offer in self.offers:
            offers_of[offer.option] = (*offers_of.get(offer.option, ()), offer)
        object.__setattr__(self, "offers_of", offers_of)

    @property
    def facts(self) -> frozenset[str]:
        """Every fact that its definition and its offers ask for."""
        named = {PLACED_BY, *self.implied, *([self.treated_as] if self.treated_as else [])}
        return frozenset(named).union(*(offer.facts for offer in self.offers))

    def within(self, values: Values) -> Values:
        """The values of a patient who is in this group: what its definition implies narrows what is open."""
        narrowed: dict[str, Value] = {}
        if values.get(PLACED_BY) != self._certain:
            narrowed[PLACED_BY] = self._certain
        for fact, among in self.implied.items():
            value = values[fact]
            if isinstance(value, Choice) and not value.known and value.possible & among:
                narrowed[fact] = Choice(value.possible & among)
        return {**values, **narrowed} if narrowed else values


def compile_groups(documents: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary) -> Mapping[str, Group]:
    """The groups by id; `documents` maps the file's stem to its content.

    Raises AuthoringError for a file whose name is not its group's id, an offer id used twice, and a group of
    the vocabulary without a file.
    """
    groups: dict[str, Group] = {}
    seen: dict[str, str] = {}
    for stem, document in documents.items():
        if document["group"] != stem:
            raise AuthoringError(f"the file is named {stem!r}, its group {document['group']!r}", ("group",))
        for index, offer in enumerate(document["offers"]):
            if offer["offer"] in seen:
                raise AuthoringError(
                    f"offer {offer['offer']!r} is also in {seen[offer['offer']]}", ("offers", index, "offer")
                )
            seen[offer["offer"]] = stem
        groups[stem] = Group(
            id=stem,
            disease=document["disease"],
            sources=sources_of(document["cite"]),
            offers=tuple(compile_offer(offer, vocabulary) for offer in document["offers"]),
            implied={i["fact"]: frozenset(i["in"]) for i in document.get("implies", ())},
            refused=_elsewhere(document, "refused"),
            unaddressed=_elsewhere(document, "unaddressed"),
            treated_as=document.get("treated-as"),
            definition=" ".join(document["definition"].split()),
            citations=citations_of(document["cite"]),
        )
    _all_present(groups, vocabulary[PLACED_BY].values)
    return groups


def _elsewhere(document: Mapping[str, Any], name: str) -> Mapping[str, Elsewhere]:
    """Options and kinds with their reason. Raises AuthoringError for one that is named twice, or is offered."""
    found: dict[str, Elsewhere] = {}
    offered = {offer["option"] for offer in document["offers"]}
    for index, row in enumerate(document.get(name, ())):
        reason = Elsewhere(row["id"], sources_of(row["cite"]))
        for place, option in enumerate(row["for"]):
            where = (name, index, "for", place)
            if option in found:
                raise AuthoringError(f"{option!r} is {name} twice", where)
            if option in offered:
                raise AuthoringError(f"{option!r} is {name} and offered by the same group", where)
            found[option] = reason
    return found


def compile_not_addressed(
    document: Mapping[str, Any], vocabulary: Vocabulary, groups: Mapping[str, Group]
) -> Mapping[str, Group]:
    """The situations of `not-addressed.yaml` by id, each with the same offers.

    Raises AuthoringError for a situation named twice, one of the vocabulary that is missing, and an offer id that is
    used twice, here or in one of the `groups`.
    """
    seen = {offer.id: group.id for group in groups.values() for offer in group.offers}
    for index, offer in enumerate(document["offers"]):
        if offer["offer"] in seen:
            where = ("offers", index, "offer")
            raise AuthoringError(f"offer {offer['offer']!r} is also in {seen[offer['offer']]}", where)
        seen[offer["offer"]] = "not-addressed"
    offers = tuple(compile_offer(offer, vocabulary) for offer in document["offers"])
    sources = tuple(dict.fromkeys(s for offer in offers for s in offer.sources))
    found: dict[str, Group] = {}
    for index, row in enumerate(document["not-addressed"]):
        if row["id"] in found:
            raise AuthoringError(f"{row['id']!r} is named twice", ("not-addressed", index, "id"))
        found[row["id"]] = Group(row["id"], row["disease"], sources, offers, addressed=False)
    for name in vocabulary["patient-group"].not_addressed:
        if name not in found:
            raise AuthoringError(f"{name!r} has no entry", ("not-addressed",))
    return found


def _all_present(groups: Mapping[str, Group], names: Iterable[str]) -> None:
    for name in names:
        if name not in groups:
            raise AuthoringError(f"the group {name!r} has no file under pathways/")
