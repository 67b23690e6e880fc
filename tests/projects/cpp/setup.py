from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[Extension("demo_cpp", ["demo_cpp.cpp"], language="c++", extra_compile_args=["-std=c++14"])],
)
