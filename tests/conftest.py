"""Settings of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

# Before a test starts `serve` in this process: it would bind the library to a folder that is gone afterwards.
import prometheus_client  # noqa: F401
import pytest
from hypothesis import settings

from cds_service.loading import Loaded
from tests.beside import NEEDS, STATED_ABSENT
from tests.browser.opening import chromium, open_page  # noqa: F401
from tests.shipped import shipped

# Examples may be slow on a busy machine without anything being wrong; pytest-timeout ends a hang.
settings.register_profile("unhurried", settings(deadline=None))
settings.load_profile("unhurried")

UNDER_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests keep is not what the machine keeps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDS_SERVICE_STATE_DIRECTORY", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _no_folder_of_metrics() -> Iterator[None]:
    """What `serve` tells its own workers in the environment is not for processes of later tests."""
    yield
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The knowledge with every code table, as the terminology notes list them."""
    return shipped(affiliate=True)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Under CI a skipped test has failed: a missing tool must be installed there, not passed over."""
    excused = STATED_ABSENT and NEEDS in str(report.longrepr)
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail") and not excused:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI does not accept: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
