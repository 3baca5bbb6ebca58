// SPDX-License-Identifier: BSD-2-Clause
// Contents in parts: what a write stream stores, what a read stream returns, and the state when they end early.
#include "tests/store/harness/harness.h"

#include "base/limits.h"
#include "protocol/store_files.h"
#include "protocol/store_messages.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>

namespace festore::store_test {
namespace {

constexpr size_t kSegment = limits::kSegmentBytesServed;
constexpr size_t kPart = protocol::kCallContentBytesMax;  // the most that is sealed at once

class Streams : public StoreTest {
protected:
    std::vector<std::filesystem::path> payloads() const {
        std::vector<std::filesystem::path> files;
        if (std::filesystem::exists(folder_ / "store" / "payloads"))
            for (const auto& entry : std::filesystem::directory_iterator(folder_ / "store" / "payloads"))
                files.push_back(entry.path());
        return files;
    }
    static void write(WriteStream& stream, Bytes content, size_t part) {
        while (!content.empty()) {
            const Bytes taken = content.first(std::min(part, content.size()));
            const auto written = stream.write(taken);
            ASSERT_TRUE(written) << message(written);
            content = content.subspan(taken.size());
        }
    }
    static WriteStream begun(Client& client, std::string_view name, const Content& content, const PutOptions& options = {}) {
        auto stream = client.write(name, options);
        if (!stream) throw std::runtime_error(stream.error().message);
        write(*stream, content, 10000);
        return std::move(*stream);
    }
    static ReadStream opened(Client& client, std::string_view name) {
        auto stream = client.read(name);
        if (!stream) throw std::runtime_error(stream.error().message);
        return std::move(*stream);
    }
    // Reads up to the end or an error, which is left in `result`.
    static Content rest(ReadStream& stream, size_t part, Result<size_t>& result) {
        Content content;
        Content buffer(part);
        while ((result = stream.read(buffer)) && *result > 0)
            content.insert(content.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*result));
        return content;
    }
    static Content rest(ReadStream& stream, size_t part = 7777) {
        Result<size_t> result = 0;
        Content content = rest(stream, part, result);
        EXPECT_TRUE(result) << message(result);
        return content;
    }
};

TEST_F(Streams, ContentsOfAllSizesInPartsOfAllSizes) {
    Client client = connect();
    for (const size_t size : std::initializer_list<size_t>{0, 1, 981, 982, 983, 1020, 1021, kSegment - 1, kSegment, kSegment + 1,
                                                           2 * kSegment, 2 * kSegment + 1, kPart - 1, kPart,
                                                           kPart + 1, 2 * kPart + 5}) {
        for (const size_t part : {size_t{333}, kSegment - 1, kSegment, kSegment + 1, 3 * kPart}) {
            auto stream = client.write("a");
            ASSERT_TRUE(stream) << message(stream);
            write(*stream, content_of(size, static_cast<unsigned>(part)), part);
            const auto stored = stream->finish();
            ASSERT_TRUE(stored) << message(stored);
            EXPECT_EQ(stored->size, size);
            EXPECT_EQ(*client.get("a"), content_of(size, static_cast<unsigned>(part))) << size << " by " << part;
            ReadStream back = opened(client, "a");
            EXPECT_EQ(back.info().size, size);
            EXPECT_EQ(back.info().version, stored->version);
            EXPECT_EQ(rest(back, part), content_of(size, static_cast<unsigned>(part))) << size << " by " << part;
            EXPECT_EQ(payloads().size(), size > protocol::inline_content_max(1) ? 1U : 0U);
        }
    }
}

TEST_F(Streams, NothingAppearsBeforeTheEndAndNothingIsLeft) {
    Client client = connect();
    {
        const WriteStream stream = begun(client, "a", content_of(600000));
        EXPECT_EQ(code(client.get("a")), kNotFound);
        EXPECT_EQ(payloads().size(), 1U);
    }
    EXPECT_TRUE(payloads().empty());
    ASSERT_TRUE(client.put("a", content_of(50000)));
    {
        const WriteStream stream = begun(client, "a", content_of(600000, 2));
        EXPECT_EQ(*client.get("a"), content_of(50000));
    }
    EXPECT_EQ(*client.get("a"), content_of(50000));
    EXPECT_EQ(payloads().size(), 1U);
    { const WriteStream stream = begun(client, "small", content_of(10)); }
    EXPECT_EQ(code(client.get("small")), kNotFound);
}

TEST_F(Streams, ConditionsHoldAtTheEnd) {
    Client client = connect();
    PutOptions if_absent;
    if_absent.if_absent = true;
    WriteStream stream = begun(client, "a", content_of(600000), if_absent);
    ASSERT_TRUE(connect().put("a", content_of(10, 2)));
    EXPECT_EQ(code(stream.finish()), kConflict);
    EXPECT_EQ(code(stream.finish()), static_cast<int>(ErrorCode::usage));
    EXPECT_EQ(code(stream.write(content_of(1))), static_cast<int>(ErrorCode::usage));
    EXPECT_TRUE(payloads().empty());
    PutOptions if_version;
    if_version.if_version = 1;
    if_version.write_once = true;
    WriteStream second = begun(client, "a", content_of(600000), if_version);
    EXPECT_EQ(second.finish()->version, 2U);
    EXPECT_EQ(code(begun(client, "a", content_of(5)).finish()), kConflict) << "write-once";
    EXPECT_EQ(payloads().size(), 1U);
    if_version.if_absent = true;
    EXPECT_EQ(code(client.write("a", if_version)), static_cast<int>(ErrorCode::usage));
    EXPECT_EQ(code(client.write("")), static_cast<int>(ErrorCode::usage));
}

TEST_F(Streams, Rule10AnUploadLocksItsFileAndNotTheStore) {
    Client client = connect();
    WriteStream stream = begun(client, "a", content_of(600000));
    ASSERT_EQ(payloads().size(), 1U);
    Files::Handle handle = Files::kNoHandle;
    ASSERT_EQ(system_files().open(AT_FDCWD, payloads()[0].string(), Files::Open::read, 0, handle), 0);
    EXPECT_EQ(system_files().lock(handle, true), EWOULDBLOCK);
    system_files().close(handle);
    ASSERT_TRUE(connect().put("b", content_of(50000))) << "others write meanwhile";
    ASSERT_TRUE(client.put("c", content_of(50))) << "and so does this one";
    EXPECT_EQ(code(stream.finish()), kDone);
    EXPECT_EQ(*client.get("a"), content_of(600000));
    EXPECT_EQ(*client.get("b"), content_of(50000));
}

TEST_F(Streams, Rule10TheCommitLooksWhetherTheFileIsStillThere) {
    Client client = connect();
    for (const bool replaced : {false, true}) {
        WriteStream stream = begun(client, "a", content_of(600000));
        const auto file = payloads().at(0);
        std::filesystem::remove(file);
        if (replaced) std::ofstream(file) << "another";
        const auto stored = stream.finish();
        EXPECT_EQ(code(stored), kDamaged) << message(stored);
        EXPECT_EQ(code(client.get("a")), kNotFound);
        std::filesystem::remove(file);
    }
}

TEST_F(Streams, Rule09AnObjectThatIsReplacedIsReadOnAsItWas) {
    Client client = connect();
    Client other = connect();
    ASSERT_TRUE(client.put("a", content_of(200000)));
    ReadStream stream = opened(client, "a");
    Content first(50000);
    ASSERT_TRUE(stream.read(first));
    ASSERT_TRUE(other.put("a", content_of(200000, 2)));
    ASSERT_TRUE(client.put("b", content_of(40000)));
    ASSERT_TRUE(client.remove("a"));
    const Content all = content_of(200000);
    EXPECT_EQ(first, Content(all.begin(), all.begin() + 50000));
    EXPECT_EQ(rest(stream), Content(all.begin() + 50000, all.end()));
}

TEST_F(Streams, Rule09OrEndsWithAClearErrorAndNoMixture) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(200000)));
    ASSERT_TRUE(client.put("b", content_of(40000)));
    ReadStream stream = opened(client, "a");
    Content buffer(10000);
    ASSERT_TRUE(stream.read(buffer));
    EXPECT_EQ(*client.get("b"), content_of(40000)) << "the TA has forgotten a's key";
    EXPECT_EQ(stream.position(), 10000U);
    ASSERT_TRUE(stream.read(buffer)) << "and looked it up again";
    for (const bool removed : {false, true}) {
        ASSERT_TRUE(client.put("a", content_of(200000, 2)));
        ReadStream late = opened(client, "a");
        ASSERT_TRUE(late.read(buffer));
        if (removed) ASSERT_TRUE(client.remove("a"));
        else ASSERT_TRUE(client.put("a", content_of(200000, 3)));
        ASSERT_TRUE(client.get("b"));
        Result<size_t> result = 0;
        EXPECT_EQ(rest(late, 1000, result).size(), 22000U) << "of the segment that was verified before";
        EXPECT_EQ(code(result), kBusy) << message(result);
        EXPECT_EQ(late.position(), 32000U) << "an error does not move the position";
        EXPECT_EQ(*late.read(MutableBytes(buffer).first(768)), 768U);
    }
}

