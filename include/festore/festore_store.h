/* SPDX-License-Identifier: BSD-2-Clause
 * libfestore, C: stores, and what concerns the whole device. Part of festore.h: include that. The functions for stores need a client with
 * FESTORE_STORAGE_STORE; with another they are FESTORE_EUSAGE.
 */
#ifndef FESTORE_H
#error "include festore/festore.h"
#endif

struct festore_store_info {
    size_t struct_size;
    char store_id[33]; /* hexadecimal digits */
    char name[64];
    int anchor;        /* enum festore_anchor */
    int cipher;        /* enum festore_cipher, not FESTORE_CIPHER_AUTO */
    uint64_t generation; /* number of the last commit */
    uint64_t objects;
    uint64_t content_bytes;
    int freshness_lost; /* a repair gave up freshness, and nobody has acknowledged it */
    uint32_t freshness_lost_count;
    uint64_t freshness_lost_generation;
    int64_t created;
    int has_other_cipher;        /* some contents may still be sealed with another cipher: a rebuild to `cipher` continues with them */
    int made_without_rpmb_answer; /* under ree: the RPMB gave no answer, or was not asked, when the store was made */
};
#define FESTORE_STORE_INFO_INIT {.struct_size = sizeof(struct festore_store_info)}

struct festore_init_options {
    size_t struct_size;
    int anchor; /* enum festore_anchor; 0 = FESTORE_ANCHOR_REE */
    int cipher; /* enum festore_cipher */
    int without_asking_rpmb; /* under ree: even if an RPMB that is built in does not answer whether it has a record of such a store */
};
#define FESTORE_INIT_OPTIONS_INIT {.struct_size = sizeof(struct festore_init_options)}
/* Makes an empty store; without this the first put makes one. options and info may be NULL. FESTORE_ECONFLICT: a store exists. */
FESTORE_CALL festore_init(festore_client* client, const struct festore_init_options* options, struct festore_store_info* info);
FESTORE_CALL festore_store_status(festore_client* client, struct festore_store_info* info); /* FESTORE_ENOTFOUND: there is none */

/* Renames the object. An existing new_name is replaced, or, with replace = 0, the call fails with FESTORE_ECONFLICT. info may be NULL. */
FESTORE_CALL festore_rename(festore_client* client, const char* old_name, const char* new_name, int replace, struct festore_info* info);

/* Calls `each` for every store of the client's owner that the TEE has a record of: its name, or NULL if the TEE no longer knows it;
 * its anchor (enum festore_anchor); and where its directory was when it was made, repaired or rebuilt, or NULL. */
typedef void (*festore_store)(void* context, const char* name, int anchor, const char* directory);
FESTORE_CALL festore_own_stores(festore_client* client, festore_store each, void* context);

/* Changes that become visible together, or not at all: see Transaction in client.hpp. A client has one transaction at a time, which keeps
 * other programs from changing the store. festore_commit() ends it, whatever it returns (generation may be NULL: the store's new one);
 * festore_rollback() ends it without any change (NULL is fine). Finish its writers first. */
typedef struct festore_transaction festore_transaction;
FESTORE_CALL festore_begin(festore_client* client, festore_transaction** transaction);
FESTORE_CALL festore_transaction_put(festore_transaction* transaction, const char* name, const void* content, size_t size,
                                     const struct festore_put_options* options, struct festore_info* info);
FESTORE_CALL festore_transaction_write_open(festore_transaction* transaction, const char* name,
                                            const struct festore_put_options* options, festore_writer** writer);
FESTORE_CALL festore_transaction_remove(festore_transaction* transaction, const char* name);
FESTORE_CALL festore_transaction_rename(festore_transaction* transaction, const char* old_name, const char* new_name, int replace,
                                        struct festore_info* info);
FESTORE_CALL festore_commit(festore_transaction* transaction, uint64_t* generation);
FESTORE_API void festore_rollback(festore_transaction* transaction);

/* Destroys the store: first the TEE's record, then its files. No copy of the files brings the store back, not even with festore_repair();
 * with the anchor ree that holds only as long as the TEE's own storage is not lost, or put back to an earlier state. There is no
 * confirmation. report may be NULL. */
enum festore_destroy_flags { FESTORE_LOST_DIRECTORY = 1 }; /* the directory is lost, and only the record is dropped */
struct festore_destroy_report {
    size_t struct_size;
    int record_dropped;  /* 0: the record was already gone, and only the rest of the directory was removed */
    int may_be_in_rpmb;  /* the RPMB gave no answer, and may still have the store */
    uint64_t files;      /* removed */
    uint64_t left;       /* files and folders that are not the store's */
};
#define FESTORE_DESTROY_REPORT_INIT {.struct_size = sizeof(struct festore_destroy_report)}
FESTORE_CALL festore_destroy(festore_client* client, unsigned flags, struct festore_destroy_report* report);

