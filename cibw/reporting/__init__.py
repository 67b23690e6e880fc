"""What people and programs get to see of plans, runs and errors."""