TEST_F(Streams, SegmentsThatAreNotReadAreNotOpened) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(10 * kSegment + 5)));
    ReadStream stream = opened(client, "a");
    const Content all = content_of(10 * kSegment + 5);
    struct Part {
        uint64_t offset;
        size_t length, calls;
    };
    for (const Part part : {Part{0, 1, 1}, Part{kSegment - 1, 2, 1}, Part{5 * kSegment, kSegment, 1},
                            Part{3 * kSegment + 9, 2 * kSegment, 1}, Part{10 * kSegment + 4, 1, 1}, Part{10 * kSegment, 5, 0},
                            Part{10 * kSegment + 5, 1, 0}}) {
        const uint64_t before = tee_->counters().ta_invoke;
        stream.seek(part.offset);
        Content got(part.length);
        const auto read = stream.read(got);
        ASSERT_TRUE(read) << message(read);
        got.resize(*read);
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(part.offset);
        EXPECT_EQ(got, Content(begin, begin + static_cast<std::ptrdiff_t>(*read)));
        EXPECT_EQ(tee_->counters().ta_invoke - before, part.calls) << "from " << part.offset;
    }
    stream.seek(UINT64_MAX);
    EXPECT_EQ(stream.position(), all.size());
}

// The longer a stream is read in order, the more is read at once: 1, 2, 4 and 8 segments.
TEST_F(Streams, SmallPartsInOrderTakeFewCalls) {
    Client client = connect();
    const Content all = content_of(64 * kSegment);
    ASSERT_TRUE(client.put("a", all));
    ReadStream stream = opened(client, "a");
    const uint64_t before = tee_->counters().ta_invoke;
    EXPECT_EQ(rest(stream, 1000), all);
    EXPECT_EQ(tee_->counters().ta_invoke - before, 11U) << "1 + 2 + 4 + 7 * 8 + 1";
    stream.seek(0);
    const uint64_t again = tee_->counters().ta_invoke;
    EXPECT_EQ(rest(stream, all.size()), all);
    EXPECT_EQ(tee_->counters().ta_invoke - again, 8U);
}

