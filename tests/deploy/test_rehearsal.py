"""On a machine with nothing but Python and Debian's packages the service is installed, called, restarted."""

from __future__ import annotations

from pathlib import Path

import pytest

from .tools import DEPLOY, program, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_plain_host_answers_signed_calls_and_keeps_feedback_across_a_restart(tmp_path: Path) -> None:
    program("nginx", "nginx-light")
    program("psql", "postgresql")

    told = run(DEPLOY / "host" / "rehearsal.sh", cwd=tmp_path, timeout=840)

    assert "[critical] Imatinib: contraindicated" in told
    kept = told.partition("== What was kept is still there")[2]
    assert "the feedback" in kept
    assert "the token that was used, which is refused" in kept
    assert "the feedback is back" in kept
    assert "The rehearsal went as it has to" in kept
    assert not list(tmp_path.iterdir())
