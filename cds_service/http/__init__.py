"""The CDS Hooks wire: bytes in, bytes out, and nothing clinical."""
