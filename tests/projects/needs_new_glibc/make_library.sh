# The library of a system that is newer than the platform tag: made by its own compiler, not by CC.
set -eu
mkdir -p vendor
gcc -shared -fPIC -o vendor/libnewer.so newer.c
