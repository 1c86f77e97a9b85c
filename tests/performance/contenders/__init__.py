"""What is measured beside our service. Each is a program of its own, run with the packages that it needs."""
