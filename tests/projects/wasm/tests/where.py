import sys
from pathlib import Path

import demo_wasm
import six

assert sys.platform == "emscripten"
assert "site-packages" in demo_wasm.__file__
assert "site-packages" in six.__file__
assert Path(sys.argv[1]).is_file()
print(f"{demo_wasm.NAME} runs on {sys.platform}")
