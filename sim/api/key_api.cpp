// SPDX-License-Identifier: BSD-2-Clause
// Transient objects: TEE Internal Core API 1.3, section 5.6. Modelled: AES and HMAC-SHA256 keys, of the sizes that OP-TEE
// accepts.
#include "sim/api/keys.h"

#include <openssl/crypto.h>

using namespace festore::sim;

bool festore::sim::is_key_size(uint32_t type, size_t bits) {
    if (type == TEE_TYPE_AES) return bits == 128 || bits == 192 || bits == 256;
    return type == TEE_TYPE_HMAC_SHA256 && bits % 8 == 0 && bits >= 192 && bits <= 1024;
}

TEE_ObjectHandle festore::sim::known_transient(TEE_ObjectHandle object) {
    if (!current_call().instance->objects.contains(object)) panic(TEE_ERROR_BAD_PARAMETERS, "no handle of an object");
    if (object->persistent) panic(TEE_ERROR_BAD_PARAMETERS, "not a transient object");
    return object;
}

extern "C" {

TEE_Result TEE_AllocateTransientObject(TEE_ObjectType type, uint32_t max_bits, TEE_ObjectHandle* object) {
    required(object) = TEE_HANDLE_NULL;
    if (!is_key_size(type, max_bits)) return TEE_ERROR_NOT_SUPPORTED;
    if (allocation_fails()) return TEE_ERROR_OUT_OF_MEMORY;
    *object = new __TEE_ObjectHandle;
    (*object)->type = type;
    (*object)->max_bits = max_bits;
    current_call().instance->objects.insert(*object);
    return TEE_SUCCESS;
}

void TEE_FreeTransientObject(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return;
    TEE_ResetTransientObject(object);
    current_call().instance->objects.erase(object);
    delete object;
}

void TEE_ResetTransientObject(TEE_ObjectHandle object) {
    if (object == TEE_HANDLE_NULL) return;
    known_transient(object);
    OPENSSL_cleanse(object->secret.data(), object->secret.size());
    object->secret.clear();
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object, const TEE_Attribute* attributes, uint32_t count) {
    if (!known_transient(object)->secret.empty()) panic(TEE_ERROR_BAD_STATE, "populating an object that is not empty");
    if (count != 1 || attributes[0].attributeID != TEE_ATTR_SECRET_VALUE) return TEE_ERROR_BAD_PARAMETERS;
    const auto& ref = attributes[0].content.ref;
    if (ref.buffer == nullptr) panic(TEE_ERROR_ACCESS_DENIED, "a key without an address");
    if (ref.length > object->max_bits / 8 || !is_key_size(object->type, ref.length * 8)) return TEE_ERROR_BAD_PARAMETERS;
    const auto* secret = static_cast<const unsigned char*>(ref.buffer);
    object->secret.assign(secret, secret + ref.length);
    return TEE_SUCCESS;
}

void TEE_InitRefAttribute(TEE_Attribute* attribute, uint32_t id, const void* buffer, size_t length) {
    if ((id & TEE_ATTR_FLAG_VALUE) != 0) panic(TEE_ERROR_BAD_PARAMETERS, "not an attribute by reference");
    required(attribute).attributeID = id;
    attribute->content.ref.buffer = const_cast<void*>(buffer);  // the API only reads through it
    attribute->content.ref.length = length;
}

}  // extern "C"