/* Recreates the store from its directory if the TEE has lost its record. This gives up freshness; festore_acknowledge() acknowledges that.
 * FESTORE_ECONFLICT: the record is intact, or the store was destroyed. FESTORE_EDAMAGED also if an RPMB was lost, and with it the secret
 * that the recovery copies are sealed with. info may be NULL. */
FESTORE_CALL festore_repair(festore_client* client, struct festore_store_info* info);
FESTORE_CALL festore_acknowledge(festore_client* client, struct festore_store_info* info);

/* Rewrites the index of an intact store, under new keys; see rebuild() in client.hpp. After an interruption or an error the store is whole,
 * and the same call again continues. FESTORE_EDAMAGED: some contents are damaged; all others have the new cipher. */
struct festore_rebuild_options {
    size_t struct_size;
    int anchor; /* 0: the record stays where it is; FESTORE_ANCHOR_RPMB: a record under ree moves to the RPMB */
    int cipher; /* enum festore_cipher: the store's from now on, for index and contents; FESTORE_CIPHER_AUTO: unchanged */
};
#define FESTORE_REBUILD_OPTIONS_INIT {.struct_size = sizeof(struct festore_rebuild_options)}
FESTORE_CALL festore_rebuild(festore_client* client, const struct festore_rebuild_options* options, struct festore_store_info* info);

/* Leaves out what is damaged; undoes that; gives names up; see drop_damaged() and the like in client.hpp. `each` is called for each lost
 * range of names of the store, and may be NULL; from or before is NULL if the range has no such end. */
enum festore_drop_flags { FESTORE_DROP_MOST = 1 }; /* even if more than 1 % of the objects are lost, or the root of the index is */
typedef void (*festore_lost)(void* context, const char* from, const char* before, int acknowledged);
FESTORE_CALL festore_drop_damaged(festore_client* client, unsigned flags, festore_lost each, void* context);
FESTORE_CALL festore_lost_ranges(festore_client* client, festore_lost each, void* context);
FESTORE_CALL festore_undo_drop(festore_client* client);
FESTORE_CALL festore_acknowledge_lost(festore_client* client, const char* name);

/* The rest concerns the whole device, whatever the client's storage is. */

/* Root's declaration that this device has no RPMB: stores with the anchor ree are then opened and made without asking the RPMB for a
 * record of their owner. *none: whether it is declared. none != 0: declares it; 0: revokes it. FESTORE_ENOTPERMITTED: not root.
 * FESTORE_ECONFLICT: the RPMB answers, and without_asking is 0 (on some boards asking ends the trusted application). */
FESTORE_CALL festore_has_no_rpmb(festore_client* client, int* none);
FESTORE_CALL festore_set_no_rpmb(festore_client* client, int none, int without_asking);

/* Root's list of who may store; see allow() and what follows it in client.hpp. A limit is FESTORE_NO_LIMIT or a number;
 * festore_allow_in_all() ignores `stores`, and its storage is FESTORE_STORAGE_REE or FESTORE_STORAGE_RPMB. festore_allow_others() with
 * limits NULL: those that are not named may store nothing new. FESTORE_ENOTPERMITTED: not root. */
#define FESTORE_NO_LIMIT UINT64_MAX
enum festore_allow_kind { FESTORE_ALLOW_USER = 1, FESTORE_ALLOW_GROUP = 2, FESTORE_ALLOW_PUBLIC = 3 };
struct festore_allow_name { /* these two structs do not grow */
    int kind;    /* enum festore_allow_kind */
    uint32_t id; /* uid or gid; 0 with FESTORE_ALLOW_PUBLIC */
};
struct festore_allow_limits {
    uint64_t bytes;
    uint64_t objects;
    uint64_t stores;
};
FESTORE_CALL festore_allow(festore_client* client, const struct festore_allow_name* names, size_t count,
                           const struct festore_allow_limits* limits);
FESTORE_CALL festore_disallow(festore_client* client, const struct festore_allow_name* names, size_t count);
FESTORE_CALL festore_allow_others(festore_client* client, const struct festore_allow_limits* limits);
FESTORE_CALL festore_allow_in_all(festore_client* client, int storage, const struct festore_allow_limits* limits);
FESTORE_CALL festore_allow_all(festore_client* client);
/* What the list says of the caller. *may: whether it may store anything new; limits: its own. Both may be NULL. */
FESTORE_CALL festore_allowed(festore_client* client, int* may, struct festore_allow_limits* limits);
/* For root: calls `each` for every entry. identity: the UUID by which the TEE knows the user or group, "" for FESTORE_ALLOW_PUBLIC. */
typedef void (*festore_allow_entry)(void* context, int kind, const char* identity, const struct festore_allow_limits* limits);
FESTORE_CALL festore_allow_list(festore_client* client, festore_allow_entry each, void* context);
