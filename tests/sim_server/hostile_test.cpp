// SPDX-License-Identifier: BSD-2-Clause
// Clients that violate the rules of sim/teec/wire.h: wrong sizes, wrong descriptors, random bytes, others' memory and
// sessions, more of everything than is allowed. Each loses its call or its connection; others notice nothing.
#include "base/tee_client_api.h"
#include "tests/sim_server/harness.h"

#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/mman.h>

namespace festore::sim {
namespace {

UniqueFd memory_of(size_t size, int seals = F_SEAL_SHRINK | F_SEAL_GROW) {
    UniqueFd fd(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, seals), 0);
    return fd;
}

wire::Request sharing(uint64_t size) {
    wire::Request request;
    request.kind = wire::Kind::share;
    request.size = size;
    return request;
}

class Hostile : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        serve();
        client_.emplace(directory_.path());
        ASSERT_EQ(client_->reached, Reached::yes);
    }
    void TearDown() override {
        EXPECT_TRUE(serves_others());
        client_.reset();
        ServerTest::TearDown();
    }
    static std::vector<std::byte> packet_of(const wire::Request& request) {
        std::vector<std::byte> packet(kPacketBytesMax);
        Writer out(packet);
        write_fields(request, out);
        packet.resize(out.size());
        return packet;
    }
    std::optional<RawClient> client_;
};

TEST_F(Hostile, PacketsOfAnyOtherSizeEndTheConnection) {
    const std::vector<std::byte> right = packet_of({});
    std::vector<std::byte> bytes = right;
    bytes.resize(2 * kPacketBytesMax);
    for (const size_t size : {size_t{0}, size_t{1}, right.size() - 1, right.size() + 1, kPacketBytesMax,
                              kPacketBytesMax + 1, 2 * kPacketBytesMax}) {
        RawClient client(directory_.path());
        ASSERT_EQ(send(client.socket(), bytes.data(), size, MSG_NOSIGNAL), static_cast<ssize_t>(size));
        EXPECT_TRUE(client.is_dropped()) << size << " bytes";
    }
    EXPECT_NE(client_->open(), 0U) << "this client is still connected";
}

TEST_F(Hostile, UnknownKindsEndTheConnection) {
    for (const uint32_t kind : {0U, 7U, 0xFFFFFFFFU}) {
        RawClient client(directory_.path());
        wire::Request request;
        request.kind = static_cast<wire::Kind>(kind);
        EXPECT_FALSE(client.ask(request)) << kind;
    }
}

TEST_F(Hostile, RandomBytesAreAnsweredOrEndTheConnection) {
    std::mt19937 random(4711);
    const auto any = [&] { return static_cast<uint32_t>(random()); };
    const auto one_in = [&](uint32_t n) { return any() % n == 0; };
    int answered = 0;
    for (int round = 0; round < 400; ++round) {
        RawClient client(directory_.path());
        ASSERT_EQ(client.reached, Reached::yes) << "round " << round;
        const uint32_t session = client.open();
        for (int burst = 0; burst < 8; ++burst) {
            std::vector<std::byte> packet = packet_of({});
            for (std::byte& b : packet) b = static_cast<std::byte>(any());
            wire::Request request;  // random in some fields, or in all bytes
            request.kind = static_cast<wire::Kind>(1 + any() % 6);
            request.number = one_in(2) ? session : any() % 4;
            request.command = any();
            request.ta = one_in(2) ? kTa : Uuid{};
            request.login = one_in(2) ? any() : any() % 3;
            request.has_group = any() % 2;
            request.group = any();
            request.size = one_in(2) ? any() : any() % 8192;
            request.types = one_in(4) ? any() : any() & 0x7777;
            for (wire::WireParam& p : request.params)
                p = {any(), any(), any() % 3, one_in(2) ? 0 : uint64_t{any()} << (any() % 33), any() % 8192};
            if (!one_in(6)) packet = packet_of(request);
            const UniqueFd memory = one_in(3) ? memory_of(4096) : UniqueFd();
            if (!send_packet(client.socket(), packet, memory.get()) || !client.answer()) break;
            ++answered;
        }
    }
    EXPECT_GT(answered, 1000);
}

