"""The machines and commands of each platform, as tables and small pure functions."""
