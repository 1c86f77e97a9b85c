"""The real service at its boundary: what a CDS Client sends, and what it gets."""
