"""Reaching back: what a call's prefetch lacks is fetched from the client's FHIR server."""
