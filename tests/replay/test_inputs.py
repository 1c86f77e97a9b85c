"""What can be replayed: fixtures, Bundles, recorded calls and folders of them; in one process or in several."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.cli.ground import packaged_services
from cds_service.replay.cores import replay_on_cores
from cds_service.replay.fixture import FixtureError, read_fixture
from cds_service.replay.inputs import find_inputs
from cds_service.replay.run import in_process
from tests.shipped import FIXTURES, patients, service

EXAMPLE = FIXTURES / "gist-unresectable" / "d842v-imatinib"
DAY = date(2026, 11, 2)


def command(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["replay", *map(str, arguments)])


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def recorded() -> tuple[dict[str, Any], dict[str, Any]]:
    """A call as an EHR posts it, and what it is answered with."""
    fixture = read_fixture(EXAMPLE)
    status, answer = in_process(service)(fixture)
    assert status == 200
    return fixture.call(service().prefetch), answer


def pair(response: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"request": recorded()[0], "response": response, "today": str(read_fixture(EXAMPLE).today), **more}


def test_a_recorded_pair_is_compared_with_its_response(tmp_path: Path) -> None:
    path = write(tmp_path / "imatinib.json", pair(recorded()[1]))
    result = command(path)
    assert result.exit_code == 0, result.output
    assert "1 of 1 calls as expected" in result.output


def test_a_response_may_stand_beside_its_call(tmp_path: Path) -> None:
    request, response = recorded()
    for name in ("one.json", "two.request.json"):
        write(tmp_path / name, request)
    write(tmp_path / "one.response.json", response)
    write(tmp_path / "two.response.json", {**response, "cards": []})
    result = command("--today", read_fixture(EXAMPLE).today, tmp_path)
    assert result.exit_code == 1
    assert "1 of 2 calls as expected" in result.output
    assert "✗ two.request\n" in result.output
    assert "cards: expected 0, came 1" in result.output


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ("verdict", "order MedicationRequest/rx-1: expected verdict on-pathway, came contraindicated"),
        ("option", "option imatinib-of-old: expected"),
        ("not-offered", "expected not to be offered"),
        ("summary", "expected summary 'Of old'"),
    ],
)
def test_what_differs_from_a_recorded_response_is_said(tmp_path: Path, member: str, told: str) -> None:
    response = recorded()[1]
    assessment = response["extension"]["org.sarcoma-cds.assessment"]
    if member == "verdict":
        assessment["orders"][0]["verdict"] = "on-pathway"
    elif member == "option":
        assessment["options"].append({"option": "imatinib-of-old", "state": "met"})
    elif member == "not-offered":
        assessment["options"] = []
    else:
        response["cards"][0]["summary"] = "Of old"
    result = command(write(tmp_path / "call.json", pair(response)))
    assert result.exit_code == 1
    assert told in result.output


def test_a_recorded_refusal_is_expected_again(tmp_path: Path) -> None:
    refused = pair({"resourceType": "OperationOutcome"}, status=412)
    path = write(tmp_path / "call.json", refused)
    result = command(path)
    assert result.exit_code == 1
    assert "status: expected 412, came 200" in result.output
    refused["request"]["prefetch"] = {}
    write(path, refused)
    assert command(path).exit_code == 0


def test_a_recorded_access_token_is_sent_to_nobody(tmp_path: Path) -> None:
    request = {**recorded()[0], "fhirAuthorization": {"access_token": "letmein", "token_type": "Bearer"}}
    (call,) = find_inputs([write(tmp_path / "call.json", request)], DAY).calls
    assert "letmein" not in json.dumps(call.call({}))


def test_a_bundle_with_a_draft_is_an_order_to_sign(tmp_path: Path) -> None:
    """References by `fullUrl`, as in a Bundle from elsewhere, are followed."""
    resources = json.loads((EXAMPLE / "patient.json").read_text())["entry"]
    draft = read_fixture(EXAMPLE).request["context"]["draftOrders"]["entry"][0]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [*resources, draft]})
    bundle = json.loads(text.replace('"reference": "Patient/pat-01"', '"reference": "urn:uuid:1"'))
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["fullUrl"] = "urn:uuid:1"
    (call,) = find_inputs([write(tmp_path / "bundle.json", bundle)], read_fixture(EXAMPLE).today).calls
    assert call.hook == "order-sign"
    status, answer = in_process(service)(call)
    assert status == 200
    (verdict,) = answer["extension"]["org.sarcoma-cds.assessment"]["orders"]
    assert verdict["verdict"] == "contraindicated"


def test_a_bundle_without_drafts_opens_the_chart(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "patient.json", tmp_path / "bundle.json")
    result = command(tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 of 1 calls as expected, of which 1 had only to be answered" in result.output
    (call,) = find_inputs([tmp_path], DAY).calls
    assert call.hook == "patient-view"


def test_a_folder_may_mix_all_of_them_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "b-fixture")
    shutil.copy(EXAMPLE / "patient.json", tmp_path / "c-bundle.json")
    write(tmp_path / "a-call.json", pair(recorded()[1]))
    write(tmp_path / "package.json", {"name": "none of ours"})
    found = find_inputs([tmp_path], DAY)
    assert [call.name for call in found.calls] == ["a-call", "b-fixture", "c-bundle"]
    assert [path.name for path in found.left_out] == ["package.json"]
    result = command(tmp_path)
    assert result.exit_code == 0, result.output
    assert "package.json: neither a call nor a Bundle" in result.output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"name": "none of ours"}, "nothing to replay here"),
        ({"resourceType": "Bundle", "entry": []}, "holds 0 Patients"),
        ({"request": {"hook": "patient-view"}}, "needs a hook and a context"),
        ({"request": {"hook": "patient-view", "context": {}}, "response": {}}, "`status` must say"),
        ({"request": {"hook": "patient-view", "context": {}}, "today": "soon"}, "must be a day"),
    ],
)
def test_what_cannot_be_replayed_is_named_and_exits_2(tmp_path: Path, content: Any, told: str) -> None:
    path = write(tmp_path / "odd.json", content)
    with pytest.raises(FixtureError, match=r"odd\.json"):
        find_inputs([path], DAY)
    result = command(path)
    assert result.exit_code == 2
    assert told in result.output


def test_several_processes_give_what_one_gives() -> None:
    calls = [p for p in patients() if p.name.startswith("gist-")][:60]
    assert len(calls) == 60
    alone = list(replay_on_cores(calls, packaged_services, 1))
    assert list(replay_on_cores(calls, packaged_services, 3)) == alone
    assert [outcome.call.name for outcome in alone] == [call.name for call in calls]


def test_off_a_terminal_nothing_but_the_result_is_printed() -> None:
    result = CliRunner().invoke(main, ["replay", str(EXAMPLE)])
    assert result.stdout == "1 of 1 fixtures as expected\n"
    assert "Replaying" not in result.stderr
