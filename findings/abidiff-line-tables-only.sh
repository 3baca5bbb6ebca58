#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# abidiff on a library that was built with -g1.
#
# One would guess: if a library has too little debug information to compare types, abidiff says so; if a struct grows to which a function
#   takes a pointer, abidiff reports it.
# What happens (abigail-tools 2.2-2, gcc 12): -g1 leaves a .debug_info section, which has functions without parameters, and no types. abidw
#   writes the function as one without parameters, without a warning. abidiff ends with 0, "no change", although the struct has grown. With
#   -g the same comparison ends with 4 and names the struct.
# Why it matters: many projects build with -g1 to keep builds small. A guard of the ABI over such a library passes for ever. The library, or
#   at least the sources of its interface, must be compiled with -g, and the guard should be seen to fail once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in abigail-tools=2.2-2 libabigail0=2.2-2; do apt-get download -q -o APT::Sandbox::User=root "$package" > /dev/null; done
for file in *.deb; do dpkg-deb -x "$file" tools; done
library_path=$(dirname "$(find tools -name 'libabigail.so.0' | head -n 1)")
abigail() { LD_LIBRARY_PATH=$library_path "tools/usr/bin/$1" "${@:2}"; }
abigail abidiff --version

cat > old.c << 'END'
struct options { int first; int second; };
int use(const struct options* options);
int use(const struct options* options) { return options->second; }
END
sed 's/int first;/int first; long between;/' old.c > new.c
failed=0
for debug in -g1 -g; do
    for version in old new; do gcc -shared -fPIC -O2 "$debug" "$version.c" -o "$version.so"; done
    readelf -S old.so | grep -q debug_info
    parameters=$(abigail abidw old.so | grep -c '<parameter ' || true)
    code=0
    abigail abidiff old.so new.so > report || code=$?
    echo "$debug: abidw writes $parameters of 1 parameter; abidiff ends with $code: $(grep -c 'type size changed' report || true) struct reported"
    case $debug in
        -g1) [ "$parameters" = 0 ] && [ "$code" = 0 ] || failed=1 ;;
        *) [ "$parameters" = 1 ] && [ "$code" -ge 4 ] && grep -q 'struct options' report || failed=1 ;;
    esac
done
[ "$failed" = 0 ] || { echo 'this has changed'; exit 1; }
