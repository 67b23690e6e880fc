"""The parts of tests/peer/run_suite.py."""
