#!/bin/bash
# Tries both commands of the README in a bare Debian 12, as root and as an ordinary user:
#   sudo packaging/try_debian.sh [root|user]…
# Needs debootstrap. Takes the package mirrors and certificates of this machine. Leaves nothing but a cached base system.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
work=${TRY_DEBIAN_DIR:-/var/tmp/chatapp-try-debian}
base=$work/base
system=$work/system
clone="/home/person/a checkout"

make_base() {
    [ -e "$base.done" ] && return
    local mirror
    mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)
    debootstrap --variant=minbase --include=ca-certificates,git,python3 bookworm "$base" "$mirror"
    touch "$base.done"
}

release() { umount -l "$system"/{proc,home/person/shared} 2>/dev/null || true; }

fresh_system() {
    release
    rm -rf "$system"
    cp -a "$base" "$system"
    cp /etc/resolv.conf /etc/hosts "$system/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
    cp /etc/apt/apt.conf.d/99* "$system/etc/apt/apt.conf.d/" 2>/dev/null || true
    cp /etc/apt/sources.list.d/*.sources "$system/etc/apt/sources.list.d/"
    rm -f "$system/etc/apt/sources.list" "$system"/var/lib/apt/lists/*_*
    cp /etc/pip.conf "$system/etc/" 2>/dev/null || true
    mount -t proc proc "$system/proc"
    chroot "$system" useradd --create-home --shell /bin/bash person
    git clone -q "$repo" "$system$clone"
    if [ -d "$repo/../shared" ]; then
        mkdir "$system/home/person/shared"
        mount --bind -o ro "$repo/../shared" "$system/home/person/shared"
    fi
}

# Runs a command inside, in the checkout, with an almost empty environment: as root, or as person after chown.
inside() {
    local who=$1
    shift
    local env=(HOME="$([ "$who" = root ] && echo /root || echo /home/person)" LANG=C.UTF-8
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    while IFS= read -r pair; do env+=("$pair"); done < <(env | grep -iE '^(https?_proxy|no_proxy|PIP_(CERT|INDEX_URL)|PYTEST_ADDOPTS)=' || true)
    chroot --userspec="$who" "$system" /usr/bin/env -i "${env[@]}" /bin/bash -c "cd '$clone' && $*"
}

expect() { # expect CODE TEXT command…: the command ends with CODE and says TEXT
    local code=$1 text=$2 said got=0
    shift 2
    echo "--- $*"
    said=$("$@" 2>&1) || got=$?
    printf '%s\n' "$said" >"$work/said.txt"
    tail -n 5 "$work/said.txt"
    if [ "$got" != "$code" ] || ! grep -qF -- "$text" <<<"$said"; then
        echo "FAILED: wanted exit $code and \"$text\", got exit $got; all it said is in $work/said.txt"
        exit 1
    fi
}

# The window is up when, after some seconds, X knows it by its class and the program still runs (timeout says 124)
# without having complained.
window="xvfb-run -a sh -c '(sleep 15; xwininfo -root -tree | grep -m1 chatapp.*chatapp) & timeout 20 python3 packaging/run.py --temp-profile; e=\$?; wait; exit \$e'"
opens() {
    expect 124 "chatapp" inside "$1" "$window"
    if grep -q Traceback "$work/said.txt"; then
        echo "FAILED: the window complained; all it said is in $work/said.txt"
        exit 1
    fi
}

try_root() {
    fresh_system
    expect 1 "There is no screen" inside root "python3 packaging/run.py"
    expect 0 " passed" inside root "python3 packaging/run.py test -q"
    expect 0 "" inside root "apt-get install -q -y --no-install-recommends x11-utils"
    opens root
    expect 0 "chatapp 0" inside root "python3 packaging/run.py --version"
}

try_user() {
    fresh_system
    chroot "$system" chown -R person "$clone"
    expect 1 "sudo apt-get install -y" inside person "python3 packaging/run.py"
    local line
    line=$(inside person "python3 packaging/run.py" 2>&1 | grep 'sudo apt-get' || true)
    expect 0 "" inside root "${line//sudo /}"
    expect 0 "" inside root "apt-get install -q -y --no-install-recommends xvfb xauth x11-utils"
    expect 1 "There is no screen" inside person "python3 packaging/run.py"
    opens person
    expect 0 " passed" inside person "python3 packaging/run.py test -q"
    chmod -R a-w "$system/home/person"/.cache 2>/dev/null || true
    expect 0 "chatapp 0" inside person "PIP_INDEX_URL=http://127.0.0.1:1/ python3 packaging/run.py --version"
}

trap release EXIT
mkdir -p "$work"
make_base
for who in "${@:-root}"; do "try_$who"; done
echo "Both commands work in a bare Debian 12 as: ${*:-root}"
