"""Reads untrusted input: archives, files of a project, and responses of servers."""
