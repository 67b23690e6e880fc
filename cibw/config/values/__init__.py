"""Values of options."""
