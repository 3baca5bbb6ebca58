// SPDX-License-Identifier: BSD-2-Clause
// Who signed a TA: files signed here with our own key, and one signed with OP-TEE's public default key.
#include "base/writer.h"
#include "doctor/ta_signature.h"
#include "tests/doctor/machine.h"

#include <array>
#include <memory>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <random>

namespace festore::doctor::test {
namespace {

constexpr uint32_t kPssSha256 = 0x70414930;

std::string digest_of(const std::string& text, const EVP_MD* digest) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, digest, nullptr);
    out.resize(size);
    return out;
}

std::string signed_by(EVP_PKEY* key, const std::string& hash) {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), &EVP_PKEY_CTX_free);
    EVP_PKEY_sign_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256());
    EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST);
    std::string signature(256, '\0');
    size_t size = signature.size();
    EXPECT_EQ(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                            reinterpret_cast<const unsigned char*>(hash.data()), hash.size()),
              1);
    return signature;
}

struct TaFile {
    uint32_t type = 1;
    uint32_t algorithm = kPssSha256;
    std::string image = "the image, as long as one likes";
    std::string signature = std::string(256, 'x');
    const EVP_MD* digest = EVP_sha256();

    [[nodiscard]] std::string header() const {
        std::array<std::byte, 20> bytes{};
        Writer out(bytes);
        out.u32(0x4f545348);
        out.u32(type);
        out.u32(static_cast<uint32_t>(image.size()));
        out.u32(algorithm);
        out.u16(static_cast<uint16_t>(EVP_MD_get_size(digest)));
        out.u16(static_cast<uint16_t>(signature.size()));
        return std::string(text_of(bytes));
    }
    [[nodiscard]] std::string covered() const { return std::string(type == 1 || type == 2 ? 20 : 0, 'v') + image; }
    [[nodiscard]] std::string hash() const { return digest_of(header() + covered(), digest); }
    [[nodiscard]] std::string bytes() const { return header() + hash() + signature + covered(); }
};

class Signature : public Machine {
protected:
    TaSigner signer(const std::string& content) {
        write(std::string("/lib/optee_armtz/") + kTa, content);
        return signer_of(root_ + "/lib/optee_armtz/" + kTa);
    }
};

TEST_F(Signature, AKeyOfOnesOwnIsNotTheDefault) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), &EVP_PKEY_free);
    TaFile file;
    file.signature = signed_by(key.get(), file.hash());
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_default);
    supplicant();
    EXPECT_EQ(check("ta-signing-key", true).severity, Grade::ok) << "the TEE, which has the key, has loaded it";
    EXPECT_EQ(check("ta-signing-key", false).severity, Grade::unknown);
}

TEST_F(Signature, GarbageIsNeverOk) {
    std::mt19937 random(20261125);
    TaFile file;
    for (char& c : file.signature) c = static_cast<char>(random());
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_default);
    EXPECT_EQ(check("ta-signing-key", false).severity, Grade::unknown);
    std::string wrong = file.bytes();
    wrong[25] = static_cast<char>(wrong[25] ^ 1);  // in the hash
    EXPECT_EQ(signer(wrong), TaSigner::damaged);
    EXPECT_EQ(check("ta-signing-key", true).severity, Grade::unknown);
    wrong = file.bytes();
    wrong.back() = static_cast<char>(wrong.back() ^ 1);  // in the image
    EXPECT_EQ(signer(wrong), TaSigner::damaged);
    EXPECT_EQ(signer(file.bytes() + "more"), TaSigner::damaged);
    EXPECT_EQ(signer(file.bytes().substr(0, file.bytes().size() - 1)), TaSigner::damaged);
    for (const size_t size : {0U, 3U, 19U, 20U, 51U, 300U})
        EXPECT_EQ(signer(file.bytes().substr(0, size)), size < 308 ? TaSigner::not_a_ta : TaSigner::damaged) << size;
}

