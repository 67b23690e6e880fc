"""Stand-in images for the tests, made from Debian's packages and the host's interpreters."""
