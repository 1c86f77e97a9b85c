"""The pathway engine: criteria, tables, placement, options and verdicts, without FHIR or wording."""
