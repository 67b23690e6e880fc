"""From options, catalog and facts to a plan, without touching anything."""
