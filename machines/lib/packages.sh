# SPDX-License-Identifier: BSD-2-Clause
# Debian packages of another release and architecture than this machine's, unpacked into a cache and never installed.
# Sourced by bash (set -eu). Uses apt with its own configuration: the host's sources, lists and database are not changed;
# the host's mirror, proxy and credentials are used. For root and ordinary users; concurrent callers wait for
# one another; if everything is cached, the network is not used. Progress goes to standard error.
#
#   packages_open SUITE ARCH       sets packages_dir; the other functions need it
#   packages_fetch NAME...         downloads and unpacks: afterwards $packages_dir/x/NAME/ holds the package's files
#   packages_closure NAME...       prints the named packages and their dependencies
#   packages_fetch_kernel NAME     fetches the newest kernel that the package NAME depends on, as $packages_dir/x/linux-image
#   packages_renew_kernel NAME     forgets that kernel if the mirror has a newer one
#   packages_fetch_source NAME     fetches and unpacks a source package: $packages_dir/src/NAME
#
# packages_expected: NAME=VERSION... that the project was tested with; another version is reported, and used.
# Cache: ${XDG_CACHE_HOME:-~/.cache}/festore/SUITE-ARCH. FESTORE_MIRROR overrides the mirror.

packages_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$packages_lib/../versions.env"

packages_say() {
    printf '%s\n' "$*" >&2
}

packages_open() {
    packages_suite=$1 packages_arch=$2
    packages_dir=${XDG_CACHE_HOME:-$HOME/.cache}/festore/$packages_suite-$packages_arch
    mkdir -p "$packages_dir"/{apt/lists/partial,apt/cache/archives/partial,apt/parts,closures,debs,x,src}
}

# Runs a command with the cache locked, as every change of the cache needs.
packages_locked() {
    (
        if ! flock -n 9; then
            packages_say "waiting for another fetch to finish ($packages_dir)"
            flock 9
        fi
        "$@"
    ) 9> "$packages_dir/lock"
}

# The mirror that this machine itself uses for Debian. The first method recognises the archive by its signed labels, but needs
# downloaded lists; the second works on a machine without lists.
packages_mirror() {
    local found
    if [ -n "${FESTORE_MIRROR:-}" ]; then
        printf '%s\n' "$FESTORE_MIRROR"
        return
    fi
    found=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 2>/dev/null | sed -n 's/^Debian|Debian|//p' | sed -n 1p)
    if [ -z "$found" ]; then
        found=$(apt-get update --print-uris 2>/dev/null | sed -n "s|^'\(.*/debian\)/*/dists/[^/]*/InRelease'.*|\1|p" | sed -n 1p)
    fi
    if [ -z "$found" ]; then
        packages_say "no Debian mirror in this machine's apt configuration; name one with FESTORE_MIRROR=http://.../debian"
        return 1
    fi
    printf '%s\n' "${found%/}"
}

packages_apt() { # apt-get or apt-cache, then its arguments
    local tool=$1 base=$packages_dir/apt
    shift
    "$tool" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$base/parts" -o Dir::Etc::preferences=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null -o Dir::State="$base" -o Dir::State::lists="$base/lists" \
        -o Dir::State::status="$base/status" -o Dir::Cache="$base/cache" -o APT::Architecture="$packages_arch" \
        -o APT::Architectures="$packages_arch" -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Update::Post-Invoke= -o APT::Update::Post-Invoke-Success= -o Dir::Log=/dev/null "$@"
}

# Reads the package lists, unless they are fresh.
packages_update() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
    [ -z "$(find "$packages_dir/apt/updated" -mmin -60 2>/dev/null)" ] || return 0
    [ -f "$keyring" ] || { packages_say "$keyring is missing (Debian package debian-archive-keyring)"; return 1; }
    mirror=$(packages_mirror)
    printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$mirror" "$packages_suite" "$keyring" > "$packages_dir/apt/parts/debian.sources"
    : > "$packages_dir/apt/status"
    packages_say "reading the package lists of Debian $packages_suite ($packages_arch): a few seconds"
    packages_apt apt-get -qq update >&2 || return 1
    touch "$packages_dir/apt/updated"
}

# Reports that the mirror has another upstream version than the project was tested with.
packages_note_version() {
    local name=$1 version=$2 pair
    for pair in ${packages_expected:-}; do
        if [ "${pair%%=*}" = "$name" ]; then
            case ${version#*:} in
                "${pair#*=}"*) ;;
                *) packages_say "note: $name is version $version now; tested with ${pair#*=} (machines/versions.env)" ;;
            esac
        fi
    done
}

