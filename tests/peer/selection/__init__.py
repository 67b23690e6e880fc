"""The parts of tests/peer/compare_selection.py."""
