"""FHIR R4 in, plain Python out; no clinical judgement."""
