from demo_cffi._triangle import lib

triangle = lib.triangle
