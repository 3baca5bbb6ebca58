/* SPDX-License-Identifier: BSD-2-Clause
 * libfestore, C: named objects in the secure world of this device. See client.hpp for names, owners and durability.
 *
 * Results: every function that can fail returns 0 or one of FESTORE_E*, the same numbers as the exit codes of the command, and leaves its
 * outputs untouched if it fails. festore_error() then has one line for a person. A NULL handle, name or required output is FESTORE_EUSAGE.
 *
 * Structs can grow: their first member, struct_size, is the size that the program was compiled with. Begin with the initialiser
 * (FESTORE_OPTIONS_INIT and the like), then set what differs; what is zero means the default. The library reads and writes struct_size
 * bytes, not more. FESTORE_EUSAGE: struct_size is not set, or something is set that this library does not know yet.
 *
 * Threads and processes: only one thread at a time may use a client, and only in the process, and as the effective user and group, that
 * connected it: a forked child, or another user, gets FESTORE_ENOTPERMITTED. It may close the client that it inherited, and must connect
 * its own. Writers, readers and transactions belong to their client: end them before you close it; it tells their errors.
 */
#ifndef FESTORE_H
#define FESTORE_H
#include "festore/export.h"

#include <stddef.h>
#include <stdint.h>

/* A function that returns one of FESTORE_E*, which the caller must look at. */
#define FESTORE_CALL FESTORE_API __attribute__((warn_unused_result)) int

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

typedef struct festore_client festore_client;

/* One line for a person: a repair gave up the store's freshness, or no tee-supplicant runs. The call goes on. */
typedef void (*festore_warning)(void* context, const char* text);

struct festore_options {
    size_t struct_size;
    int tee;                     /* enum festore_tee */
    int owner;                   /* enum festore_owner */
    uint32_t gid;                /* for FESTORE_OWNER_GROUP */
    int storage;                 /* enum festore_storage; 0 = FESTORE_STORAGE_STORE */
    const char* store_directory; /* for FESTORE_STORAGE_STORE; NULL = festore_default_store_directory() */
    const char* store_name;      /* 1 to 63 of the characters A-Z a-z 0-9 . _ -; NULL = the header's, or "default" */
    const char* sim_library;     /* for FESTORE_TEE_SIM: the path of libteec-festore-sim.so */
    unsigned timeout_seconds;    /* of one call into the TEE; 0 = 60 */
    unsigned wait_seconds;       /* for a store that others use; 0 = 30 */
    festore_warning on_warning;  /* NULL = none */
    void* warning_context;
};
#define FESTORE_OPTIONS_INIT {.struct_size = sizeof(struct festore_options)}

/* options may be NULL. After a failure *client is a handle that only tells the error; close it, too. It is NULL if memory is exhausted. */
FESTORE_CALL festore_connect(const struct festore_options* options, festore_client** client);
FESTORE_API void festore_close(festore_client* client); /* NULL is fine */

/* The directory of an owner's store of that name (NULL: "default") unless one is chosen. FESTORE_ENOSPACE: `size` bytes are too few. */
FESTORE_CALL festore_default_store_directory(int owner, uint32_t gid, const char* name, char* directory, size_t size);

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
    FESTORE_REASON_NOT_LOST = 7,        /* destroy with FESTORE_LOST_DIRECTORY, but the directory exists, or may exist */
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
/* TEEC_Result of the last failure, 0 if the TEE was not asked; *origin (may be NULL): its TEEC_ORIGIN_*. */
FESTORE_API uint32_t festore_error_tee_result(const festore_client* client, uint32_t* origin);

enum festore_put_flags {
    FESTORE_IF_ABSENT = 1,     /* FESTORE_ECONFLICT if the name exists */
    FESTORE_IF_VERSION = 2,    /* FESTORE_ECONFLICT unless the object has the version if_version */
    FESTORE_WRITE_ONCE = 4,    /* the object can never be replaced; in a store neither removed nor renamed, as long as the store lives */
    FESTORE_REMOVABLE = 8,     /* with FESTORE_WRITE_ONCE: it can be removed and renamed */
    FESTORE_MODIFIED = 16,     /* `modified` is the time of the change; otherwise, now */
    FESTORE_CONTENT_SIZE = 32  /* content_size is what a writer will write: FESTORE_ENOSPACE at once if the disk cannot hold it */
};
struct festore_put_options {
    size_t struct_size;
    unsigned flags;        /* enum festore_put_flags */
    uint64_t if_version;
    int64_t modified;      /* in seconds since 1970 */
    uint64_t content_size;
};
#define FESTORE_PUT_OPTIONS_INIT {.struct_size = sizeof(struct festore_put_options)}

struct festore_info {
    size_t struct_size;
    uint64_t size;
    uint64_t version; /* in a store no version number is used twice */
    int64_t created;
    int64_t modified;
    int write_once;   /* 1: cannot be replaced; 2: cannot be removed or renamed either */
    int legacy;       /* stored by the first demo */
};
#define FESTORE_INFO_INIT {.struct_size = sizeof(struct festore_info)}

/* Stores the content. options and info may be NULL; info tells the new version. */
FESTORE_CALL festore_put(festore_client* client, const char* name, const void* content, size_t size,
                         const struct festore_put_options* options, struct festore_info* info);
