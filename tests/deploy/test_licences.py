"""What an installation takes in is listed with its licence, and the licence is one that we take."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from importlib.util import find_spec

import pytest

from deploy.licences import BESIDE, EXTRAS, SILENT, Entry, installed, packed, read

from .test_container import LOCK, locked

# pinned for Windows alone, on which the service is not run
ELSEWHERE = {"tzdata"}
LISTED = read()


def test_every_package_that_is_pinned_is_listed() -> None:
    assert {entry.package for entry in LISTED if entry.purpose == "service"} == set(locked(LOCK)) - ELSEWHERE


def test_every_package_of_the_front_end_is_listed() -> None:
    assert [entry for entry in LISTED if entry.purpose == "packed into the wheel"] == packed()


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry.package)
def test_every_licence_is_one_that_we_take(entry: Entry) -> None:
    assert entry.acceptable(), entry
    assert entry.purpose in {"service", *EXTRAS, "packed into the wheel"}


def test_a_licence_is_taken_only_by_name() -> None:
    assert not Entry("new", "LGPL-3.0-only", "service").acceptable()
    assert not Entry("new", "UNKNOWN", "service").acceptable()
    assert all(name in {entry.package for entry in LISTED} for name in BESIDE)


@pytest.mark.parametrize("name", SILENT)
def test_a_package_whose_metadata_are_silent_installs_the_licence_that_is_listed(name: str) -> None:
    files = [file for file in distribution(name).files or () if "licenses/" in str(file)]

    assert any(
        "Permission is hereby granted, free of charge" in re.sub(r"\s+", " ", str(file.read_text()))
        for file in files
    )


@pytest.mark.slow
def test_the_list_is_what_is_installed() -> None:
    if find_spec("piplicenses") is None or find_spec("pyspark") is None:
        pytest.skip("needs pip-licenses and Spark: make clients")

    assert [*installed(), *packed()] == LISTED, "run: make licences"
