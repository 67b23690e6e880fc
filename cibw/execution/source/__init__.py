"""The source of a project."""
