/* SPDX-License-Identifier: BSD-2-Clause
 * libfestore, C: named objects in the secure world of this device. See client.hpp for names, owners and durability.
 *
 * Every function that can fail returns 0 or one of FESTORE_E*, the same numbers as the exit codes of the command, and
 * leaves its outputs untouched if it fails. festore_error() then has one line for a person.
 * Only one thread at a time may use a client, and only in the process, and as the effective user and group, that connected it:
 * a forked child, or another user, gets FESTORE_ENOTPERMITTED. It may close the client that it inherited, and must connect its own.
 */
#ifndef FESTORE_H
#define FESTORE_H
#include "festore/export.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum festore_result {
    FESTORE_OK = 0,
    FESTORE_EFAILURE = 1,
    FESTORE_EUSAGE = 2,
    FESTORE_ENOTFOUND = 3,
    FESTORE_ECONFLICT = 4,
    FESTORE_ENOTPERMITTED = 5,
    FESTORE_EDAMAGED = 6,
    FESTORE_ENOTEE = 7,
    FESTORE_ENOSPACE = 8,
    FESTORE_EBUSY = 9
};

enum festore_tee { FESTORE_TEE_AUTO = 0, FESTORE_TEE_OPTEE = 1, FESTORE_TEE_SIM = 2 };
enum festore_owner { FESTORE_OWNER_USER = 0, FESTORE_OWNER_GROUP = 1, FESTORE_OWNER_PUBLIC = 2 };
enum festore_storage { FESTORE_STORAGE_REE = 1, FESTORE_STORAGE_RPMB = 2, FESTORE_STORAGE_STORE = 3 };
enum festore_anchor { FESTORE_ANCHOR_REE = 1, FESTORE_ANCHOR_RPMB = 2 };
enum festore_cipher { FESTORE_CIPHER_AUTO = 0, FESTORE_CIPHER_AES_256_GCM = 1, FESTORE_CIPHER_CHACHA20_POLY1305 = 2 };
enum festore_put_flags { FESTORE_IF_ABSENT = 1, FESTORE_WRITE_ONCE = 4, FESTORE_REMOVABLE = 8 };

/* FESTORE_WRITE_ONCE: the object can never be replaced; in a store it cannot be removed or renamed either, as long as the store lives,
 * unless FESTORE_REMOVABLE is given too. */

/* Zero-initialise, then set what differs: zeroes mean the caller's own objects in its default store. */
struct festore_options {
    int tee;                 /* enum festore_tee */
    int owner;               /* enum festore_owner */
    uint32_t gid;            /* for FESTORE_OWNER_GROUP */
    int storage;             /* enum festore_storage; 0 = FESTORE_STORAGE_STORE */
    unsigned timeout_seconds; /* of one call into the TEE; 0 = 60 */
    const char* store_directory; /* for FESTORE_STORAGE_STORE; NULL = the owner's default */
    unsigned wait_seconds;   /* for a store that others use; 0 = 30 */
};

struct festore_info {
    uint64_t size;
    uint64_t version; /* in a store no version number is used twice */
    int64_t created;
    int64_t modified;
    int write_once; /* 1: cannot be replaced; 2: cannot be removed or renamed either */
    int legacy;
};

typedef struct festore_client festore_client;

/* options may be NULL. On failure *client is NULL and festore_connect_error() says why, for this thread. */
FESTORE_API int festore_connect(const struct festore_options* options, festore_client** client);
/* The same for the owner's store of that name, with FESTORE_STORAGE_STORE: 1 to 63 of the characters A-Z a-z 0-9 . _ -; "default" means
 * the store without a name. NULL: as festore_connect(). */
FESTORE_API int festore_connect_named(const struct festore_options* options, const char* store_name, festore_client** client);
FESTORE_API const char* festore_connect_error(void);
FESTORE_API void festore_close(festore_client* client); /* NULL is fine */

