"""Test doubles that unit tests and other tests share."""
