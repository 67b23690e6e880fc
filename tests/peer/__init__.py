"""Comparisons with cibuildwheel."""
