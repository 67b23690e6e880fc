"""The computer that cibw runs on."""
