"""Pure functions that make a plan from options, catalog and facts."""
