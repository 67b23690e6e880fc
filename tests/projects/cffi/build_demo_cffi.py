from cffi import FFI

ffi = FFI()
ffi.cdef("long triangle(int);")
ffi.set_source(
    "demo_cffi._triangle",
    "static long triangle(int n) { long sum = 0; while (n > 0) sum += n--; return sum; }",
    py_limited_api=False,
)
