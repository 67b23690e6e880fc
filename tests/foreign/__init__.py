"""Wheels for macOS and Windows that are made on Linux, and the programs that repair them there."""
