"""The review sheet: what the service knows of one patient group, on paper, for a tumour board to sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ..case.vocabulary import nearest
from ..loading import Loaded
from ..pages import pages_of
from ..pathway.criteria import facts_of
from ..replay.coverage import Coverage, Covered
from .condition_words import LINES, Words, condition_words

PAGES = pages_of("cds_service.export")
# what stands inside an offer, and how it is announced
INSIDE = {
    "reasons": "Shown when offered",
    "refusals": "Refused, and why",
    "early": "Before its turn: a caution",
    "silent": "Left open: the sources do not say",
    "unaddressed": "Not addressed by the sources",
}
RULES = {"contraindicated": "contraindicated", "off-pathway": "off the pathway", "caution": "caution"}
PLACED_BY = "patient-group"
SHOWN = 1
Row = Mapping[str, Any]


class NoSuchGroup(Exception):
    """The group that was asked for is none; the message names the nearest."""


def check_group(loaded: Loaded, group: str | None) -> None:
    """Raises NoSuchGroup for a patient group that the knowledge does not have; None stands for all."""
    groups = loaded.knowledge.groups
    if group is not None and group not in groups:
        raise NoSuchGroup(f"no patient group {group!r}{nearest(group, groups)}")


def review_sheets(
    loaded: Loaded, coverage: Coverage, titles: Mapping[str, str], on: date, group: str | None = None
) -> Iterator[tuple[str, str]]:
    """Each patient group's id and its sheet as one page of HTML that fetches nothing.

    `titles` are the fixtures' titles by name, `on` is the date that the sheet bears. Same arguments, same bytes.
    Raises NoSuchGroup for a `group` that the knowledge does not have.
    """
    check_group(loaded, group)
    documents = {d.content["group"]: d for d in loaded.conditional if "group" in d.content}
    for name in [group] if group else sorted(documents):
        yield name, _Sheet(loaded, coverage, titles).render(documents[name].content, on)


class _Sheet:
    def __init__(self, loaded: Loaded, coverage: Coverage, titles: Mapping[str, str]) -> None:
        self.loaded = loaded
        self.wording = loaded.wording
        self.vocabulary = loaded.knowledge.vocabulary
        self.covered = {c.statement.address: c for c in coverage.covered}
        self.titles = titles

    def render(self, group: Row, on: date) -> str:
        offers = [self._offer(offer) for offer in group["offers"]]
        trees = [offer["when"] for offer in group["offers"]]
        tables = list(self._tables(group["disease"], group["group"], trees))
        orders = list(self._orders(group["disease"], {offer["option"] for offer in group["offers"]}))
        cited = [group, *group["offers"], *(t["source"] for t in tables), *(o["source"] for o in orders)]
        used = {c["source"] for row in cited for c in row["cite"]}
        return PAGES.get_template("review-sheet.html.jinja").render(
            id=group["group"],
            label=self.wording.short("groups", group["group"]),
            definition=" ".join(group["definition"].split()),
            cite=self._cite(group["cite"]),
            offers=offers,
            columns=sorted({c["source"] for offer in offers for c in offer["cite"]}),
            tables=tables,
            orders=orders,
            differences=self._differences(group["offers"]),
            fixtures=self._fixtures(group["offers"]),
            sources=[s for s in self.loaded.sources.values() if s.id in used],
            version=self.loaded.knowledge.version,
            on=on,
        )

    def _words(self, tree: Mapping[str, Any]) -> Words:
        return condition_words(tree, self.vocabulary, self.wording)

    def _cite(self, citations: Iterable[Row]) -> list[Row]:
        return [{**c, "says": " ".join(c["says"].split())} for c in citations]

    def _offer(self, offer: Row) -> Row:
        address = offer["offer"]
        inside = [
            {
                "title": title,
                "rows": [
                    {
                        "id": row["id"],
                        "words": self._words(row["when"]),
                        "card": self.wording.detail("reasons", row["id"]),
                    }
                    for row in offer[key]
                ],
            }
            for key, title in INSIDE.items()
            if key in offer
        ]
        while_unknown = offer.get("while-unknown")
        return {
            "id": address,
            "option": self.wording.short("options", offer["option"]),
            "line": LINES[offer["line"]],
            "role": offer.get("role"),
            "words": self._words(offer["when"]),
            "cite": self._cite(offer["cite"]),
            "card": self.wording.detail("reasons", address),
            "option_card": self.wording.detail("options", offer["option"]),
            "inside": inside,
            "meanwhile": while_unknown
            and {
                "fact": self.wording.short("facts", while_unknown["untested"]),
                "card": self.wording.detail("reasons", while_unknown["id"]),
                "suggest": self.wording.short("options", while_unknown["suggest"]),
            },
            "differs": offer.get("differs"),
            "shown": self._shown(self.covered.get(address)),
        }

    def _shown(self, covered: Covered | None) -> Sequence[tuple[str, Sequence[str], int]]:
        """By answer: the first fixtures that show it, and how many more do."""
        if covered is None:
            return ()
        return [
            (word.replace("-", " "), names[:SHOWN], max(0, len(names) - SHOWN))
            for word, names in covered.shown.items()
            if names
        ]

    def _tables(self, disease: str, group: str, trees: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        """The tables on which placement in the group and its options rest; of the placing ones only the rows
        that lead here."""
        tables = {
            table["derives"]: table
            for document in self.loaded.conditional
            for table in document.content.get("tables", ())
            if document.content.get("disease") == disease
        }
        wanted = [PLACED_BY, *sorted(set().union(*(facts_of(tree) for tree in trees)))]
        done: set[str] = set()
        while wanted:
            fact = wanted.pop(0)
            table = tables.get(fact)
            if table is None or fact in done:
                continue
            done.add(fact)
            rows = [
                row
                for row in table["rows"]
                if fact != PLACED_BY
                or group in (row["then"] if isinstance(row["then"], list) else [row["then"]])
            ]
            wanted += sorted(set().union(*(facts_of(row["when"]) for row in rows)))
            yield {
                "source": table,
                "name": self.wording.short("facts", fact) if fact != PLACED_BY else "Rows that place here",
                "because": " ".join(table["because"].split()),
                "rows": [self._row(row) for row in rows],
                "cite": self._cite(table["cite"]),
            }

    def _row(self, row: Row) -> Row:
        results = row["then"] if isinstance(row["then"], list) else [row["then"]]
        told = {True: "yes", False: "no"}
        return {
            "words": self._words(row["when"]),
            "then": " or ".join(
                told[r] if isinstance(r, bool) else self.wording.value(str(r)) for r in results
            ),
            "silent": row.get("silent", False),
            "remark": self.wording.detail("remarks", row["remark"]) if "remark" in row else "",
        }

    def _orders(self, disease: str, options: set[str]) -> Iterator[Row]:
        judge = self.loaded.knowledge.judge
        parts = {
            name
            for option in options
            for name in (option, *judge.options[option].items, judge.options[option].base)
            if name
        }
        for document in self.loaded.conditional:
            for order in (
                document.content.get("orders", ()) if document.content.get("disease") == disease else ()
            ):
                for key, title in RULES.items():
                    for rule in order.get(key, ()) if order["option"] in parts else ():
                        yield {
                            "source": rule,
                            "option": self.wording.short("options", order["option"]),
                            "verdict": title,
                            "words": self._words(rule["when"]),
                            "card": self.wording.detail("reasons", rule["id"]),
                            "cite": self._cite(rule["cite"]),
                            "shown": self._shown(
                                self.covered.get(f"{disease} {order['option']} > {rule['id']}")
                            ),
                        }

    def _differences(self, offers: Iterable[Row]) -> list[Row]:
        names = dict.fromkeys(offer["differs"] for offer in offers if "differs" in offer)
        return [
            {
                "id": name,
                "short": self.wording.short("differences", name),
                "detail": self.wording.detail("differences", name),
            }
            for name in names
        ]

    def _fixtures(self, offers: Iterable[Row]) -> list[tuple[str, str]]:
        """Every fixture for which the group is possible, with its title."""
        found = {
            name
            for offer in offers
            if (covered := self.covered.get(offer["offer"]))
            for names in covered.shown.values()
            for name in names
        }
        return [(name, self.titles.get(name, "")) for name in sorted(found)]
