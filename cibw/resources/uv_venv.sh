#!/bin/sh
# Create a virtual environment with pip from an archive that is kept for a day.
#
# uv_venv.sh KEPT PYTHON ENVIRONMENT
set -u
python=$2 target=$3
. "$(dirname "$0")/uv_kept.sh"
kept=$(kept_name "$1" "")
is_checked "$kept" 1440 && unpack_kept "$kept" "$target" && exit
rm -rf "$target"
uv venv --no-project --relocatable --seed --python "$python" "$target" || exit
keep "$target" "$kept"
exit 0
