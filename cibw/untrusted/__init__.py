"""Reads untrusted files: archives and the files of a project."""
