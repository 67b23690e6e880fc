from Cython.Build import cythonize
from setuptools import setup

setup(ext_modules=cythonize(["src/demo_cython/*.pyx"], language_level=3))
