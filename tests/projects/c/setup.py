from setuptools import Extension, setup

setup(py_modules=[], ext_modules=[Extension("demo_c", ["demo_c.c"], libraries=["m"])])
