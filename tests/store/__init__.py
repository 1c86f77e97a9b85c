"""What is kept, on both databases for real."""
