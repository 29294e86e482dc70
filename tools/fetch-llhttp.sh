#!/bin/sh
# Fetch the C sources of llhttp out of Debian's package node-llhttp, without
# installing it (it would pull in nodejs).
#   fetch-llhttp.sh OUT_DIR     leaves llhttp.c api.c http.c llhttp.h there
# Does nothing when they are there. LLHTTP_DIR names a directory that has them,
# for builds without a network.
set -eu

out=${1:?usage: fetch-llhttp.sh OUT_DIR}
files="llhttp.c api.c http.c llhttp.h"

complete() {
    for f in $files; do
        [ -s "$1/$f" ] || return 1
    done
}

# The sources pick their state machine by a macro, which they ask for before
# they include the header. Make it the strict one, whatever the flags are.
make_strict() {
    sed -i 's/define LLHTTP_STRICT_MODE 0/define LLHTTP_STRICT_MODE 1/' "$out/llhttp.h"
    head -n 1 "$out/llhttp.c" | grep -q include || sed -i '1i #include "llhttp.h"' "$out/llhttp.c"
}

mkdir -p "$out"
if complete "$out"; then
    make_strict
    exit 0
fi

if [ -n "${LLHTTP_DIR:-}" ]; then
    complete "$LLHTTP_DIR" || { echo "fetch-llhttp.sh: LLHTTP_DIR=$LLHTTP_DIR lacks one of: $files" >&2; exit 1; }
    for f in $files; do cp "$LLHTTP_DIR/$f" "$out/$f"; done
    make_strict
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
download() { (cd "$scratch" && apt-get download -q node-llhttp >log 2>&1); }
# A fresh machine has no package lists yet.
download || { apt-get update -q >/dev/null 2>&1 || true; download; } || {
    cat "$scratch/log" >&2
    echo "fetch-llhttp.sh: cannot download the Debian package node-llhttp" >&2
    exit 1
}
dpkg-deb -x "$scratch"/node-llhttp_*.deb "$scratch/x"
for f in $files; do
    cp "$(find "$scratch/x/usr" -name "$f" -type f | head -n 1)" "$out/$f"
done
complete "$out" || { echo "fetch-llhttp.sh: the package lacks one of: $files" >&2; exit 1; }
make_strict
