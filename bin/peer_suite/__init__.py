"""The parts of bin/run_peer_suite.py."""
