"""Containers of Docker and Podman."""
