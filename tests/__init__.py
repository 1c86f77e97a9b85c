"""Tests, one folder for each room of cds_service; `packaging` tests what is built and installed."""
