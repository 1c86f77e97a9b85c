"""Knowledge and cases as artefacts that others load: CodeSystems, plans with FHIRPath, a case as a Bundle."""
