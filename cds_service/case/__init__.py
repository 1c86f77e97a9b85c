"""One patient's typed facts, each with the records it came from."""
