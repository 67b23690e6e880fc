"""The parts of tests/peer/compare_options.py."""
