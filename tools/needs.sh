# Sourced by ./run and ./test: installing and building, quietly and only when missing.

build_packages="gcc libc6-dev meson ninja-build pkg-config python3 python3-yaml libssl-dev libsqlite3-dev libargon2-dev libcrypt-dev
libutf8proc-dev libpcre2-dev zlib1g-dev ca-certificates"

# Packages of the list that are not installed.
missing_packages() {
    # shellcheck disable=SC2086
    for p in $1; do
        case " $installed " in *" $p "*) ;; *) printf '%s ' "$p" ;; esac
    done
}

need_packages() {
    # shellcheck disable=SC2086
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $1 2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ')
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root=sudo
        else
            echo "Missing packages. Install them with: apt-get install $missing" >&2
            exit 1
        fi
    fi
    echo "installing $missing" >&2
    log=$(mktemp)
    # shellcheck disable=SC2086
    install() { DEBIAN_FRONTEND=noninteractive ${as_root:-} apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1; }
    install || { ${as_root:-} apt-get update -qq >>"$log" 2>&1; install; } || { cat "$log" >&2; exit 1; }
    rm -f "$log"
}

# build_in DIR BUILDTYPE [meson options]: set up once, then only what changed.
build_in() {
    dir=$1 type=$2
    shift 2
    tools/fetch-llhttp.sh build/llhttp
    log=$(mktemp)
    if [ ! -f "$dir/build.ninja" ]; then
        meson setup "$dir" --buildtype="$type" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    fi
    ninja -C "$dir" >"$log" 2>&1 || { grep -v '^\[' "$log" >&2; exit 1; }
    rm -f "$log"
}

test_packages="libcmocka-dev curl nodejs npm"
# A machine that has Node and npm from elsewhere needs no package for them.
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && test_packages="libcmocka-dev curl"
