from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[Extension("demo_new_glibc", ["demo_new_glibc.c"], libraries=["newer"], library_dirs=["vendor"])],
)
