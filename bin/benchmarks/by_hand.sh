# Runs in a container: makes the wheels of a project as one would by hand, as many at once as there
# are processors, and says how long that took.
#
# sh by_hand.sh ACTION TAG...
#   whole    build, repair, install and test
#   prepare  make environments that hold the build requirements ($REQUIRES)
#   compile  build in those environments, and nothing else
set -eu
# Beside the cache of uv, which makes environments of links then.
hand=/cache/by-hand-$(cat /proc/sys/kernel/hostname)

python_of() {
    echo "/opt/python/$1-$1/bin/python"
}

copy_source() {
    rm -rf "${hand:?}/$1"
    mkdir -p "$hand/$1"
    cp -r "/projects/$NAME" "$hand/$1/source"
    cd "$hand/$1"
}

one() {
    case $1 in
    whole)
        copy_source "$2"
        uv build --quiet --wheel --python "$(python_of "$2")" --out-dir built source
        auditwheel repair --wheel-dir repaired built/*.whl
        uv venv --quiet --no-project --python "$(python_of "$2")" venv
        uv pip install --quiet --python venv/bin/python repaired/*.whl
        (cd / && PATH="$hand/$2/venv/bin:$PATH" && sh -c "$TEST")
        cp repaired/*.whl /wheels/
        ;;
    prepare)
        uv venv --quiet --clear --no-project --python "$(python_of "$2")" "/environments/$NAME-$2"
        echo "$REQUIRES" | uv pip install --quiet --python "/environments/$NAME-$2/bin/python" --requirements -
        ;;
    compile)
        copy_source "$2"
        uv build --quiet --wheel --no-build-isolation --python "/environments/$NAME-$2/bin/python" --out-dir built source
        cp built/*.whl /wheels/
        ;;
    esac
}

if [ "$1" = one ]; then
    one "$2" "$3"
    exit
fi
action=$1
shift
started=$(date +%s%N)
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh "$0" one "$action" '{}'
echo "inside $(($(date +%s%N) - started)) ns"
rm -rf "$hand"
