#!/bin/sh
# What a container runs: web, worker, beat, prepare (roles, tables, terms; before the others, at every release), healthy
# (whether this container does its work), or any command of manage.py.
set -eu

role=${1:-web}
[ $# -gt 0 ] && shift
run=${HELPDESK_DATA_DIR:-/var/lib/helpdesk}/run
# `healthy` runs beside the process that it asks about, and must know which one that is.
mark=${TMPDIR:-/tmp}/helpdesk-role

case $role in
web)
    export HELPDESK_PROCESS=web
    echo web >"$mark"
    exec python -m gunicorn --config=python:helpdesk.web_server --bind="0.0.0.0:${PORT:-8000}" helpdesk.wsgi "$@"
    ;;
worker)
    export HELPDESK_PROCESS=worker
    mkdir -p "$run"
    echo worker >"$mark"
    exec python -m celery --app=helpdesk worker --concurrency="${HELPDESK_WORKERS:-2}" --loglevel=INFO \
        --without-gossip --without-mingle "$@"
    ;;
beat)
    export HELPDESK_PROCESS=worker
    mkdir -p "$run"
    echo beat >"$mark"
    exec python -m celery --app=helpdesk beat --loglevel=INFO --pidfile= --schedule="$run/beat.schedule" "$@"
    ;;
prepare)
    export HELPDESK_PROCESS=migrate
    if [ -n "${DATABASE_ADMIN_URL:-}${DATABASE_ADMIN_URL_FILE:-}" ]; then
        python manage.py provision
    fi
    exec python manage.py prepare schema terms
    ;;
healthy)
    exec python -m helpdesk.watching.health "$(cat "$mark")"
    ;;
*)
    exec python manage.py "$role" "$@"
    ;;
esac
