"""The feedback report."""
