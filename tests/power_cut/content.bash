# SPDX-License-Identifier: BSD-2-Clause
# Contents of the power-cut test's objects: a first line that identifies the content, and the rest derived from it, to detect a
# mixture of two. Sizes differ from generation to generation, around blocks of 4 KiB.

objects=6

# STORAGE: ree (default), rpmb, store, or store-rpmb: a store under the anchor rpmb.
store() {
    festore --storage "${storage%%-rpmb}" "$@"
}
storage=${STORAGE:-ree}

content() { # NAME RUN NUMBER
    local line="$1 $2 $3" size=$((($3 * 2741) % 20000)) hash
    hash=$(sha256sum <<< "$line" | cut -d' ' -f1)
    printf '%s\n' "$line"
    yes "$hash" | head -c "$size"
}
