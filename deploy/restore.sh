#!/usr/bin/env bash
# Restore a hub from a backup with the newest data keys there are, so that erasures since then stay erased.
# Stop web, scheduler and worker first (RUNBOOK.md, "Restore"). --force deletes what is in the database now.
#   HUB_ENV=/etc/esol-hub/hub.env deploy/restore.sh /var/backups/esol-hub/hub-2027-01-11T020000Z.backup [--force]
set -euo pipefail
umask 077

HUB_ENV=${HUB_ENV:-/etc/esol-hub/hub.env}
HUB=${HUB:-/opt/esol-hub/.venv/bin/hub}

stop() { printf 'restore.sh: %s\n' "$1" >&2; exit 2; }

[[ $# -eq 1 || ( $# -eq 2 && ${2:-} == --force ) ]] || stop "usage: restore.sh FILE [--force]"
file=$1
[[ -f $file ]] || stop "there is no backup at $file"
[[ -x $HUB ]] || stop "$HUB is not there (set HUB)"

if [[ -r $HUB_ENV ]]; then
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == HUB_*=* ]]; then export "${line?}"; fi
  done <"$HUB_ENV"
fi

# The names hold the time, so the last one in order is the newest.
keys=$(find "$(dirname "$file")" -maxdepth 1 -type f -name 'hub-*.backup.keys' | LC_ALL=C sort | tail -n 1)
[[ -n $keys ]] || keys=$file.keys
printf 'Restoring %s with the data keys %s\n' "$file" "$keys"

"$HUB" db restore "$file" --keys "$keys" "${@:2}"
"$HUB" db upgrade