TEST_F(Streams, OnlyVerifiedSegmentsComeOut) {
    Client client = connect();
    ASSERT_TRUE(client.put("a", content_of(5 * kSegment)));
    {
        std::fstream file(payloads().at(0), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(2 * (kSegment + 16) + 77));
        file.put('\x55').put('\xAA');
    }
    ReadStream stream = opened(client, "a");
    Result<size_t> result = 0;
    Content content = rest(stream, 1000, result);
    EXPECT_EQ(code(result), kDamaged);
    content.resize(content.size() / 1000 * 1000);
    EXPECT_EQ(content.size(), 65000U) << "all of the two segments before it, in whole parts";
    EXPECT_TRUE(std::equal(content.begin(), content.end(), content_of(5 * kSegment).begin()));
    stream.seek(3 * kSegment);
    EXPECT_EQ(rest(stream).size(), 2 * kSegment) << "intact segments are served";
    EXPECT_EQ(code(client.get("a")), kDamaged);
}

TEST_F(Streams, OneUploadAtATime) {
    Client client = connect();
    WriteStream first = begun(client, "a", content_of(600000));
    auto second = client.write("b");
    ASSERT_TRUE(second);
    EXPECT_EQ(code(second->write(content_of(600000))), kConflict);
    EXPECT_EQ(code(client.put("b", content_of(600000))), kConflict);
    EXPECT_EQ(code(client.put("b", content_of(100))), kDone);
    EXPECT_EQ(code(first.finish()), kDone);
    EXPECT_EQ(*client.get("a"), content_of(600000));
    EXPECT_EQ(code(client.put("b", content_of(600000))), kDone);
    EXPECT_EQ(payloads().size(), 2U);
}

