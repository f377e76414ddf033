#!/usr/bin/env bash
# Builds images that stand in for apache/kafka and clickhouse/clickhouse-server where those cannot be pulled, from what is on
# this machine: its JDK and the fetched Kafka, its Node and the embedded engine. For the Docker tests only.
# Needs Linux, jlink, a Docker engine, and `npm run build` and one native start (which fetches Kafka) before.
set -euo pipefail
cd "$(dirname "$0")/.."

kafka=.cairn/kafka-4.3.1
engine=packages/embedded-clickhouse
[[ -d $kafka ]] || { echo "Kafka is not fetched ($kafka is missing): run the integration tests once." >&2; exit 1; }
[[ -f $engine/dist/main.js ]] || { echo "The embedded engine is not built: run npm run build." >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# with_libraries ROOT FILE...: copies the shared libraries of this system that those files are linked to.
with_libraries() {
  local root=$1 library
  shift
  { ldd "$@" || true; } 2>&1 | sed -nE 's#^.*[[:space:]](/[^ ]+) \(0x.*$#\1#p' | grep -v "^$work" | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

# base ROOT: a shell, and the directories every program expects.
base() {
  mkdir -p "$1"/{bin,etc,tmp,proc,dev,sys}
  chmod 1777 "$1/tmp"
  cp -L "$(command -v bash)" "$1/bin/bash"
  ln -s bash "$1/bin/sh"
  with_libraries "$1" "$1/bin/bash"
}

kafka_image() {
  local root=$work/kafka
  base "$root"
  mkdir -p "$root"/opt "$root"/var/lib/kafka/data
  jlink --add-modules java.se,jdk.unsupported,jdk.management,jdk.zipfs --strip-debug --no-header-files --no-man-pages \
    --output "$root/opt/java"
  cp -r "$kafka" "$root/opt/kafka"
  cp packages/stack/log4j2.properties "$root/opt/log4j2.properties"
  with_libraries "$root" "$root/opt/java/bin/java" $(find "$root/opt/java" -name '*.so')
  cat > "$root/bin/nc" <<'NC'
#!/bin/bash
# nc -z HOST PORT, as the health check calls it.
exec 3<>"/dev/tcp/$2/$3"
NC
  cat > "$root/bin/start" <<'START'
#!/bin/bash
# Turns KAFKA_LOG_DIRS into log.dirs and so on, as the image of Apache Kafka does.
for name in "${!KAFKA_@}"; do
  [[ $name == KAFKA_HEAP_OPTS ]] && continue
  property=${name#KAFKA_}
  property=${property,,}
  echo "${property//_/.}=${!name}"
done > /tmp/server.properties
java=(/opt/java/bin/java ${KAFKA_HEAP_OPTS:--Xmx1g} -Dlog4j2.configurationFile=/opt/log4j2.properties -cp '/opt/kafka/*')
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted --cluster-id "${CLUSTER_ID:-Y2Fpcm4tbG9jYWwtc3RhY2}" \
  --config /tmp/server.properties || exit
exec "${java[@]}" kafka.Kafka /tmp/server.properties
START
  chmod +x "$root/bin/nc" "$root/bin/start"
  tar -C "$root" -c . | docker import --change 'ENTRYPOINT ["/bin/start"]' --change 'EXPOSE 9092' \
    --change 'ENV PATH=/bin' --change 'VOLUME /var/lib/kafka/data' - cairn-test/kafka
}

clickhouse_image() {
  local root=$work/clickhouse package
  base "$root"
  mkdir -p "$root"/var/lib/clickhouse "$root/app/$engine"
  cp -L "$(command -v node)" "$root/bin/node"
  cp -r "$engine/dist" "$engine/package.json" "$root/app/$engine/"
  npm ls --all --omit=dev --parseable --workspace @cairn/embedded-clickhouse | grep "^$PWD/node_modules/" |
    grep -v "/@cairn/" | while read -r package; do
    mkdir -p "$root/app/$(dirname "${package#"$PWD/"}")"
    cp -r "$package" "$root/app/${package#"$PWD/"}"
  done
  with_libraries "$root" "$root/bin/node" $(find "$root/app" -name '*.so' -o -name '*.node')
  cat > "$root/bin/start.mjs" <<'START'
// The engine answers on its container's loopback interface only; connections to the published port are passed on to it.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'

const inner = 18123
const { CLICKHOUSE_USER = 'default', CLICKHOUSE_PASSWORD = '' } = process.env
const engine = spawn(
  process.execPath,
  [
    ...['/app/packages/embedded-clickhouse/dist/main.js', '--data', '/var/lib/clickhouse/data', '--port', String(inner)],
    ...['--user', CLICKHOUSE_USER, '--password', CLICKHOUSE_PASSWORD],
  ],
  { stdio: 'inherit' },
)
engine.once('exit', (code) => process.exit(code ?? 1))
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => engine.kill(signal))
createServer((outside) => {
  const inside = connect(inner, '127.0.0.1')
  outside.on('error', () => inside.destroy())
  inside.on('error', () => outside.destroy())
  outside.pipe(inside).pipe(outside)
}).listen(8123, '0.0.0.0')
START
  cat > "$root/bin/wget" <<'WGET'
#!/bin/node
// wget ... URL, as the health check calls it.
fetch(process.argv.at(-1)).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))
WGET
  chmod +x "$root/bin/wget"
  tar -C "$root" -c . | docker import --change 'ENTRYPOINT ["/bin/node", "/bin/start.mjs"]' --change 'EXPOSE 8123' \
    --change 'ENV PATH=/bin' --change 'VOLUME /var/lib/clickhouse' - cairn-test/clickhouse
}

kafka_image
clickhouse_image
