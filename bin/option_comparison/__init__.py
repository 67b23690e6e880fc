"""The parts of bin/compare_options.py."""
