"""Arguments to one command each; the only room that prints or exits."""
