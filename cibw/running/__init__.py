"""Machines, the steps of one build, and the scheduler."""