/* The last failure of this client, valid until its next call; "" if there was none. */
FESTORE_API const char* festore_error(const festore_client* client);
/* The reason of the last FESTORE_ECONFLICT, and of one kind of FESTORE_EDAMAGED; FESTORE_REASON_NONE for everything else. */
enum festore_reason {
    FESTORE_REASON_NONE = 0,
    FESTORE_REASON_EXISTS = 1,          /* an object of that name exists (ree, rpmb: or another program is using it) */
    FESTORE_REASON_OTHER_VERSION = 2,
    FESTORE_REASON_WRITE_ONCE = 3,
    FESTORE_REASON_STORE_EXISTS = 4,    /* in the directory, or as the TEE's record */
    FESTORE_REASON_RECORD_INTACT = 5,   /* nothing to repair */
    FESTORE_REASON_STORE_DESTROYED = 6, /* destroyed, not lost: it cannot be repaired */
    FESTORE_REASON_NOT_LOST = 7,        /* destroy with lost_directory, but the directory exists, or may exist */
    FESTORE_REASON_NOT_ACKNOWLEDGED = 8,
    FESTORE_REASON_NOTHING_TO_ACKNOWLEDGE = 9,
    FESTORE_REASON_IN_USE = 10,         /* by a transaction, writer or reader of the same client */
    FESTORE_REASON_MUCH_LOST = 11,      /* more than 1 % of the objects, or the root of the index, would be dropped */
    FESTORE_REASON_NOTHING_DAMAGED = 12,  /* nothing to drop */
    FESTORE_REASON_NOTHING_TO_UNDO = 13,  /* nothing that was dropped can be read again */
    FESTORE_REASON_RPMB_ANSWERS = 16,   /* there is an RPMB, so it cannot be declared absent */
    FESTORE_REASON_STORE_IN_RPMB = 17   /* of FESTORE_EDAMAGED: this owner has a store under rpmb, but the directory is of one under ree */
};
FESTORE_API int festore_error_reason(const festore_client* client);

FESTORE_API int festore_put(festore_client* client, const char* name, const void* content, size_t size, unsigned flags);
/* *content is allocated; the caller frees it with festore_free(), which wipes it first. */
FESTORE_API int festore_get(festore_client* client, const char* name, void** content, size_t* size);
FESTORE_API void festore_free(void* content, size_t size);

/* A put in parts, of any length, with bounded memory; see WriteStream in client.hpp. After a failure festore_error() of the client says
 * why. End all writers and readers of a client before you close it. festore_write_finish() stores the object and ends the writer,
 * whatever it returns (info may be NULL); festore_write_cancel() ends the writer and leaves nothing (NULL is fine). */
typedef struct festore_writer festore_writer;
FESTORE_API int festore_write_open(festore_client* client, const char* name, unsigned flags, festore_writer** writer);
FESTORE_API int festore_write(festore_writer* writer, const void* part, size_t size);
FESTORE_API int festore_write_finish(festore_writer* writer, struct festore_info* info);
FESTORE_API void festore_write_cancel(festore_writer* writer);

/* A get in parts; see ReadStream in client.hpp. festore_read() gives `size` bytes, or as many as there are before the end; at the end
 * *got is 0. info may be NULL. */
typedef struct festore_reader festore_reader;
FESTORE_API int festore_read_open(festore_client* client, const char* name, festore_reader** reader, struct festore_info* info);
FESTORE_API int festore_read(festore_reader* reader, void* out, size_t size, size_t* got);
FESTORE_API void festore_read_seek(festore_reader* reader, uint64_t offset); /* an offset beyond the end means the end */
FESTORE_API void festore_read_close(festore_reader* reader);                 /* NULL is fine */

FESTORE_API int festore_stat(festore_client* client, const char* name, struct festore_info* info); /* info may be NULL */
FESTORE_API int festore_remove(festore_client* client, const char* name);

/* Renames the object; FESTORE_STORAGE_STORE only. An existing new_name is replaced, or, with replace = 0, the call fails with
 * FESTORE_ECONFLICT. */
FESTORE_API int festore_rename(festore_client* client, const char* old_name, const char* new_name, int replace);

/* Calls `each` for every object whose name begins with prefix (NULL: all), sorted by name. A non-zero return ends the
 * listing and is festore_list()'s result. FESTORE_EDAMAGED after the last object: other objects cannot be listed, and
 * festore_error() says which. */
typedef int (*festore_each)(void* context, const char* name, const struct festore_info* info);
FESTORE_API int festore_list(festore_client* client, const char* prefix, festore_each each, void* context);