packages_fetch_missing() {
    local name file version missing=()
    for name in "$@"; do
        [ -e "$packages_dir/x/$name" ] || missing+=("$name") # another caller may have been faster
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    packages_update
    rm -rf "$packages_dir/debs/new" "$packages_dir/x/.new"
    mkdir "$packages_dir/debs/new"
    [ ${#missing[@]} -lt 10 ] || packages_say "fetching ${#missing[@]} packages of Debian $packages_suite ($packages_arch): a minute or so"
    if ! (cd "$packages_dir/debs/new" && packages_apt apt-get -qq download "${missing[@]}" > "$packages_dir/download.log" 2>&1); then
        cat "$packages_dir/download.log" >&2
        packages_say "Debian $packages_suite ($packages_arch) on this mirror does not give: ${missing[*]} (machines/versions.env)"
        # The mirror's lists name files that it does not have, as a partial mirror's may: another attempt is useless.
        ! grep -q ' 404 ' "$packages_dir/download.log" || return 4
        return 1
    fi
    for file in "$packages_dir"/debs/new/*.deb; do
        name=$(dpkg-deb -f "$file" Package)
        version=$(dpkg-deb -f "$file" Version)
        packages_note_version "$name" "$version"
        dpkg-deb -x "$file" "$packages_dir/x/.new"
        printf '%s\n' "$version" > "$packages_dir/x/.new/.version"
        mv -T "$packages_dir/x/.new" "$packages_dir/x/$name" # complete or absent
        rm "$file"
        [ ${#missing[@]} -ge 10 ] || packages_say "fetched $name $version"
    done
    for name in "${missing[@]}"; do
        [ -e "$packages_dir/x/$name" ] || { packages_say "$name did not come from the mirror"; return 1; }
    done
}

# The named packages and all their dependencies, as apt resolves them for an empty system. The result is kept for offline use.
packages_closure() {
    local kept
    kept=$packages_dir/closures/$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
    [ -s "$kept" ] || packages_locked packages_resolve "$kept" "$@"
    cat "$kept"
}

packages_resolve() {
    local kept=$1
    shift
    packages_update
    packages_apt apt-get install --simulate --no-install-recommends "$@" > "$packages_dir/closures/.new" || return 1
    sed -n 's/^Inst \([^ ]*\) .*/\1/p' "$packages_dir/closures/.new" > "$kept.new"
    mv "$kept.new" "$kept"
}

packages_fetch() {
    local name missing=()
    for name in "$@"; do
        [ -e "$packages_dir/x/$name" ] || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] || packages_locked packages_fetch_missing "${missing[@]}"
}

# The package of the newest kernel: the one that the package NAME depends on.
packages_newest_kernel() { # NAME
    packages_apt apt-cache depends "$1" | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | sed -n 1p
}

packages_fetch_missing_kernel() {
    local name
    [ ! -e "$packages_dir/x/linux-image" ] || return 0
    packages_update
    name=$(packages_newest_kernel "$1")
    [ -n "$name" ] || { packages_say "no kernel found in Debian $packages_suite"; return 1; }
    packages_fetch_missing "$name"
    mv -T "$packages_dir/x/$name" "$packages_dir/x/linux-image"
}

# If the mirror has another kernel now, forgets the cached kernel and its headers and source packages.
packages_renew_kernel() { # NAME
    local name
    [ -e "$packages_dir/x/linux-image" ] || return 0
    packages_locked packages_update || return 1
    name=$(packages_newest_kernel "$1")
    [ -n "$name" ] && [ ! -d "$packages_dir/x/linux-image/usr/lib/modules/${name#linux-image-}" ] || return 0
    packages_say "the mirror has a newer kernel: $name"
    packages_locked rm -rf "$packages_dir"/x/linux-{image,headers-*,source-*}
}

packages_fetch_kernel() { # NAME
    [ -e "$packages_dir/x/linux-image" ] || packages_locked packages_fetch_missing_kernel "$1"
}

packages_fetch_missing_source() {
    local name=$1 version
    [ ! -e "$packages_dir/src/$name" ] || return 0
    packages_update
    rm -rf "$packages_dir/src/.new"
    mkdir "$packages_dir/src/.new"
    (
        cd "$packages_dir/src/.new"
        if ! packages_apt apt-get -qq source --download-only "$name" >&2; then
            packages_say "this mirror does not give the source of $name out of Debian $packages_suite: it has moved on, or dropped"
            packages_say "the version that its lists name. Another suite or version: machines/versions.env"
            exit 1
        fi
        dpkg-source --no-check -x ./*.dsc unpacked > dpkg-source.log 2>&1
    ) || return 1
    version=$(sed -n 's/^Version: //p' "$packages_dir"/src/.new/*.dsc | sed -n 1p)
    packages_note_version "$name" "$version"
    printf '%s\n' "$version" > "$packages_dir/src/.new/unpacked/.version"
    mv -T "$packages_dir/src/.new/unpacked" "$packages_dir/src/$name"
    rm -r "$packages_dir/src/.new"
    packages_say "fetched the source of $name $version"
}

packages_fetch_source() {
    [ -e "$packages_dir/src/$1" ] || packages_locked packages_fetch_missing_source "$1"
}
