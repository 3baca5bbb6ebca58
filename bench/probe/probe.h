/* SPDX-License-Identifier: BSD-2-Clause
 * The interface between the probe and the measuring program. The probe is a trusted application that does what festore is
 * compared with: OP-TEE's trusted storage, used as in OP-TEE's own example, and the bare steps that festore is made of.
 * It protects nothing, is for measuring only, and is never installed.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

/* cadf0eef-08f2-47b6-8482-0d50849fbc9d */
#define PROBE_UUID { 0xcadf0eef, 0x08f2, 0x47b6, { 0x84, 0x82, 0x0d, 0x50, 0x84, 0x9f, 0xbc, 0x9d } }

/* The stock way holds a whole content in TA memory, as OP-TEE's example does. */
#define PROBE_CONTENT_BYTES_MAX (1024 * 1024)
#define PROBE_ID_BYTES_MAX 64
#define PROBE_SEGMENT_BYTES_MAX (32 * 1024) /* limits::kSegmentBytesServed */
#define PROBE_TAG_BYTES 16
#define PROBE_RECORD_BYTES 256
#define PROBE_HELD_BYTES 4096

enum probe_command {
    PROBE_EMPTY = 0,  /* no parameters */
    PROBE_PUT = 1,    /* memref in: id; memref in: content; value in: a, enum probe_put */
    PROBE_GET = 2,    /* memref in: id; memref out: content */
    PROBE_REMOVE = 3, /* memref in: id. Succeeds if it does not exist */
    PROBE_HOLD = 4,   /* memref in: id. Makes an object of PROBE_HELD_BYTES that stays open until the session ends */
    PROBE_WRITE = 5,  /* value in: a, a byte. Writes PROBE_RECORD_BYTES of it over the beginning of the held object */
    PROBE_SEAL = 6,   /* memref in: content; memref out: segments and tags; value in: a, enum probe_cipher, b, segment size */
    PROBE_OPEN = 7    /* memref in: segments and tags; memref out: content; value in: the same */
};

enum probe_put {
    PROBE_PUT_WHOLE = 0,        /* created with its content in one call */
    PROBE_PUT_CREATE_WRITE = 1  /* created empty, then written, as OP-TEE's example does it */
};

/* The numbers of engine::Cipher. */
enum probe_cipher {
    PROBE_AES_256_GCM = 1,
    PROBE_CHACHA20_POLY1305 = 2 /* TEE_ERROR_NOT_SUPPORTED if the kit's mbedTLS does not have it */
};

#endif
