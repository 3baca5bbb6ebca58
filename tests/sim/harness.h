// SPDX-License-Identifier: BSD-2-Clause
// Two trusted applications that do what a test tells them to, in a simulated TEE for each test. What a test passes
// to in_ta() runs as TA code: it may call the Internal Core API, and a panic in it ends the TA, not the test.
#pragma once
#include "sim/include/pta_system.h"
#include "sim/include/tee_internal_api.h"
#include "sim/tee.h"

#include <array>
#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace festore::sim {

constexpr Uuid kTa = Uuid::from_fields(0x11111111, 0x1111, 0x1111, {1, 1, 1, 1, 1, 1, 1, 1});
constexpr Uuid kOtherTa = Uuid::from_fields(0x22222222, 0x2222, 0x2222, {2, 2, 2, 2, 2, 2, 2, 2});
constexpr size_t kHeapBytes = 64 * 1024;
constexpr uint32_t kUsualFlags = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION;

using Work = std::function<uint32_t(uint32_t types, TEE_Param* params)>;

// A counter that can be read while a server's thread still counts.
class Count {
public:
    Count() = default;
    Count(const Count& other) : count_(other.count_.load()) {}
    Count& operator=(const Count& other) {
        count_ = other.count_.load();
        return *this;
    }
    void operator++() { ++count_; }
    operator int() const { return count_; }

private:
    std::atomic<int> count_ = 0;
};

// What the entry points do and count. One for all TAs, because a test runs one thing at a time.
struct TestTa {
    Work work;
    std::function<uint32_t()> on_create, on_open;
    std::function<void()> on_close, on_destroy;
    Count created, destroyed, opened, closed;
    static TestTa& now() {
        static TestTa ta;
        return ta;
    }
};

inline TaImage image_of(const Uuid& uuid, uint32_t flags = kUsualFlags) {
    TaImage image;
    image.uuid = uuid;
    image.flags = flags;
    image.heap_bytes = kHeapBytes;
    image.stack_bytes = 4096;
    image.version = "7.8";
    image.create = []() -> uint32_t {
        ++TestTa::now().created;
        return TestTa::now().on_create ? TestTa::now().on_create() : TEE_SUCCESS;
    };
    image.destroy = [] {
        ++TestTa::now().destroyed;
        if (TestTa::now().on_destroy) TestTa::now().on_destroy();
    };
    image.open_session = [](uint32_t, void*, void** context) -> uint32_t {
        ++TestTa::now().opened;
        *context = &TestTa::now();
        return TestTa::now().on_open ? TestTa::now().on_open() : TEE_SUCCESS;
    };
    image.close_session = [](void* context) {
        ++static_cast<TestTa*>(context)->closed;
        if (TestTa::now().on_close) TestTa::now().on_close();
    };
    image.invoke_command = [](void* context, uint32_t, uint32_t types, void* params) -> uint32_t {
        return static_cast<TestTa*>(context)->work(types, static_cast<TEE_Param*>(params));
    };
    return image;
}

class SimTest : public testing::Test {
protected:
    explicit SimTest(const Config& config = {}, uint32_t flags = kUsualFlags) : tee_(std::make_unique<Tee>(config)) {
        TestTa::now() = {};
        install(flags);
    }
    ~SimTest() override {
        TestTa::now().work = nullptr;
        tee_.reset();
        TestTa::now() = {};
    }
    void install(uint32_t flags = kUsualFlags) {
        tee_->install(image_of(kTa, flags));
        tee_->install(image_of(kOtherTa));
    }
    // Restarts the TEE, as after a reboot.
    void restart(const Config& config) {
        tee_.reset();
        sessions_.clear();
        tee_ = std::make_unique<Tee>(config);
        install();
    }

    uint32_t open(const Uuid& ta, uint32_t* session, const Identity& client = {}) {
        Params none;
        return tee_->open_session(ta, client, none, session, &origin_);
    }
    uint32_t invoke(uint32_t session, Params& params, const Work& work) {
        TestTa::now().work = work;
        return tee_->invoke(session, 1, params, &origin_);
    }
    // Runs TA code in a session that is kept open. Returns target_dead if it panicked; then the next call has a new session.
    uint32_t in_ta(const std::function<void()>& work, const Uuid& ta = kTa) {
        uint32_t& session = sessions_[ta];
        if (session == 0) {
            EXPECT_EQ(open(ta, &session), TEE_SUCCESS);
        }
        Params none;
        const uint32_t result = invoke(session, none, [&](uint32_t, TEE_Param*) { return work(), TEE_SUCCESS; });
        if (result == TEE_ERROR_TARGET_DEAD) close(ta);
        return result;
    }
    // True if this TA code panics; then also checks that nothing of the TA is left.
    bool panics(const std::function<void()>& work) {
        if (in_ta(work) != TEE_ERROR_TARGET_DEAD) return false;
        EXPECT_EQ(tee_->ta_heap_bytes_in_use(kTa), 0U);
        EXPECT_EQ(tee_->ta_handles_open(kTa), 0U);
        return true;
    }
    void close(const Uuid& ta = kTa) {
        if (const auto found = sessions_.find(ta); found != sessions_.end()) tee_->close_session(found->second);
        sessions_.erase(ta);
    }

    std::unique_ptr<Tee> tee_;
    uint32_t origin_ = 0;

private:
    std::map<Uuid, uint32_t> sessions_;
};

// Shorthands for TA code.
inline constexpr uint32_t kReadWrite = TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE;
inline constexpr uint32_t kAllAccess = kReadWrite | TEE_DATA_FLAG_ACCESS_WRITE_META;

inline uint32_t create(uint32_t storage, std::string_view id, std::string_view content, uint32_t flags = 0) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    const uint32_t result = TEE_CreatePersistentObject(storage, id.data(), id.size(), flags, TEE_HANDLE_NULL,
                                                       content.data(), content.size(), &object);
    TEE_CloseObject(object);
    return result;
}
inline uint32_t open_object(uint32_t storage, std::string_view id, uint32_t flags, TEE_ObjectHandle* object) {
    return TEE_OpenPersistentObject(storage, id.data(), id.size(), flags, object);
}
// The object's content from the handle's position on, or the error.
inline std::string read_all(TEE_ObjectHandle object) {
    std::string content;
    std::array<char, 512> buffer{};
    size_t count = buffer.size();
    while (count == buffer.size()) {
        const uint32_t result = TEE_ReadObjectData(object, buffer.data(), buffer.size(), &count);
        if (result != TEE_SUCCESS) return "error " + std::to_string(result);
        content.append(buffer.data(), count);
    }
    return content;
}
inline std::string content_of(uint32_t storage, std::string_view id) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    const uint32_t result = open_object(storage, id, TEE_DATA_FLAG_ACCESS_READ, &object);
    if (result != TEE_SUCCESS) return "error " + std::to_string(result);
    std::string content = read_all(object);
    // A read that finds damage closes the handle.
    if (content != "error " + std::to_string(TEE_ERROR_CORRUPT_OBJECT)) TEE_CloseObject(object);
    return content;
}
inline std::string error(uint32_t result) { return "error " + std::to_string(result); }
inline uint32_t remove_object(uint32_t storage, std::string_view id) {
    TEE_ObjectHandle object = TEE_HANDLE_NULL;
    const uint32_t result = open_object(storage, id, TEE_DATA_FLAG_ACCESS_WRITE_META, &object);
    return result == TEE_SUCCESS ? TEE_CloseAndDeletePersistentObject1(object) : result;
}

// A directory for a test, removed with it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "festore-sim-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace festore::sim
