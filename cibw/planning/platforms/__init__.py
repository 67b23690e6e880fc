"""What each platform's machines and commands are, as tables and small pure functions."""