/* *content is allocated; free it with festore_free(), which wipes it first. */
FESTORE_CALL festore_get(festore_client* client, const char* name, void** content, size_t* size);
FESTORE_API void festore_free(void* content, size_t size);
FESTORE_CALL festore_stat(festore_client* client, const char* name, struct festore_info* info); /* info may be NULL */
FESTORE_CALL festore_remove(festore_client* client, const char* name);

/* Calls `each` for every object whose name begins with prefix (NULL: all), sorted by name. A non-zero return ends the
 * listing and is festore_list()'s result. FESTORE_EDAMAGED after the last object: other objects cannot be listed, and
 * festore_error() says which. */
typedef int (*festore_each)(void* context, const char* name, const struct festore_info* info);
FESTORE_CALL festore_list(festore_client* client, const char* prefix, festore_each each, void* context);

/* A put in parts, of any length, with bounded memory; see WriteStream in client.hpp. festore_write_finish() stores the object and
 * ends the writer, whatever it returns (info may be NULL); festore_write_cancel() ends the writer and leaves nothing (NULL is fine). */
typedef struct festore_writer festore_writer;
FESTORE_CALL festore_write_open(festore_client* client, const char* name, const struct festore_put_options* options,
                                festore_writer** writer);
FESTORE_CALL festore_write(festore_writer* writer, const void* part, size_t size);
FESTORE_CALL festore_write_finish(festore_writer* writer, struct festore_info* info);
FESTORE_API void festore_write_cancel(festore_writer* writer);

/* A get in parts; see ReadStream in client.hpp. festore_read() gives `size` bytes, or as many as there are before the end; at the end
 * *got is 0. info may be NULL. */
typedef struct festore_reader festore_reader;
FESTORE_CALL festore_read_open(festore_client* client, const char* name, festore_reader** reader, struct festore_info* info);
FESTORE_CALL festore_read(festore_reader* reader, void* out, size_t size, size_t* got);
FESTORE_API void festore_read_seek(festore_reader* reader, uint64_t offset); /* an offset beyond the end means the end */
FESTORE_API void festore_read_close(festore_reader* reader);                 /* NULL is fine */

/* Reads these objects back through the TEE, or everything if count is 0. Calls `each` (may be NULL) for each damage: name is NULL if the
 * damage is not of one object, message is one line for a person. FESTORE_EDAMAGED: something is damaged. FESTORE_ENOTFOUND: nothing is
 * damaged, but no object has one of the names. report may be NULL; it is filled also with these two. */
enum festore_verify_flags { FESTORE_REMOVE_ORPHANED = 1 }; /* removes files of a store that no object refers to; with count 0 */
struct festore_verify_report {
    size_t struct_size;
    uint64_t objects;        /* intact ones */
    uint64_t content_bytes;  /* of the intact objects */
    uint64_t damaged;
    uint64_t absent;         /* given names that no object has */
    int orphaned_known;      /* whether the next two were counted: files of a store that no object refers to */
    uint64_t orphaned_files;
    uint64_t orphaned_bytes;
    uint64_t removed_files;  /* by FESTORE_REMOVE_ORPHANED */
    uint64_t other_cipher;   /* objects sealed with another cipher than the store's */
};
#define FESTORE_VERIFY_REPORT_INIT {.struct_size = sizeof(struct festore_verify_report)}
typedef void (*festore_damage)(void* context, const char* name, const char* message);
FESTORE_CALL festore_verify(festore_client* client, const char* const* names, size_t count, unsigned flags, festore_damage each,
                            void* context, struct festore_verify_report* report);

/* What the TEE tells of itself. */
enum festore_device_key {
    FESTORE_KEY_NOT_COMPARED = 0,   /* it is not known whether the device has a secret of its own */
    FESTORE_KEY_ZERO = 1,           /* its key is all zeroes: anybody who has the disk can decrypt it */
    FESTORE_KEY_PREDICTABLE = 2,    /* its key is another well-known one: anybody who has the disk can decrypt it */
    FESTORE_KEY_NOT_KNOWN_WEAK = 3
};
struct festore_tee_status {
    size_t struct_size;
    int tee;            /* FESTORE_TEE_OPTEE or FESTORE_TEE_SIM */
    int device_key;     /* enum festore_device_key */
    int has_ree;
    int has_rpmb;
    uint32_t rollback_protection_rpmb; /* 1000 if the TEE claims it, which does not prove that it is in force; else 0 */
    uint16_t protocol_major;
    uint16_t protocol_minor;
    uint64_t object_bytes_max; /* of ree and rpmb */
    char ta_version[16];
    char tee_version[16];      /* of OP-TEE, "" if it does not say */
    char identity[48];         /* login and UUID by which the TEE knows the caller */
};
#define FESTORE_TEE_STATUS_INIT {.struct_size = sizeof(struct festore_tee_status)}
FESTORE_CALL festore_status(festore_client* client, struct festore_tee_status* status);

#include "festore/festore_store.h"

FESTORE_API const char* festore_version(void);

#ifdef __cplusplus
}
#endif
#endif
