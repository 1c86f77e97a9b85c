"""The site is built without a warning and without a network, and leads nowhere that is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs.derived.api import described
from tests.browser.looking import cut_off
from tests.browser.opening import OpenPage

from .fences import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Sphinx in a process whose sockets lead nowhere: what it would load, it cannot.
OFFLINE = """
import socket, sys
def refused(*_, **__):
    raise OSError("the site is built without a network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""


class Page(HTMLParser):
    """What a page loads, where it leads, and the places in it that can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        stated = {name: value or "" for name, value in attributes}
        if "id" in stated:
            self.places.add(stated["id"])
        if tag == "a" and "href" in stated:
            self.leads.append(stated["href"])
        elif tag == "link" and stated.get("rel") not in ("index", "search", "next", "prev"):
            self.loads.append(stated.get("href", ""))
        elif "src" in stated:
            self.loads.append(stated["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = ["--fail-on-warning", "--keep-going", "--quiet", "-d", str(folder / "doctrees"), "docs"]
    built = subprocess.run(
        [sys.executable, "-c", OFFLINE, *words, str(folder / "html")],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert built.returncode == 0, built.stdout
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def within(page: Path, address: str) -> tuple[Path, str] | None:
    """The file and the place in it that an address leads to; None if it leads away from the site."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return target, unquote(parts.fragment)


def test_every_page_that_is_written_is_built(site: Path) -> None:
    written = {path.stem for path in (CHECKOUT / "docs").glob("*.md")}
    assert written <= {path.stem for path in site.glob("*.html")}


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for address in page.loads:
            found = within(path, address)
            assert found and found[0].is_file(), (path.name, address)


def test_styles_and_scripts_name_nothing_elsewhere_to_load(site: Path) -> None:
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "url(http" not in text and "url(//" not in text and "@import" not in text, path.name


def test_every_link_leads_to_a_page_and_a_place_that_are_there(pages: dict[Path, Page]) -> None:
    lost = list(astray(pages))
    assert not lost


def astray(pages: dict[Path, Page]) -> Iterator[tuple[str, str]]:
    for path, page in pages.items():
        for address in page.leads:
            match within(path, address):
                case (target, _) if not target.is_file():
                    yield path.name, address
                case (target, place) if place and target in pages and place not in pages[target].places:
                    yield path.name, address


def test_the_openapi_document_lies_beside_the_pages(site: Path) -> None:
    assert json.loads((site / "openapi.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(described())
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_window(
    site: Path,
    open_page: OpenPage,
    width: int,
) -> None:
    page = open_page(width=width)
    for path in sorted(site.glob("*.html")):
        page.goto(path.as_uri())
        assert cut_off(page) == 0, path.name
