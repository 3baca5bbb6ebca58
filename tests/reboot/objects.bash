# SPDX-License-Identifier: BSD-2-Clause
# The objects stored before the reboot and checked after it: owner, name, size.

objects='root:empty:0 root:one:1 root:demo:7000 root:large:524288 alice:hers:5000 shared:ours:300 public:everybody:40'

# as OWNER ARGUMENTS...: the command as root, as alice, or as root for the group shared or for the public.
as() {
    local owner=$1
    shift
    case $owner in
        root) festore "$@" ;;
        alice) setpriv --reuid alice --regid alice --init-groups festore "$@" ;;
        shared) setpriv --reuid bob --regid bob --init-groups festore --group shared "$@" ;;
        public) festore --public "$@" ;;
    esac
}

content() { # NAME SIZE
    yes "$1 $2" | head -c "$2"
}
