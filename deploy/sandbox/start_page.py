"""The start page of the sandbox: its patients, and where each can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cds_service.pages import pages_of
from cds_service.replay.fixture import Fixture

EXAMPLE = "gist-unresectable/d842v-imatinib"


@dataclass(frozen=True)
class Addresses:
    """Where the parts are: the FHIR base, the service, the authorization server, and the CDS Hooks sandbox that opens
    patients."""

    fhir: str
    service: str
    authorization: str
    sandbox: str

    @property
    def behind_tokens(self) -> str:
        """The FHIR base that the authorization server guards."""
        return f"{self.authorization}/fhir"

    def app(self, patient: str) -> str:
        """Where the SMART app is launched for a patient."""
        return f"{self.authorization}/launch?{urlencode({'patient': patient})}"

    def chart(self, patient: str) -> str:
        """Where the sandbox opens the chart of a patient."""
        return self._opened(patient, "patient-view", "patient-view")

    def order(self, patient: str) -> str:
        """Where the sandbox takes a prescription for a patient."""
        return self._opened(patient, "rx-view", "order-select")

    def _opened(self, patient: str, screen: str, hook: str) -> str:
        chosen = {
            "fhirServiceUrl": self.fhir,
            "patientId": patient,
            "serviceDiscoveryURL": f"{self.service}/cds-services",
            "screen": screen,
            "hook": hook,
        }
        return f"{self.sandbox}/?{urlencode(chosen)}"


def write_start_page(fixtures: Iterable[Fixture], addresses: Addresses, path: Path) -> None:
    """Write the page, with one entry for each fixture by their folders; the one called EXAMPLE must be among them."""
    listed = list(fixtures)
    folders = [
        (folder, [_entry(fixture, addresses) for fixture in of_folder])
        for folder, of_folder in groupby(listed, lambda fixture: fixture.name.partition("/")[0])
    ]
    example = next(_patient(fixture) for fixture in listed if fixture.name == EXAMPLE)
    page = pages_of("deploy.sandbox").get_template("start.html.jinja")
    shown = page.render(
        folders=folders, addresses=addresses, example=example, opened=EXAMPLE.partition("/")[0]
    )
    path.write_text(shown, encoding="utf-8")


def _entry(fixture: Fixture, addresses: Addresses) -> dict[str, str]:
    context, patient = fixture.request["context"], _patient(fixture)
    return {
        "title": fixture.title or fixture.name,
        "patient": patient,
        "drug": next((_drug(draft) for draft in context.get("draftOrders", {}).get("entry", ())), ""),
        "record": f"{addresses.fhir}/Patient/{patient}",
        "chart": addresses.chart(patient),
        "order": addresses.order(patient),
        "app": addresses.app(patient),
    }


def _drug(draft: Mapping[str, Any]) -> str:
    """What a drafted prescription is of, in words; empty for other orders and those without words."""
    concept = draft.get("resource", {}).get("medicationCodeableConcept", {})
    codings = concept.get("coding", ())
    return str(concept.get("text") or next((c["display"] for c in codings if c.get("display")), ""))


def _patient(fixture: Fixture) -> str:
    return str(fixture.request["context"]["patientId"])
