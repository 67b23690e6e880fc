from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[
        Extension(
            "demo_abi3", ["demo_abi3.c"], define_macros=[("Py_LIMITED_API", "0x030A0000")], py_limited_api=True
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
