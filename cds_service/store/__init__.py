"""What is kept of calls, in a database: decisions, shown cards, feedback, used tokens. No patient data."""
