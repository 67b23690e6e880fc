"""Check, upload and verify finished distributions."""