TEST_F(Signature, AnAlgorithmThatOpteeDoesNotKnowIsNeverOk) {
    TaFile file;
    file.algorithm = 0x12345678;
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_a_ta);
    EXPECT_EQ(check("ta-signing-key", true).severity, Grade::unknown);
    file.algorithm = 0x70616930;  // PSS with SHA-512, but a hash of 32 bytes
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_a_ta);
    file.digest = EVP_sha512();
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_default);
    file.type = 7;
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_a_ta);
}

TEST_F(Signature, EveryKindOfImageIsHashedAsOpteeDoes) {
    TaFile file;
    file.type = 0;  // without a version
    EXPECT_EQ(signer(file.bytes()), TaSigner::not_default);
    file.type = 3;  // a subkey; the header that it signs follows
    EXPECT_EQ(signer(file.bytes() + "the next header"), TaSigner::not_default);
    file.type = 2;  // encrypted: the hash is that of the plain text
    EXPECT_EQ(signer(file.bytes()), TaSigner::cannot_tell);
    EXPECT_EQ(check("ta-signing-key", true).severity, Grade::unknown);
}

TEST_F(Signature, TheDefaultKeyIsRecognised) {
    // Twelve bytes, signed with keys/default_ta.pem of OP-TEE's sources by the kit's sign_encrypt.py.
    fs::create_directories(root_ + "/lib/optee_armtz");
    fs::copy(FESTORE_DOCTOR_SAMPLE, root_ + "/lib/optee_armtz/" + kTa);
    EXPECT_EQ(signer_of(root_ + "/lib/optee_armtz/" + kTa), TaSigner::public_default);
    EXPECT_EQ(check("ta-signing-key", true).severity, Grade::serious);
    EXPECT_EQ(check("ta-signing-key", false).severity, Grade::serious);
}

TEST_F(Signature, TheVersionOfTheFile) {
    supplicant();
    EXPECT_EQ(check("ta-installed").severity, Grade::unknown) << "there is no file";
    TaFile file;
    write(std::string("/lib/optee_armtz/") + kTa, file.bytes());
    EXPECT_EQ(version_of_ta(root_ + "/lib/optee_armtz/" + kTa), 0x76767676U);
    EXPECT_EQ(check("ta-installed").severity, Grade::ok);
    std::string without = file.bytes();
    const size_t at = 20 + 32 + 256 + 16;
    without.replace(at, 4, 4, '\0');
    write(std::string("/lib/optee_armtz/") + kTa, without);
    EXPECT_EQ(check("ta-installed").severity, Grade::warning) << "version 0";
    write(std::string("/lib/optee_armtz/") + kTa, without.substr(0, at + 3));
    EXPECT_EQ(check("ta-installed").severity, Grade::unknown) << "it ends before the version";
    file.type = 0;
    write(std::string("/lib/optee_armtz/") + kTa, file.bytes());
    EXPECT_EQ(check("ta-installed").severity, Grade::unknown) << "a kind without a version";
}

TEST_F(Signature, TheFileIsLookedForWhereTheSupplicantLooks) {
    EXPECT_EQ(check("ta-signing-key").severity, Grade::unknown) << "there is no file";
    fs::create_directories(root_ + "/opt/tas");
    fs::copy(FESTORE_DOCTOR_SAMPLE, root_ + "/opt/tas/" + kTa);
    supplicant("tee-supplicant --ta-path=/nowhere:/opt/tas");
    EXPECT_EQ(check("ta-signing-key").severity, Grade::serious);
    fs::remove_all(root_ + "/proc/300");
    fs::create_directories(root_ + "/lib");
    fs::rename(root_ + "/opt/tas", root_ + "/lib/tas");
    supplicant("tee-supplicant -t tas");
    EXPECT_EQ(check("ta-signing-key").severity, Grade::serious);
}

}  // namespace
}  // namespace festore::doctor::test
