#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# tools/deploy installs a build into folders that look like systems. The build is a stand-in with the relevant files.
bats_require_minimum_version 1.5.0

armv7='\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x28\0'
arm64='\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0'
ta_name=b7e89fc1-5044-431e-b4c5-9fb6ae256423.ta

setup() {
    deploy=$BATS_TEST_DIRNAME/../../tools/deploy
    cd "$BATS_TEST_TMPDIR"
    mkdir -p build
    printf "$armv7" > build/festore
    chmod 755 build/festore
    echo library > build/libfestore.so.0.1.0
    ln -s libfestore.so.0.1.0 build/libfestore.so.0
    echo header > build/festore.h
    echo page > build/festore.1
    echo completion > build/completion
    echo 'FESTORE_SIM:BOOL=OFF' > build/CMakeCache.txt
    cat > build/cmake_install.cmake <<'CMAKE'
set(from ${CMAKE_CURRENT_LIST_DIR})
set(to $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX})
file(COPY ${from}/festore DESTINATION ${to}/bin)
file(COPY ${from}/libfestore.so.0.1.0 ${from}/libfestore.so.0 DESTINATION ${to}/lib)
file(COPY ${from}/festore.h DESTINATION ${to}/include/festore)
file(COPY ${from}/festore.h DESTINATION ${to}/lib/pkgconfig)
file(COPY ${from}/festore.1 DESTINATION ${to}/share/man/man1)
file(COPY ${from}/completion DESTINATION ${to}/share/bash-completion/completions)
CMAKE
    printf 'HSTO\1\0\0\0signed' > my.ta
}

system() { # ROOT: makes a system with all that festore needs, in which /lib is a folder
    mkdir -p "$1"/{etc,lib/systemd/system,usr/{bin,lib,sbin}}
    printf "$armv7" > "$1/lib/libc.so.6"
    touch "$1"/usr/lib/{libcrypto.so.3,libteec.so.1} "$1/usr/sbin/tee-supplicant" "$1/lib/systemd/system/tee-supplicant.service"
    printf 'root:x:0:\nother:x:999:\n' > "$1/etc/group"
    printf 'root:*::\n' > "$1/etc/gshadow"
}
to() { run --separate-stderr "$deploy" --build build --ta my.ta --rootfs "$@"; }
unchanged() { # ROOT COMMAND...: expects that it fails and leaves the folder unchanged
    local before root=$1
    shift
    before=$(cd "$root" && find . -exec stat -c '%n %s %Y' {} + | sort)
    "$@"
    [ "$status" -eq 1 ]
    [ "$(cd "$root" && find . -exec stat -c '%n %s %Y' {} + | sort)" = "$before" ]
}

@test "everything goes to its place, no development files, and no warnings" {
    system root
    to root
    [ "$status" -eq 0 ]
    [ "$stderr" = "" ]
    [ "$output" = "festore is in $PWD/root" ]
    cmp build/festore root/usr/bin/festore
    cmp my.ta "root/lib/optee_armtz/$ta_name"
    [ "$(stat -c %a "root/lib/optee_armtz/$ta_name" root/usr/bin/festore root/usr/lib/libfestore.so.0.1.0 | xargs)" = "444 755 644" ]
    [ "$(readlink root/usr/lib/libfestore.so.0)" = libfestore.so.0.1.0 ]
    [ -f root/usr/share/man/man1/festore.1 ]
    [ -f root/usr/share/bash-completion/completions/completion ]
    grep -q 'KERNEL=="tee\[0-9\]\*".*GROUP="teeclnt"' root/usr/lib/udev/rules.d/60-festore.rules
    grep -qx 'g teeclnt -' root/usr/lib/sysusers.d/festore.conf
    [ "$(tail -n 1 root/etc/group)" = teeclnt:x:998: ]
    [ "$(tail -n 1 root/etc/gshadow)" = 'teeclnt:!::' ]
    grep -qx After=tee-supplicant.service root/usr/lib/systemd/system/festore.target.d/supplicant.conf
    grep -qx Requires=tee-supplicant.service root/usr/lib/systemd/system/festore.target.d/supplicant.conf
    [ ! -e root/usr/include ]
    [ ! -e root/usr/lib/pkgconfig ]
    [ -z "$(find root -name '*.new')" ]
    # Again, with a newer TA: only the TA changes, and the group is there once.
    echo more >> my.ta
    to root
    [ "$status" -eq 0 ]
    cmp my.ta "root/lib/optee_armtz/$ta_name"
    [ "$(grep -c teeclnt root/etc/group)" -eq 1 ]
}

