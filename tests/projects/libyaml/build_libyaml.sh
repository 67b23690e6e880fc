# Build libyaml into ./vendor, with whichever compiler CC names; runs as before-all in pyyaml's source.
set -eu
prefix=$(pwd)/vendor
mkdir libyaml
tar -xf libyaml.tar -C libyaml --strip-components=1
uv tool run cmake -S libyaml -B libyaml/build -D CMAKE_BUILD_TYPE=Release -D BUILD_SHARED_LIBS=ON -D BUILD_TESTING=OFF \
    -D CMAKE_POLICY_VERSION_MINIMUM=3.5 -D CMAKE_INSTALL_PREFIX="$prefix" -D CMAKE_INSTALL_LIBDIR=lib
uv tool run cmake --build libyaml/build --target install
rm -rf libyaml
