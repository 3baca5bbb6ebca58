# SPDX-License-Identifier: BSD-2-Clause
# Stage: fetches everything that comes from Debian into the cache. $out/versions lists the packages, as the input of other stages.

read_list() { # LIST...: their words without comments
    sed 's/#.*//' "$@"
}

# Fetches the root disk's packages, the kernel, and the additional packages NAME...
fetch_machine_packages() {
    local name list=()
    [ ! -e "$here/packages.list" ] || list=("$here/packages.list")
    # shellcheck disable=SC2046
    root_packages=$(packages_closure $(read_list machines/lib/packages.list "${list[@]}"))
    # shellcheck disable=SC2086
    packages_fetch $root_packages busybox-static "$@"
    packages_fetch_kernel "$kernel_package"
    for name in $root_packages; do
        printf '%s %s\n' "$name" "$(cat "$packages_dir/x/$name/.version")"
    done > "$out/versions"
}

version_of() { # NAME...: unpacked packages or sources
    local name
    for name in "$@"; do
        cat "$packages_dir/x/$name/.version" 2>/dev/null || cat "$packages_dir/src/$name/.version"
    done
}
