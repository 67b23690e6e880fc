"""Facts that are read from the files of a project."""
