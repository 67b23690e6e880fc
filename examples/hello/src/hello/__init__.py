from hello._hello import add, greet

__all__ = ["add", "greet"]
