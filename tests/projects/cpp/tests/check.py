import demo_cpp
import packaging  # noqa: F401  # the extra named `test` brings it

assert demo_cpp.number("two") == 2
assert demo_cpp.shout("hello, quite a long text") == "HELLO, QUITE A LONG TEXT!"
try:
    demo_cpp.number("four")
except KeyError as error:
    assert error.args == ("four",)
else:
    raise AssertionError("an unknown name must raise")
print("all good")
