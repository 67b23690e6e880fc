"""Reading files that others have written: archives and the files of a project."""
