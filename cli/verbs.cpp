// SPDX-License-Identifier: BSD-2-Clause
// The table of verbs, with the texts of their help.
#include "cli/verbs.h"

namespace festore::cli {
namespace {

constexpr VerbEntry kVerbs[] = {
    {"put", "NAME [FILE|-]", "store a file, or standard input, under a name",
     "Stores the content of FILE, or of standard input, under NAME. It replaces an existing object atomically: at every\n"
     "moment, and after every crash, the object has either the old content or the new one. Exit code 0 means that the new\n"
     "content is stored for good. An object can have up to 1 TiB in a store, and up to 512 KiB in ree and rpmb.",
     "  festore put wifi.conf /etc/wpa_supplicant.conf\n"
     "  openssl genpkey -algorithm ed25519 | festore put --if-absent keys/device\n"
     "  festore put --if-version 3 settings settings.json\n",
     make_put},
    {"get", "NAME [FILE|-]", "read an object into a file, or to standard output",
     "Reads the object NAME into FILE, or to standard output. FILE is created or replaced, readable by its owner only (0600),\n"
     "once the whole content is verified; until then it stays as it was. A pipe, device or link of another user is refused.\n"
     "Standard output gets verified parts only; in an object of more than 1 MiB, a later part can still turn out damaged\n"
     "(exit code 6).",
     "  festore get wifi.conf\n"
     "  festore get keys/device /run/device.pem\n"
     "  festore get --offset 512 --length 16 firmware | xxd\n",
     make_get},
    {"ls", "[PREFIX]", "list the names of objects",
     "Lists your objects whose names begin with PREFIX, or all of them, sorted, one name per line. With -l the columns are:\n"
     "flags (k: write-once and cannot be removed, w: write-once, d: stored by the first demo), size in bytes, version, time of\n"
     "the last change (UTC), name. Bytes of a name that could control a terminal are shown as \\x and two hex digits; --json\n"
     "has the exact bytes. If objects are found damaged, the exit code is 6. With --owner, root lists the objects of another\n"
     "user or group in the TEE's own storage (--storage ree or rpmb), for example before that owner is deleted.",
     "  festore ls\n"
     "  festore ls -l keys/\n"
     "  festore ls --json | jq -r '.objects[].name'\n",
     make_ls},
    {"stat", "NAME", "show an object's size, version and times",
     "Shows the size, version, times and flags of the object NAME. The version changes with the content; give it to\n"
     "'put --if-version' to replace only the content that you have seen.",
     "  festore stat wifi.conf\n"
     "  festore stat --json wifi.conf | jq .version\n",
     make_stat},
    {"rm", "NAME...", "remove objects",
     "Removes the named objects. If one cannot be removed, the others still are; the exit code is that of the first error. A\n"
     "removed object is not served any more, but copies of it may be left on the disk. With --owner, root removes another\n"
     "owner's objects from the TEE's own storage (--storage ree or rpmb).",
     "  festore rm wifi.conf\n"
     "  festore rm --force keys/old keys/older\n",
     make_rm},
    {"mv", "OLD NEW", "rename an object of a store",
     "Gives the object OLD the name NEW, atomically. If an object with the name NEW exists, it is kept and the exit code is 4,\n"
     "unless --replace is given. Stores only (--storage store).",
     "  festore --storage store mv wifi.conf wifi.conf.old\n"
     "  festore --storage store mv --replace settings.new settings\n",
     make_mv},
    {"batch", "[FILE|-]", "change a store by many commands at once, all or nothing",
     "Reads commands, one per line, from FILE or standard input: put NAME FILE, put --text NAME VALUE, put --base64 NAME DATA,\n"
     "rm NAME, mv OLD NEW. Words may be in double quotes; docs/batch.md has the format. One commit makes all changes visible\n"
     "together. If a line is wrong or fails, the message names it and nothing is changed. Stores only (--storage store).",
     "  festore --storage store batch provisioning.batch\n"
     "  printf 'put --text mode on\\nrm old\\n' | festore --storage store batch\n",
     make_batch},
    {"init", "", "make an empty store",
     "Makes a store in a directory that is missing or empty; 'put' does it by itself. The anchor is the TEE's storage that\n"
     "holds the store's root. With ree (the default), an old copy of the whole disk, the TEE's files included, is not\n"
     "detected. With rpmb, if the device has one, it is; but every commit takes longer, and if that RPMB is lost (another\n"
     "eMMC, a vendor's reset), only a backup of the objects helps. Unless a cipher is named, the faster one is measured and\n"
     "used: AES by the TEE, with the board's crypto engine, or ChaCha20 in the trusted application.",
     "  festore --storage store init\n"
     "  festore --store /data/secrets init --anchor rpmb\n",
     make_init},
    {"verify", "[--clean | NAME...]", "read everything back, and name what is damaged",
     "Reads the named objects, or everything, back through the TEE, contents and index, and names what is damaged, with\n"
     "exit code 6. It continues after damage, and holds no content in memory. Files of a store to which no object refers,\n"
     "which a crash may leave, are counted; they are not damage, and --clean removes them. In the storages ree and rpmb the\n"
     "TEE deletes a damaged object when it reads it.",
     "  festore verify\n"
     "  festore verify firmware keys/device\n"
     "  festore verify --clean\n"
     "  festore verify --json | jq -r '.damaged[].name'\n",
     make_verify},
    {"repair", "", "make a store usable again after the TEE has lost its record",
     "Makes your store anew from its directory if the TEE's record of it is lost or damaged, which a power cut can do to\n"
     "OP-TEE's storage. It takes the newest state whose whole index verifies. This gives up freshness: whether that is the\n"
     "store's last state, or an older one that was put back, can no longer be known. Every command warns of this, and 'status'\n"
     "and 'verify' end with exit code 6, until 'repair --acknowledge' accepts it. The command asks for confirmation; --yes\n"
     "confirms beforehand, and is needed without a terminal. A store whose record is intact is not changed, and a destroyed\n"
     "store stays destroyed (exit code 4). With the anchor rpmb, a lost RPMB takes the key of the recovery copies with it:\n"
     "then only a backup of the objects helps (exit code 6).\n"
     "With --drop-damaged, a store whose record is intact is made anew without its damaged parts: pages of the index, and\n"
     "objects whose content is damaged. It lists the lost names, and gives up nothing else. Lost names cannot be read, stored\n"
     "or removed (exit code 6) until 'repair --acknowledge NAME' gives up the range of names around NAME. If the store ever\n"
     "had an object that is kept for good (put --write-once), they cannot be stored afterwards either. The old pages and\n"
     "contents stay until then: 'repair --undo' reads them again after the damaged files were put back. While they are still\n"
     "damaged, it changes nothing. If more than one of a hundred objects is lost, or the root of the index, --most is needed\n"
     "as well.",
     "  festore repair\n"
     "  festore verify\n"
     "  festore repair --acknowledge\n"
     "  festore repair --drop-damaged\n"
     "  festore repair --undo\n",
     make_repair},
    {"rebuild", "", "make a store's index anew, under new keys and without free pages",
     "Writes the index of your store anew, under new keys, into a page file without free pages. The objects stay as they are,\n"
     "and so does what is known of the store's freshness. The new page file needs space beside the old one. An interrupted\n"
     "rebuild leaves the store as it was, or rebuilt. A damaged index is refused (exit code 6): see 'repair --drop-damaged'.\n"
     "With --anchor rpmb, the record of a store under ree moves to the RPMB; there is no way back. Stores only (--storage\n"
     "store).",
     "  festore rebuild\n"
     "  festore rebuild --anchor rpmb\n",
     make_rebuild},
    {"destroy", "", "destroy a store and everything in it",
     "Drops the TEE's record of your store, then removes the store's files. A copy of the directory brings nothing back:\n"
     "'repair' refuses it (exit code 4), and with the anchor rpmb nobody can open it. With the anchor ree this holds as long\n"
     "as the TEE's own storage is neither lost nor put back to an earlier state. The disk is not erased. The directory and any\n"
     "other files in it stay. It asks for confirmation; --yes confirms beforehand, and is needed without a terminal. If it is\n"
     "interrupted, it leaves the whole store, or a remainder; run it again to remove that. With --lost, the store's directory\n"
     "is lost, and only the record is dropped. With --owner, root drops the record of another owner's store; its directory\n"
     "stays. Stores only (--storage store).",
     "  festore destroy\n"
     "  festore --store /data/secrets destroy --yes\n"
     "  festore destroy --lost\n"
     "  sudo festore destroy --owner uid:1001\n",
     make_destroy},
    {"rpmb", "[--none [--without-asking] | --ask]", "show or set whether the TEE asks this device's RPMB",
     "When a store with the anchor ree is made or opened, the TEE asks the RPMB whether it has the record of another store of\n"
     "the same owner, which would be the right one. On boards whose OP-TEE has RPMB built in but which have no such device,\n"
     "asking ends the trusted application. There root sets --none, and the RPMB is not asked any more. --none is refused if an\n"
     "RPMB answers (exit code 4). If asking ends the trusted application, root uses --none --without-asking, provided that it\n"
     "is certain that there is no RPMB: exchanging a store's directory for one with the anchor ree is then not detected. --ask\n"
     "takes --none back.",
     "  festore rpmb\n"
     "  sudo festore rpmb --none\n"
     "  sudo festore rpmb --ask\n",
     make_rpmb},
    {"allow", "[USER|@GROUP... | --everybody | --total | --all]", "show or set who may store how much on this device",
     "Root lists who may store: users, and groups as @GROUP. From the first name on, nobody else may. Limits can be set for\n"
     "the bytes and objects in each of the TEE's own storages (ree, rpmb), and for stores. --public names the public objects.\n"
     "--everybody lets users store who are not named, with these limits. --total limits all users but root together; the rest\n"
     "is root's. --remove takes names, or --everybody, off the list; that lets nobody else store. --all removes the list:\n"
     "everybody may store. A user who may not store can make no store and put no new or larger object into ree or rpmb\n"
     "(exit code 5; 8 above a limit). Existing objects are still served and can be removed, and stores are changed as before.\n"
     "An object counts with its name and 64 bytes. Root has no limits. Without arguments the list is shown; users other than\n"
     "root see what they may store.",
     "  sudo festore allow alice @backup --stores 1 --bytes 65536\n"
     "  sudo festore allow --total --storage rpmb --bytes 1000000\n"
     "  sudo festore allow --everybody --objects 20\n"
     "  sudo festore allow --remove alice\n"
     "  sudo festore allow --all\n",
     make_allow},
    {"status", "", "show the TEE, the trusted application, your identity and your store",
     "Shows which TEE serves you, the version of its trusted application, the identity to which your objects belong, the\n"
     "available storages, their known weaknesses, and your store.",
     "  festore status\n"
     "  festore --group staff status\n"
     "  festore status --json | jq .storage.rpmb.available\n",
     make_status},
    {"doctor", "", "find what weakens this device",
     "Checks the TEE, the kernel, tee-supplicant, device nodes, file systems and the trusted application's signature. Says\n"
     "what weakens the protection of stored objects, why, and what helps. Changes nothing. Some checks need root. Exit code 10\n"
     "if it finds something serious. With --root it checks a mounted card, without a TEE.",
     "  sudo festore doctor\n"
     "  sudo festore doctor --root /mnt\n"
     "  festore doctor --json | jq -r '.findings[] | select(.severity == \"serious\") | .id'\n",
     make_doctor},
    {"inspect", "DIR", "read a store, or OP-TEE's storage directory, without the TEE",
     "Reads a store's directory, or the folder in which tee-supplicant keeps OP-TEE's trusted storage (REE-FS), or a copy of\n"
     "either. Shows files, versions, sizes, and what was left behind. With the device's hardware unique key it verifies\n"
     "everything and shows owners, names and contents. Changes nothing. The exit code is 6 for damage, and 5 for a key that\n"
     "does not fit. The key is read from a file or from standard input, never from the command line.",
     "  festore inspect /var/lib/tee\n"
     "  festore inspect /mnt/var/lib/tee --huk-file huk.hex --extract recovered\n"
     "  festore inspect store --huk-file huk.hex --tee-storage tee --json | jq '.objects[].name'\n"
     "  festore inspect tee --json | jq '.files[] | select(.findings != [])'\n",
     make_inspect},
};

}  // namespace

std::span<const VerbEntry> verbs() { return kVerbs; }

}  // namespace festore::cli
