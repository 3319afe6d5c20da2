#!/bin/sh
# Runs a PostgreSQL with its data and socket under $1, and the binaries of $2. It listens on no port. Stops it and
# removes $1 when standard input closes, which also happens when the parent process is killed.
dir=$1
bin=$2
"$bin/initdb" --pgdata "$dir/data" --username postgres --auth trust --encoding UTF8 --no-locale --no-sync > "$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
"$bin/postgres" -D "$dir/data" -k "$dir" -h '' -c fsync=off -c max_connections=20 -c shared_buffers=16MB > "$dir/log" 2>&1 < /dev/null &
postgres=$!
tries=0
while ! "$bin/pg_isready" --quiet --host "$dir" && [ $tries -lt 300 ] && kill -0 $postgres 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
if "$bin/pg_isready" --quiet --host "$dir"; then
  echo ready
  while read -r _; do :; done
else
  cat "$dir/log" >&2
fi
# Fast shutdown: does not wait for clients.
kill -INT $postgres 2>/dev/null
wait $postgres
rm -rf "$dir"
