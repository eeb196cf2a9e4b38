# shellcheck shell=bash
# Sourced by tests/systems/run, after setup.sh: roots of Debian releases, and running commands in them. Mounts are made
# in namespaces of their own, which end with the command: none is ever left on this machine.

# What `unshare` needs to be given, in `namespaces`: root is root; others are root among their own subordinate users.
choose_namespaces() {
    namespaces=(unshare --mount --pid --fork --kill-child --propagation private)
    [ "$(id -u)" = 0 ] || namespaces+=(--map-root-user --map-auto)
    if ! "${namespaces[@]}" mount -t tmpfs none /mnt 2>/dev/null; then
        say "namespaces cannot be made here, and a root needs mounts. Run as root, not in a container without" \
            "CAP_SYS_ADMIN; or, as another user, with newuidmap (package uidmap), ranges in /etc/subuid and" \
            "/etc/subgid, and user namespaces allowed"
        return 1
    fi
}

# for_seconds SECONDS COMMAND...: in namespaces, which end after that time, and with the script, however that ends.
for_seconds() {
    local with=(setpriv --pdeathsig KILL)
    "${with[@]}" timeout --foreground --signal=KILL "$1" "${with[@]}" "${namespaces[@]}" "${@:2}"
}

# The proxy that apt was told, for debootstrap, which asks the environment alone.
take_apt_proxy() {
    local proxy
    proxy=$(apt-config dump --format '%v' Acquire::http::Proxy 2>/dev/null) || true
    case $proxy in
    '' | DIRECT) ;;
    *) export http_proxy=${http_proxy:-$proxy} ;;
    esac
}

# bootstrap RELEASE ARCHITECTURE PLACE PACKAGES MIRROR: a fresh minimal root, with git.
bootstrap() {
    local release=$1 architecture=$2 place=$3 packages=$4 mirror=$5 script seconds=1800
    [ "$architecture" != arm64 ] || seconds=7200 # emulated
    local options=(--variant=minbase --arch="$architecture" --include=git)
    if [ "$(id -u)" != 0 ]; then # debootstrap would make devices
        for_seconds "$seconds" mmdebstrap --mode=root "${options[@]}" "$release" "$place" "$mirror"
        return
    fi
    script=/usr/share/debootstrap/scripts/$release
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # a release that is newer than debootstrap
    take_apt_proxy
    mkdir -p "$packages"
    for_seconds "$seconds" debootstrap "${options[@]}" --cache-dir="$packages" "$release" "$place" "$mirror" "$script"
}

# make_root RELEASE ARCHITECTURE PLACE PACKAGES MIRROR: unless it is there; a root has its name once it is complete.
make_root() {
    local place=$3
    [ ! -x "$place/usr/bin/apt-get" ] || return 0
    say "making $place"
    remove_root "$place.part" && bootstrap "$1" "$2" "$place.part" "$4" "$5" && mv "$place.part" "$place"
}

# remove_root PLACE: but never through something that is mounted there. What is half removed has not a root's name.
remove_root() {
    local part=${1%.part}.part place
    for place in "$part" "$1"; do
        [ -d "$place" ] || continue
        if grep -qF " $(cd "$place" && pwd -P)/" /proc/self/mountinfo; then
            say "something is mounted in $place: it is left as it is"
            return 1
        fi
        [ "$place" = "$part" ] || mv "$place" "$part" || return
        "${namespaces[@]}" rm -rf --one-file-system "$part" || return
    done
}

# take_configuration PLACE: how this machine reaches the network: what apt's settings say of it, pip's, certificates.
take_configuration() {
    local place=$1 file
    cp -L /etc/resolv.conf /etc/hosts "$place/etc/" 2>/dev/null
    apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|ftp|Retries|Check-Date|Check-Valid-Until)\b.* ".+"' \
        >"$place/etc/apt/apt.conf.d/90machine"
    for file in /etc/apt/auth.conf.d/*.conf; do
        [ ! -f "$file" ] || cp "$file" "$place/etc/apt/auth.conf.d/"
    done
    echo force-unsafe-io >"$place/etc/dpkg/dpkg.cfg.d/90machine" # a root that is half written is made anew
    mkdir -p "$place/etc/ssl/certs" "$place/usr/local/share/ca-certificates"
    cp -rLn /etc/ssl/certs/. "$place/etc/ssl/certs/" 2>/dev/null
    cp -rLn /usr/local/share/ca-certificates/. "$place/usr/local/share/ca-certificates/" 2>/dev/null
    for file in /etc/pip.conf "${XDG_CONFIG_HOME:-${HOME-}/.config}/pip/pip.conf" "${HOME-}/.pip/pip.conf"; do
        [ ! -f "$file" ] || cp "$file" "$place/etc/pip.conf"
    done
}

# environment_of PLACE: in `environment`, what a command in the root is to find set: proxies and certificates, and pip's
# settings; but no path that is not there.
environment_of() {
    local name value
    environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
        "TERM=${TERM-dumb}")
    for name in $(compgen -e); do
        case $name in
        *_proxy | *_PROXY | *_CA_BUNDLE | *_SSL_CAINFO | SSL_CERT_* | PIP_*)
            value=${!name}
            case $value in
            /*) [ ! -e "$1$value" ] || environment+=("$name=$value") ;;
            *) environment+=("$name=$value") ;;
            esac
            ;;
        esac
    done
}

# In the directory that is the tree, which may be another user's. Without git's data: all but builds.
files_of_tree() {
    if [ -e .git ]; then
        git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
    else
        find . -path './build*' -prune -o -type f -print0
    fi
}

# copy_tree PLACE: what git does not ignore, as it is in the tree now, to /clnorm, beside the builds that are there.
copy_tree() {
    local place=$1/clnorm
    say "copying the tree to $place"
    # shellcheck disable=SC2016 # its own arguments
    "${namespaces[@]}" sh -c 'mkdir -p "$1" && find "$1" -mindepth 1 -maxdepth 1 ! -name "build*" -exec rm -rf {} + &&
        exec tar -x --no-same-owner -C "$1"' sh "$place" < <(
        cd "$root" && files_of_tree | while IFS= read -r -d '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | tar -c --null --no-recursion -T -
    )
}

# in_root PLACE PACKAGES SECONDS COMMAND...: in its /clnorm. What it started ends with it, at the latest after SECONDS.
in_root() {
    local place=$1 packages=$2 seconds=$3 environment
    shift 3
    environment_of "$place"
    mkdir -p "$packages"
    # shellcheck disable=SC2016 # its own arguments
    for_seconds "$seconds" bash -c '
        place=$1 packages=$2
        shift 2
        mount -t proc proc "$place/proc" 2>/dev/null || mount --rbind /proc "$place/proc" || exit
        mount --rbind /sys "$place/sys" && mount --rbind /dev "$place/dev" || exit
        mount --bind "$packages" "$place/var/cache/apt/archives" || exit
        chroot "$place" env -i --chdir=/clnorm "$@"
        exit' in_root "$place" "$packages" "${environment[@]}" "$@"
}
