"""Authored knowledge and wording: mistakes are refused, and what is shipped is clean."""
