"""Knowledge as artefacts that others load: the published CodeSystem of facts."""
