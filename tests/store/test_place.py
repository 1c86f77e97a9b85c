"""Where the store is, as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.settings import Settings
from cds_service.store.database import FILE_NAME, store_url
from cds_service.store.place import STATE_DIRECTORY, place


def file_of(**chosen: object) -> Path:
    return Path(str(store_url(place(Settings(**chosen))).database))  # type: ignore[arg-type]


def test_what_the_site_states_counts_first(tmp_path: Path) -> None:
    stated = "postgresql://service@db/cds"
    assert place(Settings(store_url=stated, state_directory=str(tmp_path), development=True)) == stated
    assert file_of(state_directory=str(tmp_path), development=True) == tmp_path / FILE_NAME
    assert file_of() == STATE_DIRECTORY / FILE_NAME


def test_development_keeps_to_the_checkout_or_a_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = file_of(development=True), file_of(development=True)
    assert first != second
    assert first.parent.is_dir()
    assert not first.is_relative_to(tmp_path)
    (tmp_path / ".run").mkdir()
    assert file_of(development=True) == tmp_path / ".run" / FILE_NAME


@pytest.mark.parametrize("name", ["a folder with spaces", "per%cent", "ä?#"])
def test_any_folder_can_be_named(tmp_path: Path, name: str) -> None:
    assert file_of(state_directory=str(tmp_path / name)) == tmp_path / name / FILE_NAME
