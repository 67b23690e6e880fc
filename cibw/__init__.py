"""Build, repair, audit and test the wheels of a Python project."""

__version__ = "0.1.0"