@test "a system whose /lib is a relative or absolute link to /usr/lib; links do not lead out of the folder" {
    local link
    for link in usr/lib /usr/lib; do
        system merged
        mv merged/lib/libc.so.6 merged/usr/lib/
        mv merged/lib/systemd merged/usr/lib/
        rmdir merged/lib
        ln -s "$link" merged/lib
        to merged
        [ "$status" -eq 0 ]
        [ -f "merged/usr/lib/optee_armtz/$ta_name" ]
        [ ! -e "/usr/lib/optee_armtz/$ta_name" ] || [ "/usr/lib/optee_armtz/$ta_name" -ot my.ta ]
        rm -rf merged
    done
    system root
    mkdir outside
    ln -s "$PWD/outside" root/usr/share
    unchanged root to root
    [[ $stderr == *"/usr/share is a link to"* ]]
    [ -z "$(ls outside)" ]
}

@test "a build for another processor or with the simulator; no build, no TA, no system" {
    system root
    printf "$arm64" > build/festore
    unchanged root to root
    [[ $stderr == *"festore was built for another processor than /lib/libc.so.6"* ]]
    echo 'FESTORE_SIM:BOOL=ON' > build/CMakeCache.txt
    unchanged root to root
    [[ $stderr == *"built with the simulated TEE"* ]]
    rm build/CMakeCache.txt
    unchanged root to root
    [[ $stderr == *"not a build of festore"* ]]
    echo 'FESTORE_SIM:BOOL=OFF' > build/CMakeCache.txt
    printf "$armv7" > my.ta
    unchanged root to root
    [[ $stderr == *"not a signed trusted application"* ]]
    printf HSTO > my.ta
    mkdir empty
    unchanged empty to empty
    [[ $stderr == *"is not the root of a system"* ]]
    to /
    [ "$status" -eq 1 ]
    to none
    [ "$status" -eq 1 ]
}

@test "missing files of the system are reported, and other names of tee-supplicant's unit are found" {
    system root
    rm root/usr/lib/libcrypto.so.3 root/usr/lib/libteec.so.1 root/usr/sbin/tee-supplicant
    mv root/lib/systemd/system/tee-supplicant.service root/lib/systemd/system/tee-supplicant@.service
    to root
    [ "$status" -eq 0 ]
    [[ $stderr == *"libcrypto.so.3"*"libteec.so.2"*"tee-supplicant is missing"* ]]
    grep -qx Requires=tee-supplicant@teepriv0.service root/usr/lib/systemd/system/festore.target.d/supplicant.conf
    rm root/lib/systemd/system/tee-supplicant@.service
    to root
    [[ $stderr == *"no unit of tee-supplicant found"* ]]
    [ ! -e root/usr/lib/systemd/system/festore.target.d/supplicant.conf ]
}

@test "over ssh: one connection, and the same files" {
    system there
    system here
    mkdir bin
    # In place of a host: runs the command with the folder as its root.
    cat > bin/ssh <<'SH'
#!/bin/sh
echo "$1" >> connections
exec sh -c "$(printf '%s' "$2" | sed "s#\"\$d/lay-over\" / #\"\$d/lay-over\" '$PWD/there' #; s/sudo -n//")"
SH
    chmod 755 bin/ssh
    PATH=$PWD/bin:$PATH run "$deploy" --build build --ta my.ta --host root@board
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "$output" = "festore is on root@board" ]
    [ "$(cat connections)" = root@board ]
    to here
    diff -r here there
    printf "$arm64" > there/lib/libc.so.6
    PATH=$PWD/bin:$PATH run "$deploy" --build build --ta my.ta --host root@board
    [ "$status" -eq 1 ]
    [[ $output == *"another processor"* ]]
}

@test "usage" {
    run "$deploy" --help
    [ "$status" -eq 0 ]
    for options in "" "--build build --ta my.ta" "--build build --ta my.ta --rootfs a --host b" "--build build --rootfs a" "--wat"; do
        # shellcheck disable=SC2086
        run "$deploy" $options
        [ "$status" -eq 2 ]
    done
    run "$deploy" --build build --ta my.ta --host -oProxyCommand=x
    [ "$status" -eq 2 ]
}
