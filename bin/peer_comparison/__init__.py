"""The parts of bin/compare_with_peer.py."""
