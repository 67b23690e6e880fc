from setuptools import setup

setup(cffi_modules=["build_demo_cffi.py:ffi"])
