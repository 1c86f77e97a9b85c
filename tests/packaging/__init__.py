"""What is built and installed, and which room imports which."""
