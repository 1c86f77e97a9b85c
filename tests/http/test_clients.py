"""The file that states a site's clients: read whole, or refused with file, line and the nearest valid word."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.authored import AuthoringMistakes
from cds_service.clients_file import read_clients

TWO = """\
clients:
  - id: north
    profile: epic
    issuers: [https://fhir.north.example.org/r4]
    key-addresses: [https://fhir.north.example.org/jwks]
    private-key-addresses: true
    algorithms: [RS384]
    fhir-servers: [https://fhir.north.example.org/r4]
    calls-per-minute: 600
  - id: south
    issuers: [https://south.example.org]
    key-file: south.json
    null-means: missing
    never-served: [specimens]
"""


def test_each_client_is_found_by_its_id_and_by_its_issuer(tmp_path: Path) -> None:
    clients = read_clients(_written(tmp_path, TWO))
    north, south = clients.by_id["north"], clients.by_issuer["https://south.example.org"]
    assert (north.profile.name, north.algorithms, north.calls_per_minute) == ("epic", ("RS384",), 600)
    assert (north.private_key_addresses, south.private_key_addresses) == (True, False)
    assert (south.id, south.profile.name, south.null_means) == ("south", "default", "missing")
    assert (south.never_served, south.key_file) == (("specimens",), tmp_path / "south.json")
    assert south.algorithms == ("ES384", "RS384")


@pytest.mark.parametrize(
    "base",
    [
        "http://localhost:8103/fhir/R4",
        "http://127.0.0.1",
        "http://[::1]:80/fhir",
        "https://ehr.example.org:8443",
    ],
)
def test_a_fhir_server_without_tls_may_only_be_on_this_machine(tmp_path: Path, base: str) -> None:
    listed = TWO.replace("fhir-servers: [https://fhir.north.example.org/r4]", f'fhir-servers: ["{base}"]')
    assert read_clients(_written(tmp_path, listed)).by_id["north"].fhir_servers == (base,)
    evil = listed.replace(base, "http://127.0.0.1.evil.example/fhir")
    with pytest.raises(AuthoringMistakes):
        read_clients(_written(tmp_path, evil))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("profile: epic", "profile: epci", 3, "epic"),
        ("[RS384]", "[HS384]", 7, "'HS384' is not valid"),
        ("[RS384]", "[none]", 7, "'none' is not valid"),
        ("https://fhir.north.example.org/jwks", "http://fhir.north.example.org/jwks", 5, "key-addresses"),
        (
            "fhir-servers: [https://fhir.north",
            "fhir-servers: [http://fhir.north",
            8,
            "http://fhir.north.example.org/r4",
        ),
        ("calls-per-minute", "calls-per-minutes", 9, "calls-per-minute"),
        ("    key-file: south.json\n", "", 10, "key-addresses"),
        (
            "    issuers: [https://fhir",
            "    key-file-addresses: [https://a.example.org/jwks]\n    issuers: [https://fhir",
            2,
            "key-file",
        ),
        (
            "    key-file: south.json\n",
            "    key-file: south.json\n    key-addresses: [https://a.example.org/jwks]\n"
            "    key-file-addresses: [https://a.example.org/jwks]\n",
            14,
            "https://a.example.org/jwks",
        ),
        ("- id: south", "- id: north", 10, "belongs to the client of entry 1"),
        ("[https://south.example.org]", "[https://fhir.north.example.org/r4]", 11, "belongs to the client"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in TWO
    with pytest.raises(AuthoringMistakes) as refused:
        read_clients(_written(tmp_path, TWO.replace(old, new)))
    assert any(m.line == line and says in m.message for m in refused.value.mistakes), refused.value


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthoringMistakes, match=r"absent\.yaml"):
        read_clients(tmp_path / "absent.yaml")


def _written(folder: Path, text: str) -> Path:
    path = folder / "clients.yaml"
    path.write_text(text, encoding="utf-8")
    return path
