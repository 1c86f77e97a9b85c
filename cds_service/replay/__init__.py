"""Fixtures through the same code as HTTP, compared with expectations written from the sources."""