/* Makes an empty store; without this the first put makes one. anchor: enum festore_anchor, 0 = FESTORE_ANCHOR_REE; cipher: enum
 * festore_cipher. An explicit FESTORE_ANCHOR_REE makes the store even if the RPMB is built in and does not answer whether it has a record
 * of a store. FESTORE_ECONFLICT: a store exists. This and what follows are for FESTORE_STORAGE_STORE only, except festore_verify() and
 * what concerns the whole device: festore_has_no_rpmb() to festore_allow_list(). */
FESTORE_API int festore_init(festore_client* client, int anchor, int cipher);

struct festore_store_info {
    char store_id[33]; /* hexadecimal digits */
    int anchor;        /* enum festore_anchor */
    int cipher;        /* enum festore_cipher, not FESTORE_CIPHER_AUTO */
    uint64_t generation; /* number of the last commit */
    uint64_t objects;
    uint64_t content_bytes;
    int freshness_lost; /* a repair gave up freshness, and nobody has acknowledged it */
    uint32_t freshness_lost_count;
    uint64_t freshness_lost_generation;
    int64_t created;
};
FESTORE_API int festore_store_status(festore_client* client, struct festore_store_info* info); /* FESTORE_ENOTFOUND */

/* Calls `each` for every store of the client's owner that the TEE has a record of: its name, or NULL if the TEE no longer knows it;
 * its anchor (enum festore_anchor); and where its directory was when it was made, repaired or rebuilt, or NULL. */
typedef void (*festore_store)(void* context, const char* name, int anchor, const char* directory);
FESTORE_API int festore_own_stores(festore_client* client, festore_store each, void* context);

/* Changes that become visible together, or not at all: see Transaction in client.hpp. A client has one transaction at a time, which keeps
 * other programs from changing the store; end it before you close the client. festore_commit() ends it, whatever it returns;
 * festore_rollback() ends it without any change (NULL is fine). Finish its writers first. */
typedef struct festore_transaction festore_transaction;
FESTORE_API int festore_begin(festore_client* client, festore_transaction** transaction);
FESTORE_API int festore_transaction_put(festore_transaction* transaction, const char* name, const void* content, size_t size,
                                        unsigned flags);
FESTORE_API int festore_transaction_write_open(festore_transaction* transaction, const char* name, unsigned flags,
                                               festore_writer** writer);
FESTORE_API int festore_transaction_remove(festore_transaction* transaction, const char* name);
FESTORE_API int festore_transaction_rename(festore_transaction* transaction, const char* old_name, const char* new_name, int replace);
FESTORE_API int festore_commit(festore_transaction* transaction);
FESTORE_API void festore_rollback(festore_transaction* transaction);

/* Reads these objects back through the TEE, or everything if count is 0. Calls `each` for each damage: name is NULL if the damage is not
 * of one object, message is one line for a person. FESTORE_EDAMAGED: something is damaged. FESTORE_ENOTFOUND: nothing is damaged, but no
 * object has one of the names. report may be NULL; it is filled also with FESTORE_EDAMAGED. */
struct festore_verify_report {
    uint64_t objects;       /* intact ones */
    uint64_t content_bytes; /* of the intact objects */
    uint64_t damaged;
    uint64_t absent;        /* given names that no object has */
    int orphaned_known; /* whether the next two were counted: files of a store that no object refers to */
    uint64_t orphaned_files;
    uint64_t orphaned_bytes;
};
typedef void (*festore_damage)(void* context, const char* name, const char* message);
FESTORE_API int festore_verify(festore_client* client, const char* const* names, size_t count, festore_damage each,
                               void* context, struct festore_verify_report* report);

/* Destroys the store: first the TEE's record, then its files. No copy of the files brings the store back, not even with festore_repair();
 * with the anchor ree that holds only as long as the TEE's own storage is not lost, or put back to an earlier state. lost_directory != 0:
 * the directory is lost, and only the record is dropped. There is no confirmation. */
FESTORE_API int festore_destroy(festore_client* client, int lost_directory);

/* Root's declaration that this device has no RPMB: stores with the anchor ree are then opened and made without asking the RPMB for a
 * record of their owner. *none: whether it is declared. none != 0: declares it; 0: revokes it. FESTORE_ENOTPERMITTED: not root.
 * FESTORE_ECONFLICT: the RPMB answers, and without_asking is 0 (on some boards asking ends the trusted application). */
