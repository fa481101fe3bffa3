#!/bin/sh
# What the image is built from: `install.sh packages FOLDER` makes a virtual environment there from the locked
# packages, `install.sh product FOLDER` compiles the translations and collects the static files with it.
set -eu

part=${1:?say packages or product}
venv=${2:?name the folder of the virtual environment}

case $part in
packages)
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes \
        -r requirements/runtime.txt
    ;;
product)
    "$venv/bin/python" -m helpdesk.catalogues
    HELPDESK_PROCESS=migrate HELPDESK_STATIC=manifest \
        HELPDESK_STATIC_ROOT="${HELPDESK_STATIC_ROOT:-$(pwd)/staticfiles}" \
        "$venv/bin/python" manage.py prepare static
    ;;
*)
    echo "There is no part $part; there are packages and product." >&2
    exit 2
    ;;
esac
