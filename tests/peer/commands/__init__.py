"""The parts of tests/peer/compare_commands.py."""
