"""What the pages of the service load, and what they may not do."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cds_service.app import create_app
from cds_service.http.source_pages import SourcePage
from cds_service.http.wire import ServiceDescription
from cds_service.pages import Assets
from cds_service.settings import Settings

SOURCE = SourcePage("900", "A <b>bold</b> title", "2026-01-01", None, {"Section": ["It says so."]})


def _client(public_url: str | None = None):
    service = ServiceDescription("sarcoma-pathway", "t", "d", "", ("patient-view",))
    settings = Settings(development=True, public_url=public_url)
    return create_app(settings, service, lambda *_: {"cards": []}, {"900": SOURCE}).test_client()


def test_a_page_loads_its_style_from_the_service_and_runs_nothing_inline():
    client = _client()
    page = client.get("/sources/900")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "<style" not in page.text and "style=" not in page.text
    assert "A &lt;b&gt;bold&lt;/b&gt; title" in page.text
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page.text)
    style = client.get(address)
    assert style.status_code == 200 and style.mimetype == "text/css" and ":root" in style.text
    assert "immutable" in style.headers["Cache-Control"]


def test_every_page_has_an_icon_and_a_browser_finds_it_where_it_asks():
    client = _client()
    (address,) = re.findall(r'rel="icon" href="([^"]+)"', client.get("/sources/900").text)
    for path in (address, "/favicon.ico"):
        icon = client.get(path)
        assert icon.status_code == 200 and icon.mimetype == "image/svg+xml"
        assert ElementTree.fromstring(icon.text).tag.endswith("svg")


def test_behind_a_path_the_addresses_keep_it():
    page = _client("https://cds.example/sarcoma").get("/sources/900").text
    assert re.search(r'href="/sarcoma/assets/[0-9a-f]{12}/look\.css"', page)


@pytest.mark.parametrize("address", ["/assets/000000000000/look.css", "/assets/0/served.html.jinja"])
def test_what_is_no_asset_is_not_found(address: str):
    assert _client().get(address).status_code == 404


def test_a_changed_file_has_another_address(tmp_path: Path):
    (tmp_path / "own.js").write_text("1")
    before = Assets(folders=[tmp_path]).address("own.js")
    (tmp_path / "own.js").write_text("2")
    assert Assets(folders=[tmp_path]).address("own.js") != before


def test_two_files_of_one_name_are_refused(tmp_path: Path):
    (tmp_path / "look.css").write_text("")
    with pytest.raises(ValueError, match=r"look\.css"):
        Assets(folders=[tmp_path])
