"""The map: each pathway drawn from the knowledge itself, and where a patient stands on it."""
