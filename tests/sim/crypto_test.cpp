// SPDX-License-Identifier: BSD-2-Clause
// Cryptographic operations: published results (FIPS 180-4, RFC 4231, NIST SP 800-38A, the GCM submission), and the states
// of operations (TEE Internal Core API 1.3, chapter 6).
#include "base/host/hex.h"
#include "tests/sim/harness.h"

namespace festore::sim {
namespace {

std::string from_hex(std::string_view text) {
    std::string bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16));
    return bytes;
}
std::string to_hex(std::string_view bytes) { return hex(bytes_of(bytes)); }

TEE_ObjectHandle key_object(uint32_t type, std::string_view secret) {
    TEE_ObjectHandle key = TEE_HANDLE_NULL;
    EXPECT_EQ(TEE_AllocateTransientObject(type, static_cast<uint32_t>(secret.size() * 8), &key), TEE_SUCCESS);
    TEE_Attribute attribute{};
    TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, secret.data(), secret.size());
    EXPECT_EQ(TEE_PopulateTransientObject(key, &attribute, 1), TEE_SUCCESS);
    return key;
}

TEE_OperationHandle operation_with_key(uint32_t algorithm, uint32_t mode, std::string_view secret) {
    TEE_OperationHandle operation = TEE_HANDLE_NULL;
    EXPECT_EQ(TEE_AllocateOperation(&operation, algorithm, mode, static_cast<uint32_t>(secret.size() * 8)), TEE_SUCCESS);
    TEE_ObjectHandle key = key_object(algorithm == TEE_ALG_HMAC_SHA256 ? TEE_TYPE_HMAC_SHA256 : TEE_TYPE_AES, secret);
    EXPECT_EQ(TEE_SetOperationKey(operation, key), TEE_SUCCESS);
    TEE_FreeTransientObject(key);
    return operation;
}

class Crypto : public SimTest {
protected:
    void TearDown() override { EXPECT_EQ(tee_->ta_handles_open(kTa), 0U); }
};

std::string digest(uint32_t algorithm, const std::vector<std::string>& parts) {
    TEE_OperationHandle operation = TEE_HANDLE_NULL;
    EXPECT_EQ(TEE_AllocateOperation(&operation, algorithm, TEE_MODE_DIGEST, 0), TEE_SUCCESS);
    for (const std::string& part : parts) TEE_DigestUpdate(operation, part.data(), part.size());
    std::array<char, 32> hash{};
    size_t size = 1;
    EXPECT_EQ(TEE_DigestDoFinal(operation, nullptr, 0, hash.data(), &size), TEE_ERROR_SHORT_BUFFER);
    EXPECT_EQ(TEE_DigestDoFinal(operation, nullptr, 0, hash.data(), &size), TEE_SUCCESS) << "it says what it needs";
    std::array<char, 32> again{};
    std::string whole;
    for (const std::string& part : parts) whole += part;
    EXPECT_EQ(TEE_DigestDoFinal(operation, whole.data(), whole.size(), again.data(), &size), TEE_SUCCESS);
    EXPECT_EQ(hash, again) << "after the final call it starts again";
    TEE_FreeOperation(operation);
    return to_hex({hash.data(), size});
}

