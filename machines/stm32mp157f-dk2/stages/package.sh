# SPDX-License-Identifier: BSD-2-Clause
# Stage: festore as a Debian package: command, library, TA, udev rule, group, the unit that services wait for, completion, manual page.

build_package() {
    local files=$out/package version
    version=$(sed -n 's/^CMAKE_PROJECT_VERSION:[A-Z]*=//p' "$tested_out/festore/build/CMakeCache.txt")
    rm -rf "$files" "$out"/festore_*.deb
    mkdir -p "$files/DEBIAN"
    DESTDIR=$files cmake --install "$tested_out/festore/build" --prefix /usr --strip
    # Files that are only needed to build other programs are left out.
    rm -rf "$files/usr/include" "$files"/usr/lib/{,*/}{cmake,pkgconfig,libfestore.so}
    install -D -m 0444 "$ta" "$files/usr/lib/optee_armtz/$(basename "$ta")"
    install -D -m 0644 tools/deploy.d/60-festore.rules "$files/usr/lib/udev/rules.d/60-festore.rules"
    install -D -m 0644 tools/deploy.d/sysusers.conf "$files/usr/lib/sysusers.d/festore.conf"
    install -D -m 0644 tools/deploy.d/festore.target "$files/usr/lib/systemd/system/festore.target"
    install -D -m 0644 "$here/files/supplicant.conf" "$files/usr/lib/systemd/system/festore.target.d/supplicant.conf"
    install -D -m 0644 LICENSE "$files/usr/share/doc/festore/copyright"
    printf 'festore (%s) stable; urgency=medium\n\n  * See the project.\n\n -- festore <festore@localhost>  %s\n' "$version" \
        "$(date -R -u -d "@$(source_date)")" | gzip -9n > "$files/usr/share/doc/festore/changelog.gz"
    gzip -9nf "$files"/usr/share/man/man1/*.1
    find "$files/usr" -type d -exec chmod 0755 {} +
    sed "s/@VERSION@/$version/; s/@SIZE@/$(du -sk "$files/usr" | cut -f1)/" "$here/files/control" > "$files/DEBIAN/control"
    install -m 0755 "$here/files/postinst" "$files/DEBIAN/postinst"
    echo 'activate-noawait ldconfig' > "$files/DEBIAN/triggers"
    (cd "$files" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
    SOURCE_DATE_EPOCH=$(source_date) dpkg-deb --root-owner-group --build "$files" "$out/festore_${version}_armhf.deb"
    dpkg-deb --contents "$out/festore_${version}_armhf.deb"
    rm -rf "$files"
}

# The time stamp of everything built: the last change of the sources, if it is known.
source_date() {
    git log -1 --format=%ct 2> /dev/null || stat -c %Y LICENSE
}
