#!/bin/bash
# `make run`: serve on the data of the last demo until Ctrl-C.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=$PWD/build/dev/bin
SCHEMA=$PWD/schema
WORK=$PWD/build/demo
. tests/demo/lib.sh
. tests/demo/clients.sh
mkdir -p "$WORK"
trap server_stop EXIT
ca_once && clients_once || exit 1
server_start || exit 1
env_write
cat <<END
idrail serves until Ctrl-C.
  wallets, relying parties  $SERVER
  officers, operators       $ADMIN

In another terminal, for idctl, idwallet and the walks of docs/:
  . ${WORK#"$PWD/"}/env
  idctl health
END
trap 'exit 0' INT TERM
wait "$SERVER_PID"
code=$?
echo "idsrv ended with code $code; its log is build/demo/idsrv.log" >&2
exit "$code"
