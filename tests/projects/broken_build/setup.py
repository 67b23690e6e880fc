from setuptools import Extension, setup

setup(py_modules=[], ext_modules=[Extension("demo_broken", ["demo_broken.c"])])
