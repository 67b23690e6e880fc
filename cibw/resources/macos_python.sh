#!/bin/sh
# Install the CPython of python.org for the whole Mac on CI. Elsewhere the user has to install it.
#
# macos_python.sh PACKAGE VERSION PYTHON
#
# PACKAGE is the installer of VERSION (3.14), PYTHON the program that it installs. If PYTHON exists, nothing is done.
set -u
package=$1 version=$2 python=$3
[ -x "$python" ] && exit

# cibw/ci.py decides in the same way which values mean a CI.
on_ci=
for value in "${CI:-}" "${TF_BUILD:-}" "${APPVEYOR:-}" "${TRAVIS:-}"; do
    case $value in
        '' | 0 | [Ff][Aa][Ll][Ss][Ee]) ;;
        *) on_ci=yes ;;
    esac
done
if [ -z "$on_ci" ]; then
    echo "Python $version of python.org is not installed: $python is missing." >&2
    echo "Install it with \`open '$package'\`, or set python-source = \"uv\", which needs no installer." >&2
    echo "On CI it is installed automatically." >&2
    exit 1
fi

# Concurrent builds may install the same Python. A stale lock is ignored after some time.
lock=${TMPDIR:-/tmp}/cibw-python-$version.lock
waited=0
until mkdir "$lock" 2>/dev/null || [ "$waited" -ge 600 ]; do
    sleep 1
    waited=$((waited + 1))
done
trap 'rm -rf "$lock"' EXIT
[ -x "$python" ] && exit

# The free-threaded Python is an optional part of the package.
choices=$lock/choices.xml
cat >"$choices" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><array><dict>
<key>attributeSetting</key><integer>1</integer>
<key>choiceAttribute</key><string>selected</string>
<key>choiceIdentifier</key><string>org.python.Python.PythonTFramework-$version</string>
</dict></array></plist>
XML
case $version in
    3.9 | 3.1[0-3]) sudo installer -pkg "$package" -target / || exit ;;
    *) sudo installer -pkg "$package" -applyChoiceChangesXML "$choices" -target / || exit ;;
esac

# These Pythons include no certificates, which pip and others need to connect to an index.
"$python" -m ensurepip >/dev/null 2>&1
"$python" -E -s -m pip install --quiet --disable-pip-version-check --upgrade certifi &&
    "$python" -E -s - <<'PYTHON'
import os, ssl
import certifi

place = ssl.get_default_verify_paths().openssl_cafile
os.makedirs(os.path.dirname(place), exist_ok=True)
if os.path.lexists(place):
    os.remove(place)
os.symlink(certifi.where(), place)
PYTHON
