"""The store of finished wheels."""
