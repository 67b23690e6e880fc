"""The values that every other package speaks in."""
