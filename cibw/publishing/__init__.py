"""From finished distributions to a package index."""
