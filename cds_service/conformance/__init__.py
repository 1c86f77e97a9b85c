"""Conformance: what CDS Hooks 3.0 asks of a service, checked from outside against any base address.

Nothing here knows of sarcomas or of how our own service works: a service of anybody's is called over HTTP as an
EHR would call it, and the ledger of requirements says what was seen.
"""
