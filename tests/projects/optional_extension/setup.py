from setuptools import Extension, setup

setup(ext_modules=[Extension("_demo_optional", ["_demo_optional.c"], optional=True)])
