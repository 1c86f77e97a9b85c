"""Three-valued pathway logic over a case; knows no FHIR, no HTTP and no wording."""