FESTORE_API int festore_has_no_rpmb(festore_client* client, int* none);
FESTORE_API int festore_set_no_rpmb(festore_client* client, int none, int without_asking);

/* Root's list of who may store, for the whole device; see allow() and what follows it in client.hpp. A limit is FESTORE_NO_LIMIT or a
 * number; festore_allow_in_all() ignores `stores`, and its storage is FESTORE_STORAGE_REE or FESTORE_STORAGE_RPMB.
 * festore_allow_others() with limits NULL: those that are not named may store nothing new. FESTORE_ENOTPERMITTED: not root. */
#define FESTORE_NO_LIMIT UINT64_MAX
enum festore_allow_kind { FESTORE_ALLOW_USER = 1, FESTORE_ALLOW_GROUP = 2, FESTORE_ALLOW_PUBLIC = 3 };
struct festore_allow_name {
    int kind;    /* enum festore_allow_kind */
    uint32_t id; /* uid or gid; 0 with FESTORE_ALLOW_PUBLIC */
};
struct festore_allow_limits {
    uint64_t bytes;
    uint64_t objects;
    uint64_t stores;
};
FESTORE_API int festore_allow(festore_client* client, const struct festore_allow_name* names, size_t count,
                              const struct festore_allow_limits* limits);
FESTORE_API int festore_disallow(festore_client* client, const struct festore_allow_name* names, size_t count);
FESTORE_API int festore_allow_others(festore_client* client, const struct festore_allow_limits* limits);
FESTORE_API int festore_allow_in_all(festore_client* client, int storage, const struct festore_allow_limits* limits);
FESTORE_API int festore_allow_all(festore_client* client);
/* What the list says of the caller. *may: whether it may store anything new; limits: its own. Both may be NULL. */
FESTORE_API int festore_allowed(festore_client* client, int* may, struct festore_allow_limits* limits);
/* For root: calls `each` for every entry. identity: the UUID by which the TEE knows the user or group, "" for FESTORE_ALLOW_PUBLIC. */
typedef void (*festore_allow_entry)(int kind, const char* identity, const struct festore_allow_limits* limits, void* context);
FESTORE_API int festore_allow_list(festore_client* client, festore_allow_entry each, void* context);

/* Recreates the store from its directory if the TEE has lost its record. This gives up freshness; festore_acknowledge() acknowledges that.
 * FESTORE_ECONFLICT: the record is intact, or the store was destroyed. FESTORE_EDAMAGED also if an RPMB was lost, and with it the secret
 * that the recovery copies are sealed with. */
FESTORE_API int festore_repair(festore_client* client);
FESTORE_API int festore_acknowledge(festore_client* client);

/* Rewrites the index of an intact store, under new keys; see rebuild(), drop_damaged(), undo_drop() and acknowledge_lost() in client.hpp.
 * festore_drop_damaged() with most != 0: drop even if more than 1 % of the objects are lost, or the root of the index is. `each` is called
 * for each lost range of names of the store, and may be NULL; from or before is NULL if the range has no such end. */
/* anchor: 0: the record stays where it is; FESTORE_ANCHOR_RPMB: a record under ree moves to the RPMB. */
FESTORE_API int festore_rebuild(festore_client* client, int anchor);
/* cipher: enum festore_cipher: the store's cipher from now on, for index and contents; FESTORE_CIPHER_AUTO: unchanged. After an
 * interruption or an error the store is whole, and the same call again continues. FESTORE_EDAMAGED: some contents are damaged; all others
 * have the new cipher. festore_has_other_cipher(): whether some contents may still have the old cipher. */
FESTORE_API int festore_rebuild_cipher(festore_client* client, int cipher);
FESTORE_API int festore_has_other_cipher(festore_client* client, int* other);
typedef void (*festore_lost)(void* context, const char* from, const char* before, int acknowledged);
FESTORE_API int festore_drop_damaged(festore_client* client, int most, festore_lost each, void* context);
FESTORE_API int festore_lost_ranges(festore_client* client, festore_lost each, void* context);
FESTORE_API int festore_undo_drop(festore_client* client);
FESTORE_API int festore_acknowledge_lost(festore_client* client, const char* name);

FESTORE_API const char* festore_version(void);

#ifdef __cplusplus
}
#endif
#endif
