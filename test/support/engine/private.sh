#!/bin/sh
# Runs a Docker Engine that shares nothing with the machine's own. Its sockets, data, containerd and network are under
# $1 or in this process's network namespace. Stops it and removes $1 when standard input closes, which also happens when
# the parent process is killed.
dir=$1
ip link set lo up 2>/dev/null || busybox ip link set lo up

# With its own containerd: dockerd would share the machine's, if one runs.
mkdir -p "$dir/x" "$dir/data"
cat > "$dir/containerd.toml" <<TOML
version = 2
root = "$dir/data/containerd"
state = "$dir/x/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$dir/c.sock"
TOML
containerd --config "$dir/containerd.toml" > "$dir/containerd.log" 2>&1 < /dev/null &
containerd=$!
tries=0
while [ ! -S "$dir/c.sock" ] && [ $tries -lt 100 ] && kill -0 $containerd; do sleep 0.1; tries=$((tries + 1)); done

echo '{}' > "$dir/dockerd.json"
dockerd --host "unix://$dir/d.sock" --pidfile "$dir/d.pid" --data-root "$dir/data/docker" --exec-root "$dir/x/docker" \
  --config-file "$dir/dockerd.json" --containerd "$dir/c.sock" --shutdown-timeout 2 > "$dir/dockerd.log" 2>&1 < /dev/null &
dockerd=$!

# Standard input has closed: stops the engine, and kills it if it does not stop.
exec 3<&0
(
  while read -r _; do :; done <&3
  kill -TERM $dockerd
  tries=0
  while kill -0 $dockerd && [ $tries -lt 20 ]; do sleep 1; tries=$((tries + 1)); done
  kill -KILL $dockerd
) > /dev/null 2>&1 &
lifeline=$!

wait $dockerd
# The log of a start that failed.
tail -n 12 "$dir/dockerd.log" >&2
kill $lifeline 2>/dev/null
kill -TERM $containerd 2>/dev/null
wait $containerd 2>/dev/null
# Kills what is left: shims have the folder in their command line, mounts in their mount point.
for proc in /proc/[0-9]*; do
  pid=${proc#/proc/}
  [ "$pid" != $$ ] && tr '\0' '\n' < "$proc/cmdline" 2>/dev/null | grep -qxF -- "$dir/c.sock" && kill -KILL "$pid"
done
awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
rm -rf "$dir"