TEST_F(Crypto, Digests) {
    EXPECT_EQ(in_ta([] {
        EXPECT_EQ(digest(TEE_ALG_SHA256, {"a", "bc"}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        EXPECT_EQ(digest(TEE_ALG_SHA256, {}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        EXPECT_EQ(digest(TEE_ALG_SHA1, {"abc"}), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }), TEE_SUCCESS);
}

TEST_F(Crypto, Hmac) {  // RFC 4231, test case 4
    EXPECT_EQ(in_ta([] {
        const std::string key = from_hex("0102030405060708090a0b0c0d0e0f10111213141516171819");
        const std::string data(50, '\xcd');
        TEE_OperationHandle o = operation_with_key(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, key);
        const std::string expected = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b";
        for (int round = 0; round < 2; ++round) {
            TEE_MACInit(o, nullptr, 0);
            TEE_MACUpdate(o, data.data(), 20);
            std::array<char, 32> mac{};
            size_t size = 31;
            EXPECT_EQ(TEE_MACComputeFinal(o, data.data() + 20, 30, mac.data(), &size), TEE_ERROR_SHORT_BUFFER);
            EXPECT_EQ(TEE_MACComputeFinal(o, data.data() + 20, 30, mac.data(), &size), TEE_SUCCESS);
            EXPECT_EQ(to_hex({mac.data(), size}), expected);
            TEE_MACInit(o, nullptr, 0);
            EXPECT_EQ(TEE_MACCompareFinal(o, data.data(), data.size(), mac.data(), 32), TEE_SUCCESS);
            TEE_MACInit(o, nullptr, 0);
            EXPECT_EQ(TEE_MACCompareFinal(o, data.data(), data.size(), mac.data(), 31), TEE_ERROR_MAC_INVALID);
            mac[31] = static_cast<char>(mac[31] ^ 1);
            TEE_MACInit(o, nullptr, 0);
            EXPECT_EQ(TEE_MACCompareFinal(o, data.data(), data.size(), mac.data(), 32), TEE_ERROR_MAC_INVALID);
        }
        TEE_FreeOperation(o);
    }), TEE_SUCCESS);
}

TEST_F(Crypto, AesCtr) {  // NIST SP 800-38A, F.5.1, F.5.5
    struct Vector {
        const char* key;
        const char* ciphertext;
    };
    const Vector vectors[] = {
        {"2b7e151628aed2a6abf7158809cf4f3c", "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"},
        {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
         "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"},
    };
    EXPECT_EQ(in_ta([&] {
        const std::string iv = from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        const std::string plain = from_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (const Vector& v : vectors) {
            TEE_OperationHandle o = operation_with_key(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, from_hex(v.key));
            std::string out(32, '\0');
            TEE_CipherInit(o, iv.data(), iv.size());
            size_t size = 5;
            EXPECT_EQ(TEE_CipherUpdate(o, plain.data(), 5, out.data(), &size), TEE_SUCCESS);
            size = 1;
            EXPECT_EQ(TEE_CipherDoFinal(o, plain.data() + 5, 27, out.data() + 5, &size), TEE_ERROR_SHORT_BUFFER);
            EXPECT_EQ(size, 27U);
            EXPECT_EQ(TEE_CipherDoFinal(o, plain.data() + 5, 27, out.data() + 5, &size), TEE_SUCCESS);
            EXPECT_EQ(to_hex(out), v.ciphertext);
            TEE_FreeOperation(o);
        }
    }), TEE_SUCCESS);
}

struct GcmVector {  // McGrew and Viega, test cases 4 and 16
    const char* key;
    const char* ciphertext;
    const char* tag;
};
constexpr GcmVector kGcm[] = {
    {"feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};
const char* const kGcmPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const char* const kGcmAad = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const char* const kGcmNonce = "cafebabefacedbaddecaf888";

void start_gcm(TEE_OperationHandle o) {
    const std::string nonce = from_hex(kGcmNonce);
    const std::string aad = from_hex(kGcmAad);
    EXPECT_EQ(TEE_AEInit(o, nonce.data(), nonce.size(), 128, aad.size(), 60), TEE_SUCCESS);
    TEE_AEUpdateAAD(o, aad.data(), 7);
    TEE_AEUpdateAAD(o, aad.data() + 7, aad.size() - 7);
}

TEST_F(Crypto, AesGcm) {
    EXPECT_EQ(in_ta([] {
        for (const GcmVector& v : kGcm) {
            const std::string plain = from_hex(kGcmPlain);
            TEE_OperationHandle o = operation_with_key(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, from_hex(v.key));
            start_gcm(o);
            std::string out(60, '\0');
            std::string tag(16, '\0');
            size_t size = 60;
            size_t tag_size = 15;
            EXPECT_EQ(TEE_AEUpdate(o, plain.data(), 33, out.data(), &size), TEE_SUCCESS);
            EXPECT_EQ(size, 33U);
            size = 60;
            EXPECT_EQ(TEE_AEEncryptFinal(o, plain.data() + 33, 27, out.data() + 33, &size, tag.data(), &tag_size),
                      TEE_ERROR_SHORT_BUFFER);
            EXPECT_EQ(TEE_AEEncryptFinal(o, plain.data() + 33, 27, out.data() + 33, &size, tag.data(), &tag_size),
                      TEE_SUCCESS);
            EXPECT_EQ(to_hex(out), v.ciphertext);
            EXPECT_EQ(to_hex(tag), v.tag);
            TEE_FreeOperation(o);

            o = operation_with_key(TEE_ALG_AES_GCM, TEE_MODE_DECRYPT, from_hex(v.key));
            start_gcm(o);
            std::string back(60, '\0');
            size = 60;
            EXPECT_EQ(TEE_AEDecryptFinal(o, out.data(), 60, back.data(), &size, tag.data(), 16), TEE_SUCCESS);
            EXPECT_EQ(back, plain);
            for (const size_t flipped : {size_t{0}, size_t{59}}) {
                std::string damaged = out;
                damaged[flipped] = static_cast<char>(damaged[flipped] ^ 1);
                start_gcm(o);
                EXPECT_EQ(TEE_AEDecryptFinal(o, damaged.data(), 60, back.data(), &size, tag.data(), 16),
                          TEE_ERROR_MAC_INVALID);
                TEE_ResetOperation(o);
            }
            start_gcm(o);
            EXPECT_EQ(TEE_AEDecryptFinal(o, out.data(), 60, back.data(), &size, tag.data(), 12), TEE_ERROR_MAC_INVALID)
                << "a tag of another size than announced";
            TEE_FreeOperation(o);
        }
    }), TEE_SUCCESS);
}

TEST_F(Crypto, OnlySomeSizesAreTaken) {
    EXPECT_EQ(in_ta([] {
        TEE_OperationHandle o = TEE_HANDLE_NULL;
        TEE_ObjectHandle k = TEE_HANDLE_NULL;
        EXPECT_EQ(TEE_AllocateOperation(&o, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 100), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateOperation(&o, TEE_ALG_AES_GCM, TEE_MODE_MAC, 128), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateOperation(&o, 0x12345678, TEE_MODE_MAC, 128), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, 184, &k), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, 1032, &k), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateTransientObject(TEE_TYPE_AES, 512, &k), TEE_ERROR_NOT_SUPPORTED);
        EXPECT_EQ(TEE_AllocateTransientObject(TEE_TYPE_DATA, 0, &k), TEE_ERROR_NOT_SUPPORTED);
        ASSERT_EQ(TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &k), TEE_SUCCESS);
        const std::string secret(32, 's');
        TEE_Attribute attribute{};
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, secret.data(), 32);
        EXPECT_EQ(TEE_PopulateTransientObject(k, &attribute, 1), TEE_ERROR_BAD_PARAMETERS) << "too long";
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, secret.data(), 15);
        EXPECT_EQ(TEE_PopulateTransientObject(k, &attribute, 1), TEE_ERROR_BAD_PARAMETERS) << "not an AES key size";
        EXPECT_EQ(TEE_PopulateTransientObject(k, nullptr, 0), TEE_ERROR_BAD_PARAMETERS);
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, secret.data(), 16);
        EXPECT_EQ(TEE_PopulateTransientObject(k, &attribute, 1), TEE_SUCCESS);
        TEE_ObjectInfo info{};
        EXPECT_EQ(TEE_GetObjectInfo1(k, &info), TEE_SUCCESS);
        EXPECT_EQ(info.objectType, TEE_TYPE_AES);
        EXPECT_EQ(info.objectSize, 128U);
        EXPECT_EQ(info.handleFlags, TEE_HANDLE_FLAG_INITIALIZED);
        TEE_ResetTransientObject(k);
        EXPECT_EQ(TEE_PopulateTransientObject(k, &attribute, 1), TEE_SUCCESS) << "after a reset";
        TEE_FreeTransientObject(k);
        TEE_FreeTransientObject(TEE_HANDLE_NULL);
        TEE_FreeOperation(TEE_HANDLE_NULL);
        o = operation_with_key(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, std::string(16, 'k'));
        EXPECT_EQ(TEE_AEInit(o, "nonce", 5, 64, 0, 0), TEE_ERROR_NOT_SUPPORTED) << "a short tag";
        TEE_FreeOperation(o);
    }), TEE_SUCCESS);
}

TEST_F(Crypto, OperationsInTheWrongStatePanic) {
    const std::string key(32, 'k');
    std::array<char, 64> buffer{};
    size_t size = buffer.size();
    const auto with = [&](uint32_t algorithm, uint32_t mode, const std::function<void(TEE_OperationHandle)>& then) {
        return panics([&] {
            TEE_OperationHandle o = operation_with_key(algorithm, mode, key);
            then(o);
            TEE_FreeOperation(o);
        });
    };
    const auto gcm = [&](const std::function<void(TEE_OperationHandle)>& then) {
        return with(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, then);
    };
    const auto set_key_again = [&](TEE_OperationHandle o, uint32_t type) {
        TEE_ObjectHandle k = key_object(type, key);
        TEE_SetOperationKey(o, k);
        TEE_FreeTransientObject(k);
    };
    EXPECT_FALSE(gcm([](auto) {}));
    EXPECT_TRUE(gcm([&](auto o) { TEE_AEUpdate(o, "x", 1, buffer.data(), &size); })) << "not initialised";
    EXPECT_TRUE(gcm([&](auto o) { TEE_AEUpdateAAD(o, "x", 1); }));
    EXPECT_TRUE(gcm([&](auto o) { start_gcm(o); TEE_AEUpdate(o, "x", 1, buffer.data(), &size); TEE_AEUpdateAAD(o, "x", 1); }))
        << "associated data after payload";
    EXPECT_TRUE(gcm([&](auto o) { start_gcm(o); TEE_AEUpdate(o, "x", 1, buffer.data(), &size); start_gcm(o); }))
        << "initialised while in use";
    EXPECT_FALSE(gcm([&](auto o) {
        start_gcm(o);
        TEE_AEUpdate(o, "x", 1, buffer.data(), &size);
        TEE_ResetOperation(o);
        start_gcm(o);
    }));
    EXPECT_TRUE(gcm([&](auto o) { start_gcm(o); TEE_AEDecryptFinal(o, "x", 1, buffer.data(), &size, buffer.data(), 16); }));
    EXPECT_TRUE(gcm([&](auto o) { start_gcm(o); set_key_again(o, TEE_TYPE_AES); })) << "a key while in use";
    EXPECT_TRUE(gcm([&](auto o) { set_key_again(o, TEE_TYPE_HMAC_SHA256); })) << "a key of another type";
    EXPECT_TRUE(gcm([&](auto o) { TEE_MACInit(o, nullptr, 0); })) << "another class";
    EXPECT_TRUE(gcm([&](auto o) { TEE_SetOperationKey(o, TEE_HANDLE_NULL); start_gcm(o); })) << "the key was cleared";
    EXPECT_TRUE(gcm([&](auto o) { TEE_FreeOperation(o); })) << "freed twice";
    EXPECT_TRUE(with(TEE_ALG_AES_GCM, TEE_MODE_DECRYPT, [&](auto o) {
        start_gcm(o);
        EXPECT_EQ(TEE_AEDecryptFinal(o, "x", 1, buffer.data(), &size, buffer.data(), 16), TEE_ERROR_MAC_INVALID);
        TEE_AEUpdate(o, "x", 1, buffer.data(), &size);
    })) << "continued after a wrong tag";
    EXPECT_TRUE(with(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, [&](auto o) { TEE_CipherUpdate(o, "x", 1, buffer.data(), &size); }));
    EXPECT_TRUE(with(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, [&](auto o) { TEE_CipherInit(o, key.data(), 12); })) << "a short IV";
    EXPECT_TRUE(with(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, [&](auto o) { TEE_MACUpdate(o, "x", 1); }));
    EXPECT_TRUE(with(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, [&](auto o) { TEE_MACInit(o, nullptr, 0); TEE_MACUpdate(o, nullptr, 1); }));
    EXPECT_TRUE(panics([] {
        TEE_ObjectHandle k = key_object(TEE_TYPE_AES, std::string(16, 'k'));
        TEE_Attribute attribute{};
        TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, "0123456789abcdef", 16);
        TEE_PopulateTransientObject(k, &attribute, 1);
    })) << "populated twice";
    EXPECT_TRUE(panics([] { TEE_AllocateOperation(nullptr, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0); }));
    EXPECT_TRUE(panics([] { TEE_DigestUpdate(TEE_HANDLE_NULL, "x", 1); }));
}

}  // namespace
}  // namespace festore::sim
