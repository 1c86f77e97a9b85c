"""A worker makes its first call before it takes any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask

from cds_service.case.extract import Extractor
from cds_service.cli import serving
from cds_service.cli.warming import warm
from cds_service.http.envelope import EnvelopeReader
from cds_service.loading import load
from cds_service.pathway import generated
from cds_service.service import Service, explain_hook, make_service
from tests.shipped import patients, service

TODAY = date(2026, 11, 2)


def test_calls_about_synthetic_patients_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    extract = Extractor.extract

    def watched(self: Extractor, *given: Any, **named: Any) -> Any:
        found = extract(self, *given, **named)
        seen.append(str(found[0].facts["disease"].value))
        return found

    monkeypatch.setattr(Extractor, "extract", watched)
    warm(service(), TODAY)
    # general medicine, a tumour with what is known of it, and both diseases with nothing else known
    assert len(seen) == 4
    assert len(set(seen)) == 3


def fresh() -> Service:
    """A service of which no condition is compiled."""
    generated._code.cache_clear()
    generated._function.cache_clear()
    return make_service(load(), "https://cds.example.org")


def compiled_by(asked: Service, name: str) -> int:
    """How many conditions are compiled to answer a call about a patient of the fixtures."""
    (fixture,) = (f for f in patients() if f.name == name)
    call = EnvelopeReader(asked.description(), 100).read(msgspec.json.encode(fixture.call(asked.prefetch)))
    before = generated._code.cache_info().misses
    assert len(explain_hook(call, asked, TODAY, lambda: str(UUID(int=0))).assessment.missing) > 10
    return generated._code.cache_info().misses - before


def test_for_patients_of_whom_only_the_disease_is_known_little_is_left_to_compile() -> None:
    name = "sts-several-groups/limb-nothing-else-known-doxorubicin"
    cold = compiled_by(fresh(), name)
    warmed = fresh()
    warm(warmed, TODAY)
    assert compiled_by(warmed, name) < cold / 3


def test_a_service_that_cannot_answer_is_told_of_and_the_worker_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("cds_service")
    app.extensions[serving._SERVICE] = replace(service(), knowledge=None)
    connected: list[bool] = []
    kept: Any = SimpleNamespace(connect=lambda: connected.append(True))
    serving._begin(app, kept)
    (told,) = [record.msg for record in caplog.records if record.name == "cds_service.failures"]
    assert isinstance(told, dict)
    assert (told["event"], connected) == ("warming-failed", [True])