TEST_F(Hostile, DescriptorsThatAreNoSealedMemoryAreRefused) {
    EXPECT_EQ(client_->result_of(sharing(4096)), TEEC_ERROR_BAD_PARAMETERS) << "no descriptor";
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd in(ends[0]);
    const UniqueFd out(ends[1]);
    EXPECT_EQ(client_->result_of(sharing(4096), in.get()), TEEC_ERROR_BAD_PARAMETERS) << "a pipe";
    EXPECT_EQ(client_->result_of(sharing(4096), client_->socket()), TEEC_ERROR_BAD_PARAMETERS) << "a socket";
    const UniqueFd folder(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(client_->result_of(sharing(4096), folder.get()), TEEC_ERROR_BAD_PARAMETERS) << "a directory";
    const UniqueFd file(open((directory_.path() / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    ASSERT_EQ(ftruncate(file.get(), 4096), 0);
    EXPECT_EQ(client_->result_of(sharing(4096), file.get()), TEEC_ERROR_BAD_PARAMETERS) << "a file";
    EXPECT_EQ(client_->result_of(sharing(4096), memory_of(4096, 0).get()), TEEC_ERROR_BAD_PARAMETERS) << "not sealed";
    EXPECT_EQ(client_->result_of(sharing(4096), memory_of(4096, F_SEAL_GROW).get()), TEEC_ERROR_BAD_PARAMETERS)
        << "it could shrink under the server";
    EXPECT_EQ(client_->result_of(sharing(4096), memory_of(4095).get()), TEEC_ERROR_BAD_PARAMETERS) << "too small";
    EXPECT_EQ(client_->result_of(sharing(4096), memory_of(0).get()), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(client_->result_of(sharing(0), memory_of(4096).get()), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_NE(client_->result_of(sharing(4096), memory_of(4096, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE).get()),
              TEEC_SUCCESS) << "not writable";
    EXPECT_EQ(client_->result_of(sharing(4096), memory_of(4096).get()), TEEC_SUCCESS) << "the right one";
}

TEST_F(Hostile, SeveralDescriptorsAreAsNone) {
    const UniqueFd one = memory_of(4096);
    const UniqueFd two = memory_of(4096);
    const std::vector<std::byte> packet = packet_of(sharing(4096));
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    iovec part{const_cast<std::byte*>(packet.data()), packet.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const std::array<int, 2> fds = {one.get(), two.get()};
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof fds);
    ASSERT_GT(sendmsg(client_->socket(), &message, MSG_NOSIGNAL), 0);
    const auto answer = client_->answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->result, TEEC_ERROR_BAD_PARAMETERS);
}

TEST_F(Hostile, NoDescriptorStaysBehind) {
    const UniqueFd memory = memory_of(4096);
    const uint32_t session = client_->open();
    const size_t before = open_descriptors();
    for (int i = 0; i < 50; ++i) {
        (void)client_->ask(RawClient::invocation(session), memory.get());  // where none belongs
        (void)client_->ask(sharing(8192), memory.get());                   // refused
        const auto shared = client_->ask(sharing(4096), memory.get());
        ASSERT_TRUE(shared && shared->result == TEEC_SUCCESS);
        wire::Request release;
        release.kind = wire::Kind::release;
        release.number = shared->number;
        EXPECT_TRUE(client_->ask(release));
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Hostile, BuffersAreLimitedInSizeAndNumber) {
    const uint64_t too_much = wire::kSharedBytesMax + 1;
    EXPECT_EQ(client_->result_of(sharing(too_much), memory_of(too_much).get()), TEEC_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(client_->result_of(sharing(UINT64_MAX), memory_of(4096).get()), TEEC_ERROR_BAD_PARAMETERS);
    const UniqueFd memory = memory_of(4096);
    std::optional<wire::Answer> last;
    for (size_t i = 0; i < wire::kBuffersMax; ++i) {
        last = client_->ask(sharing(4096), memory.get());
        ASSERT_TRUE(last && last->result == TEEC_SUCCESS) << i;
    }
    EXPECT_EQ(client_->result_of(sharing(4096), memory.get()), TEEC_ERROR_OUT_OF_MEMORY);
    wire::Request release;
    release.kind = wire::Kind::release;
    release.number = last->number;
    EXPECT_TRUE(client_->ask(release));
    EXPECT_TRUE(client_->ask(release)) << "a second release does nothing";
    EXPECT_EQ(client_->result_of(sharing(4096), memory.get()), TEEC_SUCCESS);
}

TEST_F(Hostile, ReferencesOutsideOfTheBuffersAreRefused) {
    const auto shared = client_->ask(sharing(4096), memory_of(4096).get());
    ASSERT_TRUE(shared && shared->result == TEEC_SUCCESS);
    const uint32_t session = client_->open();
    const auto with = [&](uint32_t buffer, uint64_t offset, uint64_t size) {
        wire::Request request = RawClient::invocation(session);
        request.types = TEE_PARAM_TYPE_MEMREF_INOUT << 12;
        request.params[3] = {0, 0, buffer, offset, size};
        return client_->result_of(request);
    };
    EXPECT_EQ(with(shared->number, 0, 4096), TEEC_SUCCESS);
    EXPECT_EQ(with(shared->number, 4096, 0), TEEC_SUCCESS);
    EXPECT_EQ(with(0, 0, 0), TEEC_SUCCESS) << "a null reference";
    const int served = TestTa::now().closed;
    EXPECT_EQ(with(shared->number, 0, 4097), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(with(shared->number, 1, 4096), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(with(shared->number, 4097, 0), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(with(shared->number, UINT64_MAX, 2), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(with(shared->number, 2, UINT64_MAX), TEEC_ERROR_BAD_PARAMETERS);
    EXPECT_EQ(with(shared->number + 1, 0, 1), TEEC_ERROR_BAD_PARAMETERS) << "no such buffer";
    EXPECT_EQ(with(0, 0, 1), TEEC_ERROR_BAD_PARAMETERS) << "null with a size";
    RawClient other(directory_.path());
    const uint32_t others_session = other.open();
    wire::Request request = RawClient::invocation(others_session);
    request.types = TEE_PARAM_TYPE_MEMREF_INPUT;
    request.params[0] = {0, 0, shared->number, 0, 1};
    EXPECT_EQ(other.result_of(request), TEEC_ERROR_BAD_PARAMETERS) << "another connection's buffer";
    EXPECT_EQ(TestTa::now().closed, served);
}

TEST_F(Hostile, AnothersSessionIsNobodysBusiness) {
    const uint32_t session = client_->open();
    RawClient other(directory_.path());
    EXPECT_EQ(other.result_of(RawClient::invocation(session)), TEEC_ERROR_BAD_PARAMETERS);
    wire::Request close;
    close.kind = wire::Kind::close_session;
    close.number = session;
    EXPECT_TRUE(other.ask(close));
    EXPECT_EQ(TestTa::now().closed, 0);
    EXPECT_EQ(client_->result_of(RawClient::invocation(session)), TEEC_SUCCESS);
}

TEST_F(Hostile, WhoHangsUpLosesTheSessionsAndNothingElse) {
    for (int i = 0; i < 5; ++i) EXPECT_NE(client_->open(), 0U);
    client_->hang_up();
    EXPECT_TRUE(soon([] { return TestTa::now().closed == 5; }));
}

}  // namespace
}  // namespace festore::sim
