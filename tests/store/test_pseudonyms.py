"""The secrets of pseudonyms: read from a file, used by day, shown nowhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds_service.authored import AuthoringMistakes
from cds_service.store.pseudonyms import Pseudonyms, read_secrets

FIRST = "0123456789abcdef0123456789abcdef"
SECOND = "fedcba9876543210fedcba9876543210"
DIGITS = "7" * 64
FILE = f"""
secrets:
  - {{id: 2026-q4, from: 2026-10-01, secret: {FIRST}}}
  - {{id: 2027-q1, from: "2027-01-01", secret: {SECOND}}}
"""


def written(folder: Path, content: str) -> Path:
    path = folder / "secrets.yaml"
    path.write_text(content)
    return path


@pytest.fixture
def pseudonyms(tmp_path: Path) -> Pseudonyms:
    return read_secrets(written(tmp_path, FILE))


@pytest.mark.parametrize(
    ("day", "used"),
    [
        (date(2025, 1, 1), "2026-q4"),
        (date(2026, 12, 31), "2026-q4"),
        (date(2027, 1, 1), "2027-q1"),
        (date(2030, 1, 1), "2027-q1"),
    ],
)
def test_a_secret_is_used_from_its_day_on(pseudonyms: Pseudonyms, day: date, used: str) -> None:
    assert pseudonyms.secret_of(day).id == used


def test_a_hash_hangs_on_all_that_it_is_made_of(pseudonyms: Pseudonyms) -> None:
    autumn, spring = date(2026, 11, 1), date(2027, 3, 1)
    made = [
        pseudonyms.keyed(autumn, "patient", "ehr", "p1"),
        pseudonyms.keyed(autumn, "patient", "ehr", "p2"),
        pseudonyms.keyed(autumn, "patient", "ehr-p", "1"),
        pseudonyms.keyed(autumn, "repeat", "ehr", "p1"),
        pseudonyms.keyed(spring, "patient", "ehr", "p1"),
    ]
    assert len(set(made)) == 5
    assert pseudonyms.keyed(autumn, "patient", "ehr", "p1") == made[0]
    assert {len(key) for key in made} == {64}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("secrets: []", "secrets"),
        ("nothing: 1", "allowed: secrets"),
        (f"secrets: [{{id: a, secret: {FIRST}}}]", "missing: from"),
        ("secrets: [{id: a, from: 2026-01-01, secret: hunter2}]", "fewer than 32"),
        ("secrets: [{id: a, from: soon, secret: " + FIRST + "}]", "no date"),
        (FILE.replace("2027-q1", "2026-q4"), "stands twice"),
        ("secrets: {id: hunter2hunter2", "not readable as YAML"),
        # the same with a dash or a word forgotten: the secret stands where none is expected
        (f"secrets:\n  id: a\n  from: 2026-01-01\n  secret: {FIRST}\n", "not of type 'array'"),
        (f"secrets: [{FIRST}]", "not of type 'object'"),
        (f"secrets: {FIRST}", "not of type 'array'"),
        (f"secret: {FIRST}", "did you mean 'secrets'"),
        (f"[{{id: a, from: 2026-01-01, secret: {FIRST}}}]", "not of type 'object'"),
        (f"secrets: [{{id: A-{FIRST}, from: 2026-01-01, secret: {SECOND}}}]", "the id is not"),
        (f"secrets: [{{id: a, from: 2026-01-01, secret: [{FIRST}]}}]", "not of type 'string'"),
        (f"secrets: [{{id: a, from: 2026-01-01, secret: {DIGITS}}}]", "not of type 'string'"),
        (f"secrets: [{{id: a, from: 2026-01-01, {FIRST}}}]", "missing: secret"),
        (f"secrets: [{{id: a, from: 2026-01-01, secert: {FIRST}}}]", "did you mean 'secret'"),
        (f"secrets: [{{id: a, from: 2026-01-01, secret: *{FIRST}}}]", "not readable as YAML"),
        (f"secrets: [{{id: a, from: 2026-01-01, secret: !{FIRST} x}}]", "not readable as YAML"),
        (f"secrets: [{{id: a, from: 2026-13-45, secret: {FIRST}}}]", "not readable as YAML"),
        (f"secrets: [{{? [{FIRST}] : 1}}]", "not readable as YAML"),
        (f"secrets: [{{id: a, from: 2026-01-01, secret: !!binary {FIRST}}}]", "not of type 'string'"),
    ],
)
def test_a_mistake_is_named_without_the_secret(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(AuthoringMistakes) as refused:
        read_secrets(written(tmp_path, content))
    assert "secrets.yaml:" in str(refused.value)
    assert said in str(refused.value)
    assert not [secret for secret in ("hunter2", FIRST, SECOND, DIGITS) if secret in str(refused.value)]


def test_secrets_are_not_shown_by_repr(pseudonyms: Pseudonyms) -> None:
    assert FIRST not in repr(pseudonyms.secret_of(date(2026, 11, 1)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthoringMistakes, match=r"none\.yaml"):
        read_secrets(tmp_path / "none.yaml")
