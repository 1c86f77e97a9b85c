"""Pages: `next` is followed on the same FHIR base only, and an answer that is not whole says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cds_service.fhir.reach.allowance import Limits
from cds_service.fhir.reach.completing import Reach
from cds_service.fhir.record import read_record

from .fetching import fetched, ids, notice, reach_of
from .fhir_stub import Exchange, FhirStub, Json, condition, searchset

Stub = Callable[..., FhirStub]


def next_link(url: str) -> list[Json]:
    return [{"relation": "self", "url": "https://e/x"}, {"relation": "next", "url": url}]


def paged(last: int, link: str = "{base}?page={page}", **members: Any) -> Callable[[Exchange], None]:
    """A search of `last` pages with a Condition each."""

    def behaviour(exchange: Exchange) -> None:
        query = parse_qs(urlsplit(exchange.path).query)
        page = int(query.get("page", ["1"])[0])
        links = next_link(link.format(base=exchange.server.base, page=page + 1)) if page < last else []
        exchange.resource(searchset(condition(f"c{page}"), link=links, **members))

    return behaviour


def answered(answer: Json) -> str:
    """What the record makes of it."""
    raw = {"conditions": msgspec.Raw(msgspec.json.encode(answer))}
    return read_record(raw, ["conditions"]).answers["conditions"]


@pytest.mark.parametrize(
    "link", ["{base}?page={page}", "{base}/Condition?page={page}", "Condition?page={page}", "?page={page}"]
)
def test_all_pages_come_as_one_answer(link: str, stub: Stub, reach: Reach) -> None:
    answer = fetched(reach, stub(paged(3, link)).base)["conditions"]
    assert ids(answer) == ["c1", "c2", "c3"]
    assert "link" not in answer
    assert answered(answer) == "ok"


def test_a_total_that_was_reached_is_complete_and_one_that_was_not_is_not(stub: Stub, reach: Reach) -> None:
    assert answered(fetched(reach, stub(paged(3, total=3)).base)["conditions"]) == "ok"
    assert answered(fetched(reach, stub(paged(3, total=4)).base)["conditions"]) == "partial"


def test_only_so_many_pages_are_followed(stub: Stub) -> None:
    server = stub(paged(9))
    answer = fetched(reach_of(limits=Limits(pages=4)), server.base)["conditions"]
    assert ids(answer) == ["c1", "c2", "c3", "c4"]
    assert (notice(answer), answered(answer)) == ("too-costly", "partial")
    assert len(server.received) == 4


def test_a_loop_ends(stub: Stub, reach: Reach) -> None:
    def behaviour(exchange: Exchange) -> None:
        exchange.resource(searchset(condition(), link=next_link(f"{exchange.server.base}/Condition?again=1")))

    server = stub(behaviour)
    answer = fetched(reach, server.base)["conditions"]
    assert (notice(answer), answered(answer)) == ("too-costly", "partial")
    assert len(server.received) == 2


def test_an_endless_chain_of_new_pages_ends(stub: Stub, reach: Reach) -> None:
    server = stub(paged(1_000_000))
    answer = fetched(reach, server.base, seconds=60)["conditions"]
    assert (notice(answer), answered(answer)) == ("too-costly", "partial")
    assert len(server.received) == Limits().pages


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://127.0.0.1:{other}/fhir?page=2", "http://localhost:{port}/fhir?page=2", "https://127.0.0.1:{port}/fhir?page=2",
        "//127.0.0.1:{other}/fhir?page=2", "http://127.0.0.1:{port}/other?page=2", "http://127.0.0.1:{port}/fhirx?page=2",
        "../admin?page=2", "http://127.0.0.1:{port}/fhir/../admin?page=2", "http://127.0.0.1:{port}/fhir/%2e%2e/admin",
        "http://127.0.0.1:{port}/fhir/%252e%252e/admin", "http://127.0.0.1:{port}/fhir/..%5cadmin",
        "http://127.0.0.1:{port}@127.0.0.1:{other}/fhir?page=2", "http://127.0.0.1:{other}\\@127.0.0.1:{port}/fhir?page=2",
        "http://127.0.0.1:{port}/fhir\n?page=2", "file:///fhir", "http://127.0.0.1:99999/fhir", "http://[::1/fhir",
    ],
)  # fmt: skip
def test_a_next_page_elsewhere_is_not_asked_for(elsewhere: str, stub: Stub, reach: Reach) -> None:
    other = stub(lambda e: e.resource(searchset(condition("stolen"))))

    def behaviour(exchange: Exchange) -> None:
        url = elsewhere.format(port=server.server_port, other=other.server_port)
        exchange.resource(searchset(condition(), link=next_link(url)))

    server = stub(behaviour)
    answer = fetched(reach, server.base)["conditions"]
    assert (ids(answer), notice(answer), answered(answer)) == (["c1"], "security", "partial")
    assert len(server.received) == 1
    assert not other.received


def test_a_later_page_that_fails_leaves_an_incomplete_answer(stub: Stub, reach: Reach) -> None:
    def behaviour(exchange: Exchange) -> None:
        if "page=3" in exchange.path:
            exchange.resource({}, 403)
        else:
            paged(9)(exchange)

    answer = fetched(reach, stub(behaviour).base)["conditions"]
    assert (ids(answer), notice(answer), answered(answer)) == (["c1", "c2"], "forbidden", "partial")


def test_a_page_that_was_sent_is_not_asked_for_again(stub: Stub, reach: Reach) -> None:
    server = stub(paged(3))
    sent = searchset(condition("c1"), link=next_link(f"{server.base}?page=2"))
    answer = fetched(reach, server.base, sent={"conditions": sent})["conditions"]
    assert (ids(answer), answered(answer)) == (["c1", "c2", "c3"], "ok")
    assert [urlsplit(r.path).query for r in server.received] == ["page=2", "page=3"]


@pytest.mark.parametrize("sent", [
    searchset(condition("c1"), link=next_link("https://internal.ehr.example.org/fhir?page=2")),
    searchset(condition("c1"), total=3),
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]},
    {"hello": "world"},
    None,
])  # fmt: skip
def test_what_cannot_be_gone_on_from_is_asked_for_anew(sent: Json | None, stub: Stub, reach: Reach) -> None:
    server = stub(paged(3))
    answer = fetched(reach, server.base, sent={"conditions": sent})["conditions"]
    assert (ids(answer), answered(answer)) == (["c1", "c2", "c3"], "ok")


def test_what_was_sent_is_kept_where_no_more_comes(stub: Stub, reach: Reach) -> None:
    server = stub(lambda e: e.resource({}, 503))
    sent = searchset(condition("c1"), link=next_link(f"{server.base}?page=2"), total=2)
    answer = fetched(reach, server.base, sent={"conditions": sent})["conditions"]
    assert (ids(answer), notice(answer), answered(answer)) == (["c1"], "transient", "partial")
    sent = searchset(condition("c1"), total=2)
    answer = fetched(reach, server.base, sent={"conditions": sent})["conditions"]
    assert (ids(answer), notice(answer), answered(answer)) == (["c1"], "transient", "partial")


def test_what_is_asked_is_the_template_with_the_context(stub: Stub, reach: Reach) -> None:
    server = stub(lambda e: e.resource(searchset()))
    fetched(reach, server.base, "conditions", "patient", patient="p ü+1*;")
    assert sorted(r.path for r in server.received) == [
        "/fhir/Condition?patient=p%20%C3%BC%2B1%2A%3B&_count=200",
        "/fhir/Patient/p%20%C3%BC%2B1%2A%3B",
    ]


def test_keys_that_were_not_wanted_stay_as_they_were_sent(stub: Stub, reach: Reach) -> None:
    server = stub(paged(1))
    answers = fetched(reach, server.base, "conditions", sent={"procedures": None, "specimens": {"a": 1}})
    assert (answers["procedures"], answers["specimens"]) == (None, {"a": 1})
    assert len(server.received) == 1
