#!/bin/sh
# Makes .venv and installs one lock file (runtime, dev or bench) into it, only when that lock file has changed.
# Needs Python 3.11 or newer with its venv module, and nothing else.
set -eu

kind=${1:?say runtime, dev or bench}
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.venv
lock=$root/requirements/$kind.txt
unset PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV || true

fail() {
    printf '\n%s\n' "$1" >&2
    exit 1
}

find_python() {
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14 python}; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

make_venv() {
    python=$(find_python) || fail "Python 3.11 or newer is needed and was not found.
Debian, Ubuntu: apt-get install python3 python3-venv    (or name it: make run PYTHON=/path/to/python3.11)"
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || fail "$python has no venv module.
Debian, Ubuntu: apt-get install python3-venv    (or $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'))"
    echo "Making .venv with $python ($("$python" -c 'import platform; print(platform.python_version())')) …"
    rm -rf "$venv.unfinished" "$venv"
    "$python" -m venv "$venv" || fail "The virtual environment could not be made in $venv."
}

# A .venv that does not run (copied from elsewhere, Python replaced, creation interrupted) is made again.
"$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || make_venv

digest=$("$venv/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
stamp=$venv/installed-$kind
[ "$(cat "$stamp" 2>/dev/null || true)" = "$digest" ] && exit 0

echo "Installing requirements/$kind.txt (the first time this takes about a minute) …"
"$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock" ||
    fail "The packages could not be installed; what pip said stands above. Run it again when the network is back."
echo "$digest" >"$stamp"
