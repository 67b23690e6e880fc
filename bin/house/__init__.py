"""The house rules that no ready-made linter checks."""