TEST_F(Streams, InATransaction) {
    Client client = connect();
    Result<Transaction> transaction = client.store()->begin();
    ASSERT_TRUE(transaction);
    for (const char* name : {"a", "b"}) {
        auto stream = transaction->write(name);
        ASSERT_TRUE(stream) << message(stream);
        write(*stream, content_of(600000), 4096);
        EXPECT_EQ(code(stream->finish()), kDone);
    }
    {
        auto stream = transaction->write("given up");
        ASSERT_TRUE(stream);
        write(*stream, content_of(600000), 4096);
    }
    EXPECT_EQ(code(client.write("elsewhere")), kConflict);
    auto late = transaction->write("late");
    ASSERT_TRUE(late);
    ASSERT_TRUE(transaction->commit());
    write(*late, content_of(10), 4096);
    EXPECT_NE(code(late->finish()), kDone) << "its transaction is over";
    Result<Transaction> another = client.store()->begin();
    ASSERT_TRUE(another);
    EXPECT_EQ(names(client), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(payloads().size(), 2U);
    EXPECT_EQ(*client.get("b"), content_of(600000));
}

TEST_F(Streams, TheTasHeapDoesNotGrowWithTheContent) {
    Client client = connect();
    size_t peak = 0;
    for (const size_t size : {size_t{8} * kSegment, size_t{600} * kSegment}) {  // what one call brings, and far more
        ASSERT_TRUE(begun(client, "a", content_of(size)).finish());
        ReadStream stream = opened(client, "a");
        EXPECT_EQ(rest(stream, size_t{1} << 20).size(), size);
        const size_t now = tee_->ta_heap_bytes_peak(ta::host_image().uuid);
        EXPECT_TRUE(peak == 0 || now == peak) << now << " bytes, before " << peak;
        peak = now;
    }
}

TEST_F(Streams, OfPersistentObjectsToo) {
    ClientOptions options;
    options.storage = Storage::ree;
    sim::set_caller({1000, 1000, {}});
    Result<Client> client = ClientAccess::connect(sim::teec_in_process(), options, 1000);
    ASSERT_TRUE(client);
    EXPECT_EQ(begun(*client, "a", content_of(100000)).finish()->size, 100000U);
    ReadStream stream = opened(*client, "a");
    EXPECT_EQ(stream.info().version, 1U);
    EXPECT_EQ(rest(stream), content_of(100000));
    auto large = client->write("large");
    ASSERT_TRUE(large);
    ASSERT_TRUE(large->write(content_of(limits::kPersistentObjectBytesMax)));
    EXPECT_EQ(code(large->write(content_of(1))), kNoSpace);
    EXPECT_EQ(code(client->read("large")), kNotFound);
}

}  // namespace
}  // namespace festore::store_test
