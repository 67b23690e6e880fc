"""The parts of bin/compare_commands.py."""
