"""The same knowledge loaded twice assesses the same, whatever order sets have in a process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from cds_service.loading import load
from cds_service.pathway.engine import assess
from cds_service.pathway.knowledge import Knowledge

from ..pathway.cases import HIGH_RISK, LOW_RISK, draft, gist, knowledge
from .authoring import CHECKOUT

CASES = {
    "nothing known": gist(),
    "resected, high risk": gist(HIGH_RISK),
    "resected, low risk": gist(LOW_RISK, genotype={"kit-exon-11"}),
    "D842V, not placed": gist(tumour_size_cm=9, genotype={"pdgfra-exon-18-insensitive"}),
    "SDH-deficient, metastatic": gist(m_category="M1", genotype={"sdh-deficient", "wild-type"}),
    "all queries failed": gist(m_category=None, recurrence=None, prior_therapies=None, tumour_resected=None),
}


def answers(loaded: Knowledge) -> dict[str, Any]:
    orders = [draft("imatinib"), draft("avapritinib", name="rx-2")]
    return {name: assess(case, orders, loaded, orders).to_json() for name, case in CASES.items()}


def digest() -> str:
    """The answers in the order in which they would be sent."""
    return hashlib.sha256(json.dumps(answers(knowledge())).encode()).hexdigest()


def test_two_loads_assess_alike() -> None:
    assert answers(load().knowledge) == answers(knowledge())


@pytest.mark.slow
def test_another_process_with_other_hashes_assesses_alike() -> None:
    """Strings hash differently in every process unless told: so would sets be walked."""
    program = "from tests.knowledge.test_determinism import digest; print(digest())"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == digest()
