"""Conformance to CDS Hooks 3.0: the ledger of its requirements, and what shows that our service meets them."""
