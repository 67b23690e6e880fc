"""Builds that run: machines, steps, the scheduler."""
