// SPDX-License-Identifier: BSD-2-Clause
// Error messages: each error code of the TEE becomes the documented kind, in one line.
#include "client/errors.h"
#include "client/store/errors.h"

#include "base/tee_client_api.h"

#include <gtest/gtest.h>

namespace festore {
namespace {

ErrorCode of(Code code) { return error_of_command(static_cast<uint32_t>(code), 4, {"get", "x"}).code; }

TEST(Errors, EachAnswerHasItsKind) {
    EXPECT_EQ(of(Code::item_not_found), ErrorCode::not_found);
    EXPECT_EQ(of(Code::access_conflict), ErrorCode::conflict);
    EXPECT_EQ(of(Code::version_conflict), ErrorCode::conflict);
    EXPECT_EQ(of(Code::write_once), ErrorCode::conflict);
    EXPECT_EQ(of(Code::corrupt_object), ErrorCode::damaged);
    EXPECT_EQ(of(Code::storage_no_space), ErrorCode::no_space);
    EXPECT_EQ(of(Code::out_of_memory), ErrorCode::no_space);
    EXPECT_EQ(of(Code::limit_exceeded), ErrorCode::no_space);
    EXPECT_EQ(of(Code::target_dead), ErrorCode::no_tee);
    EXPECT_EQ(of(Code::communication), ErrorCode::no_tee);
    EXPECT_EQ(of(Code::no_identity), ErrorCode::no_tee);
    EXPECT_EQ(of(Code::storage_not_available), ErrorCode::no_tee);
    EXPECT_EQ(of(Code::busy), ErrorCode::busy);
    EXPECT_EQ(of(Code::access_denied), ErrorCode::not_permitted);
    EXPECT_EQ(of(Code::generic), ErrorCode::failure);
}

// Every code of festore's own that a store's command may give.
TEST(Errors, EachAnswerOfAStoreIsExplained) {
    for (const Code code : {Code::version_conflict, Code::write_once, Code::no_identity, Code::limit_exceeded, Code::store_destroyed,
                            Code::copy_secret_lost, Code::name_lost, Code::not_allowed, Code::over_limit, Code::many_stores,
                            Code::store_in_rpmb, Code::rpmb_no_answer}) {
        const Error error = error_of_store_command(static_cast<uint32_t>(code), 4, {"put", "x"});
        EXPECT_NE(error.code, ErrorCode::failure) << error.message;
        EXPECT_EQ(error.message.find("0x"), std::string::npos) << error.message;
    }
}

TEST(Errors, MessagesAreOneLineAndNameWhatFailed) {
    const Error error = error_of_command(0xFFFF0008, 4, {"get", "a\nb\x1b[31m"});
    EXPECT_EQ(error.message.find('\n'), std::string::npos);
    EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
    EXPECT_NE(error.message.find("'a\\x0ab\\x1b[31m'"), std::string::npos) << error.message;
    EXPECT_EQ(error.tee_result, 0xFFFF0008U);
    EXPECT_EQ(error.tee_origin, 4U);
    // Line ends, changes of text direction, C1 controls, and bytes that are not UTF-8.
    EXPECT_EQ(quote("\xE2\x80\xAE" "a\xC2\x9B\xC3\xA9\x9B"), "'\\xe2\\x80\\xaea\\xc2\\x9b\xC3\xA9\\x9b'");
}

TEST(Errors, ADeadTrustedApplicationPointsToTheRpmbThere) {
    const auto dead = static_cast<uint32_t>(Code::target_dead);
    EXPECT_EQ(error_of_command(dead, 3, {"get", "x"}).message.find("RPMB"), std::string::npos);
    const Error error = error_of_command(dead, 3, {"get", "x", Storage::rpmb});
    EXPECT_EQ(error.code, ErrorCode::no_tee);
    EXPECT_NE(error.message.find("RPMB"), std::string::npos) << error.message;
}

TEST(Errors, OfOpeningASessionSayWhatToDo) {
    EXPECT_EQ(error_of_session(TEEC_ERROR_ITEM_NOT_FOUND, 3, {}).code, ErrorCode::no_tee);
    EXPECT_NE(error_of_session(TEEC_ERROR_ITEM_NOT_FOUND, 3, {}).message.find("/lib/optee_armtz"), std::string::npos);
    EXPECT_EQ(error_of_session(TEEC_ERROR_ACCESS_DENIED, 2, Owner::group(7)).code, ErrorCode::not_permitted);
    EXPECT_EQ(error_of_session(TEEC_ERROR_SECURITY, 3, {}).code, ErrorCode::no_tee);
    EXPECT_EQ(error_of_session(TEEC_ERROR_BUSY, 4, {}).code, ErrorCode::busy);
}

// OP-TEE compares the version of a trusted application's file with the highest that it has loaded, in ta_ver.db. For an older
// one it returns the same code as a command for an object that exists.
TEST(Errors, AnOlderTrustedApplicationIsToldAsSuch) {
    const Error error = error_of_session(TEEC_ERROR_ACCESS_CONFLICT, TEEC_ORIGIN_TEE, {});
    EXPECT_EQ(error.code, ErrorCode::no_tee);
    EXPECT_NE(error.message.find("an older trusted application than this device has run"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("install"), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("exists"), std::string::npos) << error.message;
    EXPECT_EQ(error.tee_result, static_cast<uint32_t>(TEEC_ERROR_ACCESS_CONFLICT));
    EXPECT_EQ(error.tee_origin, static_cast<uint32_t>(TEEC_ORIGIN_TEE));
}

// Before there is a session, no error is about an object or a version, whichever part of the TEE answers.
TEST(Errors, OpeningASessionNeverConflictsWithAnObject) {
    for (const Code code : {Code::access_conflict, Code::version_conflict, Code::write_once})
        for (const uint32_t origin : {TEEC_ORIGIN_API, TEEC_ORIGIN_COMMS, TEEC_ORIGIN_TEE, TEEC_ORIGIN_TRUSTED_APP}) {
            const Error error = error_of_session(static_cast<uint32_t>(code), origin, {});
            EXPECT_EQ(error.code, ErrorCode::no_tee) << origin;
            EXPECT_EQ(error.message.find("object"), std::string::npos) << error.message;
        }
}

}  // namespace
}  // namespace festore
