"""A replay as JUnit XML, the form in which CI systems show tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from .run import Outcome

# what XML 1.0 cannot hold in any form
_UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(outcomes: Sequence[Outcome]) -> str:
    """One suite for each folder, one test case for each call; a case fails where anything differs."""
    suites: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        suites.setdefault(_folder(outcome), []).append(outcome)
    root = Xml.Element("testsuites", _counts(outcomes), name="replay")
    for folder, inside in suites.items():
        suite = Xml.SubElement(root, "testsuite", _counts(inside), name=folder)
        for outcome in inside:
            name = outcome.call.name.rpartition("/")[2]
            case = Xml.SubElement(suite, "testcase", classname=folder.replace("/", "."), name=_written(name))
            if outcome.differences:
                lines = [_written(line) for line in outcome.differences]
                failure = Xml.SubElement(case, "failure", message=lines[0], type="difference")
                failure.text = "\n".join(lines)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _folder(outcome: Outcome) -> str:
    return _written(outcome.call.name.rpartition("/")[0]) or "replay"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    failures = sum(1 for outcome in outcomes if outcome.differences)
    return {"tests": str(len(outcomes)), "failures": str(failures), "errors": "0"}


def _written(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
