"""From distributions to a package index."""
