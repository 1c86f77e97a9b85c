"""A worker makes its first call before it takes any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from cds_service.case.extract import Extractor
from cds_service.cli import serving
from cds_service.cli.warming import warm
from tests.shipped import service

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
    # one is about general medicine, one about a tumour: both ways through the service
    assert len(seen) == 2
    assert len(set(seen)) == 2


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
