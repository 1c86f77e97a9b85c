"""A population of synthetic patients, for load tests, demonstrations and training."""
