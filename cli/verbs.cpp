// SPDX-License-Identifier: BSD-2-Clause
// The table of verbs, with the texts of their help.
#include "cli/verbs.h"

namespace festore::cli {
namespace {

constexpr VerbEntry kVerbs[] = {
    {"put", "NAME [FILE|-]", "store a file, or standard input, under a name",
     "Stores the content of FILE, or of standard input, under NAME. An object of that name is replaced, atomically:\n"
     "at every moment, and after every crash, there is the old content or the new one. When the command has ended\n"
     "with exit code 0, the new one is stored for good. Of any length in a store; in ree and rpmb up to 512 KiB.",
     "  festore put wifi.conf /etc/wpa_supplicant.conf\n"
     "  openssl genpkey -algorithm ed25519 | festore put --if-absent keys/device\n"
     "  festore put --if-version 3 settings settings.json\n",
     make_put},
    {"get", "NAME [FILE|-]", "read an object into a file, or to standard output",
     "Reads the object NAME into FILE, or to standard output. FILE appears, or is replaced, readable by its\n"
     "owner only (0600), when all of it was verified; else it is as it was, or absent as it was. Another user's pipe,\n"
     "device or link is refused. Standard\n"
     "output gets verified parts only; of more than 1 MiB, a later part can still turn out damaged (exit code 6).",
     "  festore get wifi.conf\n"
     "  festore get keys/device /run/device.pem\n"
     "  festore get --offset 512 --length 16 firmware | xxd\n",
     make_get},
    {"ls", "[PREFIX]", "list the names of objects",
     "Lists your objects whose names begin with PREFIX, or all of them, sorted, a name on each line. With -l the columns\n"
     "are: flags (w: write-once, d: stored by the first demo), size in bytes, version, time of the last change (UTC), name.\n"
     "A name that would command a terminal is shown with \\x and two hex digits for each byte in question; --json has the\n"
     "exact bytes. Objects that are found damaged end in exit code 6. With --owner root lists another user's or group's\n"
     "objects in the TEE's own storage (--storage ree or rpmb), before their owner is deleted, say.",
     "  festore ls\n"
     "  festore ls -l keys/\n"
     "  festore ls --json | jq -r '.objects[].name'\n",
     make_ls},
    {"stat", "NAME", "show an object's size, version and times",
     "Shows what is known of the object NAME besides its content. The version counts the changes of the content; give\n"
     "it to 'put --if-version' to change only what you have seen.",
     "  festore stat wifi.conf\n"
     "  festore stat --json wifi.conf | jq .version\n",
     make_stat},
    {"rm", "NAME...", "remove objects",
     "Removes the objects of these names. When one cannot be removed, the others still are; the exit code is that of the\n"
     "first failure. Removed means: not served any more. It does not promise that no copy is left on the disk. With --owner\n"
     "root removes another's objects from the TEE's own storage (--storage ree or rpmb).",
     "  festore rm wifi.conf\n"
     "  festore rm --force keys/old keys/older\n",
     make_rm},
    {"mv", "OLD NEW", "rename an object of a store",
     "Gives the object OLD the name NEW, atomically. An object that has the name NEW already is kept, and the exit code\n"
     "is 4, unless --replace is given. Stores only (--storage store).",
     "  festore --storage store mv wifi.conf wifi.conf.old\n"
     "  festore --storage store mv --replace settings.new settings\n",
     make_mv},
    {"batch", "[FILE|-]", "change a store by many commands at once, all or nothing",
     "Reads commands, one on each line, from FILE or standard input: put NAME FILE, put --text NAME VALUE, put --base64\n"
     "NAME DATA, rm NAME, mv OLD NEW. Words may be in double quotes; docs/batch.md has the format. All of them become\n"
     "visible together, by one commit, or none is done: when a line is wrong or fails, the message names it. Stores\n"
     "only (--storage store).",
     "  festore --storage store batch provisioning.batch\n"
     "  printf 'put --text mode on\\nrm old\\n' | festore --storage store batch\n",
     make_batch},
    {"init", "", "make an empty store",
     "Makes a store in an absent or empty directory; 'put' does it by itself. The anchor is the TEE's storage that holds\n"
     "the store's root: with ree (default) whoever puts back all of the disk, the TEE's files included, is not seen;\n"
     "rpmb, where a device has one, sees that too, and every commit takes longer; when that RPMB is lost (another eMMC, a\n"
     "vendor's reset), only a backup of the objects helps. The cipher is measured, unless named: AES by the TEE, with the\n"
     "board's crypto engine, or ChaCha20 in the trusted application.",
     "  festore --storage store init\n"
     "  festore --store /data/secrets init --anchor rpmb\n",
     make_init},
    {"verify", "[--clean | NAME...]", "read everything back, and name what is damaged",
     "Reads the objects of these names, or everything, back through the TEE, content and index, and names what is damaged,\n"
     "with exit code 6. It goes on past damage, and holds no content in memory. Files of a store to which no object refers,\n"
     "which a crash may leave, are counted; they are no damage, and --clean removes them. Of the storages ree and rpmb know\n"
     "that the TEE deletes a damaged object when it reads it.",
     "  festore verify\n"
     "  festore verify firmware keys/device\n"
     "  festore verify --clean\n"
     "  festore verify --json | jq -r '.damaged[].name'\n",
     make_verify},
    {"repair", "", "bring a store back whose record the TEE has lost",
     "Makes your store anew from what its directory holds, when the TEE's record of it is lost or damaged, as a power cut\n"
     "can do to OP-TEE's storage. The newest state whose index verifies as a whole is taken. What that gives up: nobody can\n"
     "tell any more whether it is the store's last state, or an older one that was put back. So every command warns of it,\n"
     "and 'status' and 'verify' end with exit code 6, until 'repair --acknowledge' takes note. It asks first; --yes says so\n"
     "beforehand, and is needed where there is no terminal. A store whose record is intact is left alone, and one that was\n"
     "destroyed stays destroyed (exit code 4). With the anchor rpmb a lost RPMB takes the key of the recovery copies with\n"
     "it: then only a backup of the objects helps (exit code 6). With --drop-damaged a store whose record is intact is made\n"
     "anew without what is damaged in it: pages of the index, and objects whose content is damaged. It lists the names that\n"
     "are lost, and gives up nothing else. Until 'repair --acknowledge NAME' gives the names around NAME up, none of them\n"
     "can be read, stored or removed (exit code 6); in a store that ever had an object which is kept for good (put\n"
     "--write-once), none of them can be stored afterwards, either. The old pages and contents stay until then: 'repair\n"
     "--undo' reads them again, when what was damaged has been put back. While it is still damaged, that changes nothing.\n"
     "Where more than one of a hundred objects is lost, or the root of the index, --most must be said as well.",
     "  festore repair\n"
     "  festore verify\n"
     "  festore repair --acknowledge\n"
     "  festore repair --drop-damaged\n"
     "  festore repair --undo\n",
     make_repair},
    {"rebuild", "", "make a store's index anew, under new keys and without holes",
     "Writes the index of your store anew into a page file that has no free pages, under new keys. The objects stay as they\n"
     "are, and so does what is known of the store's freshness. It needs room for the new page file beside the old one.\n"
     "Interrupted, it leaves the store as it was, or rebuilt. Of a damaged index it makes nothing (exit code 6): see 'repair\n"
     "--drop-damaged'. With --anchor rpmb the record of a store under ree moves to the RPMB; there is no way back. Stores\n"
     "only (--storage store).",
     "  festore rebuild\n"
     "  festore rebuild --anchor rpmb\n",
     make_rebuild},
    {"destroy", "", "destroy a store and everything in it",
     "Drops the TEE's record of your store, and then removes the store's files. A copy of the directory brings nothing back:\n"
     "'repair' refuses it (exit code 4), and with the anchor rpmb nobody can open it. With the anchor ree the TEE knows that\n"
     "as long as its own storage is neither lost nor put back to an earlier state. It is no erasure of the disk.\n"
     "Whatever else is in its directory stays, and so does the directory. It asks first; --yes says so beforehand, and is\n"
     "needed where there is no terminal. Interrupted, it leaves the whole store, or a rest that it removes when it is run\n"
     "again. With --lost the store's directory is lost, and only the record is dropped. Root drops the record of another's\n"
     "store by --owner; its directory stays. Stores only (--storage store).",
     "  festore destroy\n"
     "  festore --store /data/secrets destroy --yes\n"
     "  festore destroy --lost\n"
     "  sudo festore destroy --owner uid:1001\n",
     make_destroy},
    {"rpmb", "[--none [--without-asking] | --ask]", "say whether this device's RPMB is asked",
     "When a store with the anchor ree is made or opened, the TEE asks the RPMB whether it has the record of another store of\n"
     "the same owner, which would be the right one. On boards whose OP-TEE has RPMB built in and no device behind it that ends\n"
     "the trusted application: there root says --none, and it is asked no more. That is refused where it answers (exit code\n"
     "4). Where asking ends the trusted application root says --none --without-asking, if it is certain that there is none:\n"
     "whoever exchanges a store's directory for one of ree is not seen then. --ask takes it back.",
     "  festore rpmb\n"
     "  sudo festore rpmb --none\n"
     "  sudo festore rpmb --ask\n",
     make_rpmb},
    {"allow", "[USER|@GROUP... | --everybody | --total | --all]", "say who may store how much on this device",
     "Root says who may store: the named users, and groups as @GROUP, and nobody else, from the first name on; with limits of\n"
     "bytes and objects in each of the TEE's own storages (ree, rpmb), and of stores. With --public the objects of everybody\n"
     "are named. --everybody lets those store who are not named, with these limits. --total limits all but root together, so\n"
     "that the rest is root's. --remove takes names, or --everybody, off the list again; the door stays closed. --all opens it.\n"
     "Who may not, makes no store and puts no new or larger object into ree or rpmb (exit code 5; 8 beyond a limit); what is\n"
     "there is served, can be removed, and stores are changed as before. An object counts with its name and 64 bytes. Root is\n"
     "not limited. Without arguments it shows the list; to others than root, what they may.",
     "  sudo festore allow alice @backup --stores 1 --bytes 65536\n"
     "  sudo festore allow --total --storage rpmb --bytes 1000000\n"
     "  sudo festore allow --everybody --objects 20\n"
     "  sudo festore allow --remove alice\n"
     "  sudo festore allow --all\n",
     make_allow},
    {"status", "", "show the TEE, the trusted application and who you are to them",
     "Shows which TEE serves you, the version of its trusted application, the identity to which your objects belong,\n"
     "the storages that there are, what is known to weaken them, and your store.",
     "  festore status\n"
     "  festore --group staff status\n"
     "  festore status --json | jq .storage.rpmb.available\n",
     make_status},
    {"doctor", "", "find what weakens this device",
     "Looks at the TEE, the kernel, tee-supplicant, device nodes, file systems and the trusted application's signature,\n"
     "and says what weakens the protection of what is stored, why, and what helps. Reads only. Some checks need root.\n"
     "Exit code 10 when something serious was found. With --root a mounted card is looked at, and no TEE.",
     "  sudo festore doctor\n"
     "  sudo festore doctor --root /mnt\n"
     "  festore doctor --json | jq -r '.findings[] | select(.severity == \"serious\") | .id'\n",
     make_doctor},
    {"inspect", "DIR", "read a store, or OP-TEE's storage directory, without the TEE",
     "Looks at a store's directory, or at the folder in which tee-supplicant keeps OP-TEE's trusted storage (REE-FS),\n"
     "wherever it was copied from: files, versions, sizes, what was left behind. With the device's hardware unique key\n"
     "everything is verified, and owners, names and contents are shown. Changes nothing. Damage ends in exit code 6, a\n"
     "key that does not fit in 5. The key is read from a file or from standard input, never from the command line.",
     "  festore inspect /var/lib/tee\n"
     "  festore inspect /mnt/var/lib/tee --huk-file huk.hex --extract recovered\n"
     "  festore inspect store --huk-file huk.hex --tee-storage tee --json | jq '.objects[].name'\n"
     "  festore inspect tee --json | jq '.files[] | select(.findings != [])'\n",
     make_inspect},
};

}  // namespace

std::span<const VerbEntry> verbs() { return kVerbs; }

}  // namespace festore::cli
