"""The pages of the map, and the map as files."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.http.wire import ServiceDescription
from cds_service.loading import Loaded
from cds_service.map.files import map_files
from cds_service.map.site import map_site
from cds_service.settings import Settings

from .patients import assessed

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
SEVERAL = "gist-several-groups/d842v-imatinib-resectability-unrecorded"


@pytest.fixture(scope="module")
def client(loaded: Loaded) -> FlaskClient:
    service = ServiceDescription("sarcoma-pathway", "t", "d", "", ("patient-view",))
    settings = Settings(development=True, public_url="https://cds.example/sarcoma")
    return create_app(settings, service, lambda *_: {"cards": []}, draw=map_site(loaded)).test_client()


def test_every_page_is_there_and_every_link_between_them_leads_to_one(
    client: FlaskClient, loaded: Loaded
) -> None:
    waiting, seen = ["/map"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = client.get(path)
        assert page.status_code == 200, path
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        waiting += re.findall(r'href="/sarcoma(/map[^"]*)"', page.text)
    diseases = loaded.knowledge.diseases
    assert {f"/map/{d}/{g}" for d, k in diseases.items() for g in k.groups} <= seen
    assert {f"/map/{d}" for d in diseases} <= seen
    assert "/map/gist/recurrence-risk" in seen


@pytest.mark.parametrize(
    "path", ["/map/bone", "/map/gist/none", "/map/gist/sts-trunk", "/map/gist/patient-group"]
)
def test_what_is_not_drawn_is_refused_with_what_there_is(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json is not None and answer.json["resourceType"] == "OperationOutcome"
    assert "/sarcoma/map" in answer.text


def test_style_and_script_of_a_page_are_served(client: FlaskClient) -> None:
    page = client.get("/map/gist").text
    for name in ("map.css", "map.js", "look.css"):
        (address,) = re.findall(rf'(?:href|src)="/sarcoma(/assets/[^"]+/{name})"', page)
        assert client.get(address).status_code == 200


def _export(*options: str) -> Result:
    return CliRunner().invoke(main, ["export", "map", *options])


def test_the_map_is_written_as_pictures_and_pages_that_need_nothing_else(
    tmp_path: Path, loaded: Loaded
) -> None:
    done = _export("--pathway", "gist", "--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    groups = loaded.knowledge.of("gist").groups
    assert {p.name for p in tmp_path.iterdir()} == {
        f"{n}.{e}" for n in ("gist", *groups) for e in ("svg", "html")
    }
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="(?!#)', text), path
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        if path.suffix == ".svg":
            assert ElementTree.fromstring(text).find("{http://www.w3.org/2000/svg}style") is not None


def test_a_box_of_a_picture_that_stands_alone_tells_its_sources(loaded: Loaded) -> None:
    svg = dict(map_files(loaded, group="gist-unresectable"))["gist-unresectable.svg"]
    offer = next(o for o in loaded.knowledge.groups["gist-unresectable"].offers if o.option == "avapritinib")
    titles = [t.text or "" for t in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]
    assert any(all(c.says in title for c in offer.citations) for title in titles)


def test_a_patient_is_written_with_the_options_of_each_possible_group(tmp_path: Path, loaded: Loaded) -> None:
    done = _export("--fixture", str(FIXTURES / SEVERAL), "--output", str(tmp_path))
    assert done.exit_code == 0, done.output
    assessment = assessed(SEVERAL)
    assert {p.stem for p in tmp_path.iterdir()} == {"gist", *assessment.groups}
    assert "? not known" in (tmp_path / "gist.svg").read_text(encoding="utf-8")
    again = dict(map_files(loaded, assessment=assessment))
    assert again["gist.svg"] == (tmp_path / "gist.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--output"),
        (("--pathway", "gst", "--output", "x"), "did you mean 'gist'"),
        (("--group", "gist-unresectabel", "--output", "x"), "did you mean 'gist-unresectable'"),
        (("--pathway", "gist", "--group", "gist-unresectable", "--output", "x"), "--pathway goes neither"),
        (
            ("--fixture", str(FIXTURES / SEVERAL), "--group", "sts-extremity-stage-1", "--output", "x"),
            "no possible group",
        ),
        (
            ("--fixture", str(FIXTURES / "not-placed" / "age-15-imatinib"), "--output", "x"),
            "stands on no map",
        ),
    ],
)
def test_a_mistake_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _export(*options)
    assert done.exit_code != 0 and told in done.output, done.output
    assert not list(tmp_path.iterdir())
