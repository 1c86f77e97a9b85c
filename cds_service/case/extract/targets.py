"""Which metastases an order is for."""

from __future__ import annotations

from collections.abc import Iterable

from ...fhir.resources import Condition, ServiceRequest
from ...fhir.terminology import texts_of
from .conditions import KNOWN_SITES, metastatic_sites, organs_of
from .diagnosis import Diagnosis
from .sources import Sources


def targets_of(sources: Sources, diagnosis: Diagnosis, request: ServiceRequest) -> frozenset[str]:
    """The organs of metastases that an order names: by its site, else by its words, else by its reason.

    The organ in which a method is mostly used says nothing of where it is used here.
    """
    texts = [t for concept in (request.code, *(request.order_detail or ())) for t in texts_of(concept)]
    sites = _organs(sources, (kind for site in request.body_site or () for kind in sources.named(site)))
    return sites or _organs(sources, sources.words(texts)) or _reasons(sources, diagnosis, request)


def _reasons(sources: Sources, diagnosis: Diagnosis, request: ServiceRequest) -> frozenset[str]:
    coded = _organs(sources, (kind for code in request.reason_code or () for kind in sources.named(code)))
    pointed = {sources.record.pointed(reference) for reference in request.reason_reference or ()}
    conditions = (sources.record.find(r, Condition) for r in pointed & diagnosis.metastases)
    return coded.union(*(metastatic_sites(sources, c) & KNOWN_SITES for c in conditions if c is not None))


def _organs(sources: Sources, kinds: Iterable[str]) -> frozenset[str]:
    places = frozenset(k for k in kinds if k.startswith(("site.", "dx.metastasis.")))
    return frozenset(organs_of(sources, places) & KNOWN_SITES)
