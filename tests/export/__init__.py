"""What is exported: expressions that another engine answers as ours does, and resources that are valid FHIR."""
