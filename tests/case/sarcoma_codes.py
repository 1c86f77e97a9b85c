"""Codes of soft-tissue sarcomas."""

from __future__ import annotations

ONCOTREE = "http://data.mskcc.org/ontologies/oncotree"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
