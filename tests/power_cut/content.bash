# SPDX-License-Identifier: BSD-2-Clause
# What the objects of the power-cut test hold: a first line that says which content it is, and the rest derived from it, so
# that a mixture of two shows. Sizes differ from generation to generation, around blocks of 4 KiB.

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
