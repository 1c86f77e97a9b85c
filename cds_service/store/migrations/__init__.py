"""How the tables came to be, step by step; carried in the wheel and run by `upgrading.py`."""
