"""Present plans, runs and errors as text, JSON and Markdown."""
