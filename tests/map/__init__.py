"""The map: drawn from the knowledge, with a patient on it."""
