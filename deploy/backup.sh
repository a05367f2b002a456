#!/usr/bin/env bash
# Back up a hub: the database (kept KEEP_DAYS) and its wrapped data keys (kept KEEP_KEYS_DAYS, at most 30), so that an
# erased person is gone from every backup after that time. Run it every day, as the hub's account (RUNBOOK.md).
#   HUB_ENV=/etc/esol-hub/hub.env BACKUPS=/var/backups/esol-hub deploy/backup.sh
set -euo pipefail
umask 077

HUB_ENV=${HUB_ENV:-/etc/esol-hub/hub.env}
BACKUPS=${BACKUPS:-/var/backups/esol-hub}
HUB=${HUB:-/opt/esol-hub/.venv/bin/hub}
KEEP_DAYS=${KEEP_DAYS:-90}
KEEP_KEYS_DAYS=${KEEP_KEYS_DAYS:-30}

stop() { printf 'backup.sh: %s\n' "$1" >&2; exit 2; }

[[ $KEEP_DAYS =~ ^[0-9]+$ && $KEEP_KEYS_DAYS =~ ^[0-9]+$ ]] || stop "KEEP_DAYS and KEEP_KEYS_DAYS are whole numbers"
[[ $KEEP_KEYS_DAYS -le 30 ]] || stop "keep data keys for at most 30 days: erasure must outlive backups"
[[ -x $HUB ]] || stop "$HUB is not there (set HUB)"

if [[ -r $HUB_ENV ]]; then
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == HUB_*=* ]]; then export "${line?}"; fi
  done <"$HUB_ENV"
fi

mkdir -p "$BACKUPS"
file=$BACKUPS/hub-$(date -u +%Y-%m-%dT%H%M%SZ).backup
"$HUB" db backup "$file"

# Only after a backup has succeeded: a hub whose backups fail keeps its old ones.
find "$BACKUPS" -maxdepth 1 -type f -name 'hub-*.backup' -mtime "+$KEEP_DAYS" -delete
find "$BACKUPS" -maxdepth 1 -type f -name 'hub-*.backup.keys' -mtime "+$KEEP_KEYS_DAYS" -delete
