"""How fast the service is, against what else could answer the same call. `make bench` runs all of it."""
