/* SPDX-License-Identifier: BSD-2-Clause
 * Trusted storage: the stock way, an object per content, opened and closed each time; and one small write to an object that
 * stays open.
 */
#include "commands.h"
#include "probe.h"

#define STORAGE TEE_STORAGE_PRIVATE

struct id {
    uint8_t bytes[PROBE_ID_BYTES_MAX];
    size_t size;
};

static TEE_Result copy_id(struct id *id, const TEE_Param *param) {
    id->size = param->memref.size;
    if (id->size == 0 || id->size > sizeof(id->bytes)) return TEE_ERROR_BAD_PARAMETERS;
    TEE_MemMove(id->bytes, param->memref.buffer, (uint32_t)id->size);
    return TEE_SUCCESS;
}

static TEE_Result create(const struct id *id, const void *content, size_t size, TEE_ObjectHandle *object) {
    const uint32_t flags = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE | TEE_DATA_FLAG_ACCESS_WRITE_META |
                           TEE_DATA_FLAG_OVERWRITE;
    return TEE_CreatePersistentObject(STORAGE, id->bytes, id->size, flags, TEE_HANDLE_NULL, content, size, object);
}

TEE_Result probe_put(TEE_Param params[4]) {
    const size_t size = params[1].memref.size;
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    TEE_Result result;
    struct id id;
    void *content;

    result = copy_id(&id, &params[0]);
    if (result != TEE_SUCCESS) return result;
    if (size > PROBE_CONTENT_BYTES_MAX) return TEE_ERROR_BAD_PARAMETERS;
    content = TEE_Malloc(size, 0);
    if (!content) return TEE_ERROR_OUT_OF_MEMORY;
    TEE_MemMove(content, params[1].memref.buffer, size);
    if (params[2].value.a == PROBE_PUT_WHOLE) {
        result = create(&id, content, size, &object);
    } else {
        result = create(&id, NULL, 0, &object);
        if (result == TEE_SUCCESS) result = TEE_WriteObjectData(object, content, size);
    }
    TEE_CloseObject(object);
    TEE_Free(content);
    return result;
}

TEE_Result probe_get(TEE_Param params[4]) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    TEE_ObjectInfo info;
    TEE_Result result;
    struct id id;
    void *content;

    result = copy_id(&id, &params[0]);
    if (result != TEE_SUCCESS) return result;
    result = TEE_OpenPersistentObject(STORAGE, id.bytes, id.size, TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ, &object);
    if (result != TEE_SUCCESS) return result;
    result = TEE_GetObjectInfo1(object, &info);
    content = result == TEE_SUCCESS ? TEE_Malloc(info.dataSize, 0) : NULL;
    if (content) {
        const size_t room = params[1].memref.size;
        __typeof__(params[1].memref.size) count = 0;

        result = room < info.dataSize ? TEE_ERROR_SHORT_BUFFER : TEE_ReadObjectData(object, content, info.dataSize, &count);
        if (result == TEE_SUCCESS) TEE_MemMove(params[1].memref.buffer, content, count);
        params[1].memref.size = count;
        TEE_Free(content);
    } else if (result == TEE_SUCCESS) {
        result = TEE_ERROR_OUT_OF_MEMORY;
    }
    TEE_CloseObject(object);
    return result;
}

TEE_Result probe_remove(TEE_Param params[4]) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    TEE_Result result;
    struct id id;

    result = copy_id(&id, &params[0]);
    if (result != TEE_SUCCESS) return result;
    result = TEE_OpenPersistentObject(STORAGE, id.bytes, id.size, TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE_META,
                                      &object);
    if (result == TEE_ERROR_ITEM_NOT_FOUND) return TEE_SUCCESS;
    if (result != TEE_SUCCESS) return result;
    return TEE_CloseAndDeletePersistentObject1(object);
}

TEE_Result probe_hold(struct session *session, TEE_Param params[4]) {
    static const uint8_t zeroes[PROBE_HELD_BYTES];
    TEE_Result result;
    struct id id;

    if (session->held != TEE_HANDLE_NULL) return TEE_ERROR_BAD_STATE;
    result = copy_id(&id, &params[0]);
    if (result != TEE_SUCCESS) return result;
    return create(&id, zeroes, sizeof(zeroes), &session->held);
}

TEE_Result probe_write(struct session *session, TEE_Param params[4]) {
    uint8_t record[PROBE_RECORD_BYTES];
    TEE_Result result;

    if (session->held == TEE_HANDLE_NULL) return TEE_ERROR_BAD_STATE;
    TEE_MemFill(record, params[0].value.a, sizeof(record));
    result = TEE_SeekObjectData(session->held, 0, TEE_DATA_SEEK_SET);
    if (result != TEE_SUCCESS) return result;
    return TEE_WriteObjectData(session->held, record, sizeof(record));
}
