#!/bin/sh
# run.sh SOURCE_DIR WORK_DIR PROTO OPENAPI FILE...: copies the tests into WORK_DIR, installs their npm packages there once, and runs
# the named test files. BATON_BIN names the server to test. Nothing is written to the source tree.
set -eu
source_dir=$1
work_dir=$2
proto=$3
openapi=$4
shift 4

mkdir -p "$work_dir"
exec 9>"$work_dir/.lock"
flock 9
wanted=$(cd "$source_dir" && { find . -type f -not -path '*/node_modules/*' -exec sha256sum {} +; sha256sum "$proto" "$openapi"; } | sort | sha256sum)
if [ "$(cat "$work_dir/.copied" 2>/dev/null)" != "$wanted" ]; then
  rm -f "$work_dir/.copied"
  (cd "$source_dir" && tar cf - --exclude=node_modules .) | (cd "$work_dir" && tar xf -)
  cp "$proto" "$work_dir/gateway_protocol.proto"
  cp "$openapi" "$work_dir/openapi.json"
  echo "$wanted" >"$work_dir/.copied"
fi
packages=$(sha256sum <"$work_dir/package-lock.json")
if [ "$(cat "$work_dir/.installed" 2>/dev/null)" != "$packages" ]; then
  rm -f "$work_dir/.installed"
  (cd "$work_dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  echo "$packages" >"$work_dir/.installed"
fi
flock -u 9
exec 9>&-

cd "$work_dir"
# Settings of the person who runs the tests must not reach the clients.
for name in $(env | sed -n 's/^\(\(ZEEBE\|CAMUNDA\|ZB\|GRPC\|TLS\)_[A-Z_0-9]*\)=.*/\1/p'); do unset "$name"; done
unset NODE_OPTIONS http_proxy https_proxy HTTP_PROXY HTTPS_PROXY grpc_proxy no_proxy NO_PROXY
exec node --test --test-reporter=spec --test-timeout=240000 "$@"
