"""The service as it is started, with what it keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from cds_service.cli import main
from cds_service.store.database import file_url
from cds_service.store.tables import decision, feedback, patient_key, shown_card
from cds_service.store.upgrading import opened

from ..service.charts import call, resected_very_low_risk
from .served import serving

SECRETS = """
secrets:
  - {id: first, from: 2026-01-01, secret: 0123456789abcdef0123456789abcdef}
"""


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_a_card_is_kept_overridden_and_not_repeated(url: str, tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text(SECRETS)
    variables = {
        "CDS_SERVICE_SUPPRESS_OVERRIDDEN_DAYS": "7",
        "CDS_SERVICE_PATIENT_KEY_DAYS": "30",
        "CDS_SERVICE_PSEUDONYM_SECRETS": str(tmp_path / "secrets.yaml"),
        "CDS_SERVICE_SNOMED_AFFILIATE": "accepted",
    }
    database = opened(url)

    def count(table: object) -> int:
        with database.transaction(reading=True) as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]

    with serving(url, tmp_path / "log", **variables) as served:
        sent = call(resected_very_low_risk())
        (card,) = served.call(sent).json()["cards"]
        until(lambda: count(shown_card) == 1)
        at = datetime.now(UTC).isoformat()
        entry = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": at}
        assert served.feedback([entry]).status_code == 200
        assert served.call(sent).json()["cards"] == []
        until(lambda: count(decision) == 2)
    assert (count(shown_card), count(feedback), count(patient_key)) == (1, 1, 2)
    database.close()


@pytest.mark.parametrize("variable", ["SUPPRESS_OVERRIDDEN_DAYS", "PATIENT_KEY_DAYS"])
def test_pseudonyms_without_secrets_are_refused_at_start(tmp_path: Path, variable: str) -> None:
    environ = {"CDS_SERVICE_STORE_URL": file_url(tmp_path), f"CDS_SERVICE_{variable}": "7"}
    told = CliRunner().invoke(main, ["serve", "--development", "--port", "1"], env=environ)
    assert (told.exit_code, "CDS_SERVICE_PSEUDONYM_SECRETS" in told.output) == (1, True)
    (tmp_path / "secrets.yaml").write_text("secrets: []")
    environ["CDS_SERVICE_PSEUDONYM_SECRETS"] = str(tmp_path / "secrets.yaml")
    told = CliRunner().invoke(main, ["serve", "--development", "--port", "1"], env=environ)
    assert (told.exit_code, "secrets.yaml:1:" in told.output) == (1, True)
