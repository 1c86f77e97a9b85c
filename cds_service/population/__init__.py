"""A whole population through the service: from a FHIR Bulk Data export or Parquet to assessments and a summary."""
