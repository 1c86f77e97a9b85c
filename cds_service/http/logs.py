"""The log: one JSON object a line, with nothing of a patient in it."""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from types import TracebackType
from typing import IO

from pythonjsonlogger.msgspec import MsgspecFormatter

# whose own values are known to be harmless: this service's, and the server's about its processes
_TRUSTED = ("cds_service", "gunicorn")
_OWN = "cds_service."
_MAX_FRAMES = 30


def log_to(stream: IO[str] = sys.stderr) -> None:
    """Write every log record of this process to `stream` as JSON: time, level, logger and what is told.

    Of other libraries' records only the constant part is written, and of an exception only its type and where it
    passed: their values and texts may hold an address with a patient's id in it.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_WithoutValues())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # what no line tells is not looked for: the place in the code, the thread, the process
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.captureWarnings(True)


def places(start: TracebackType | None) -> list[str]:
    """Where an exception passed through, outermost first: module, line and function; no values."""
    return [
        f"{frame.f_globals.get('__name__', '?')}:{number} {frame.f_code.co_name}"
        for frame, number in traceback.walk_tb(start)
    ][-_MAX_FRAMES:]


class _WithoutValues(MsgspecFormatter):
    def __init__(self) -> None:
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        super().__init__("{asctime} {levelname} {name} {message}", style="{", rename_fields=names)

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, dict) and record.exc_info is None and record.name.startswith(_OWN):
            return self._told(record, record.msg)
        told = copy.copy(record)
        if told.name.partition(".")[0] not in _TRUSTED:
            # a constant is a text with placeholders; anything else was put together from values
            told.msg = told.msg if told.args and isinstance(told.msg, str) else "(not shown)"
            told.args = None
        if isinstance(told.exc_info, tuple) and told.exc_info[0] is not None:
            kind, _, start = told.exc_info
            told.msg = {"event": "failure", "exception": kind.__name__, "frames": places(start)}
            told.args = told.exc_info = told.exc_text = None
        return str(super().format(told))

    def _told(self, record: logging.LogRecord, members: dict[str, object]) -> str:
        """What the formatter makes of a line of ours, without asking of each member how it is to be called."""
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": "",
        }
        return self.jsonify_log_record(line | members)
