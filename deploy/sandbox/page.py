"""The start page of the sandbox: its patients, and where each can be opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cds_service.replay.fixture import Fixture

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@dataclass(frozen=True)
class Addresses:
    """Where the parts are: the FHIR base, the service, and the CDS Hooks sandbox that opens patients."""

    fhir: str
    service: str
    sandbox: str

    def opened(self, patient: str, medication: str | None = None) -> str:
        """The sandbox's address that opens the chart of a patient, or drafts a medication (an RxNorm id) for them."""
        chosen = {
            "fhirServiceUrl": self.fhir,
            "patientId": patient,
            "serviceDiscoveryURL": f"{self.service}/cds-services",
            "screen": "rx-view" if medication else "patient-view",
            "hook": "order-select" if medication else "patient-view",
        }
        if medication:
            chosen["prescribedMedication"] = medication
        return f"{self.sandbox}/?{urlencode(chosen)}"


def write_page(fixtures: Iterable[Fixture], addresses: Addresses, path: Path) -> None:
    """Write the page, with one entry for each fixture by their folders."""
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    ).get_template("start.html.jinja")
    folders = [
        (folder, [_entry(fixture, addresses) for fixture in listed])
        for folder, listed in groupby(fixtures, lambda fixture: fixture.name.partition("/")[0])
    ]
    path.write_text(template.render(folders=folders, addresses=addresses), encoding="utf-8")


def _entry(fixture: Fixture, addresses: Addresses) -> dict[str, str | None]:
    patient = str(fixture.request["context"]["patientId"])
    drug = medication(fixture)
    return {
        "title": fixture.title or fixture.name,
        "patient": patient,
        "record": f"{addresses.fhir}/Patient/{patient}",
        "chart": addresses.opened(patient),
        "order": addresses.opened(patient, drug) if drug else None,
    }


def medication(fixture: Fixture) -> str | None:
    """The RxNorm id of the first medication that the fixture drafts; None if it drafts none with such an id."""
    drafts = fixture.request["context"].get("draftOrders", {}).get("entry", ())
    codings = (
        coding
        for draft in drafts
        for coding in draft.get("resource", {}).get("medicationCodeableConcept", {}).get("coding", ())
    )
    return next((str(coding["code"]) for coding in codings if coding.get("system") == RXNORM), None)
