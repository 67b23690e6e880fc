"""The parts of bin/check_releases.py."""
