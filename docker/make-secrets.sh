#!/bin/sh
# Makes the files that docker-compose.yml hands to the containers. What exists is kept.
set -eu

folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"

word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() {
    [ -s "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
    # The product runs as a user of its own inside the container; compose hands files over with the rights they have.
    chmod 644 "$folder/$1"
}

keep secret_key "$(word)$(word)"
keep metrics_token "$(word)"
keep redis_password "$(word)"
keep redis_url "redis://:$(cat "$folder/redis_password")@broker:6379/0"
keep database_admin_password "$(word)"
keep database_admin_url "postgresql://postgres:$(cat "$folder/database_admin_password")@database:5432/postgres"
keep database_backup_password "$(word)"
keep database_backup_url "postgresql://helpdesk_backup:$(cat "$folder/database_backup_password")@database:5432/helpdesk"
keep database_url "postgresql://helpdesk_app:$(word)@database:5432/helpdesk"
keep database_worker_url "postgresql://helpdesk_worker:$(word)@database:5432/helpdesk"
keep database_migrate_url "postgresql://helpdesk_owner:$(word)@database:5432/helpdesk"
echo "The secrets are in $folder/. Keep a copy of them apart from the backups."
