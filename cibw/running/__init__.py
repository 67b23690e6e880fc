"""Machines, the flow of one build, and the scheduler."""
