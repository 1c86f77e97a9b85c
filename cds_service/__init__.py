"""CDS Hooks service: places a patient on the sarcoma pathways and judges the order being drafted."""

__version__ = "0.1.0"
