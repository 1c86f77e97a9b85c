"""Verdicts become CDS Hooks cards."""
