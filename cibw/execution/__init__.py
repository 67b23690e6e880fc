"""Runs plans: machines, steps and the scheduler."""
