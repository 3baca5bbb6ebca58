// SPDX-License-Identifier: BSD-2-Clause
// The simulated TEE's server in a thread of the test, so the sanitizers see both ends, with the two TAs of
// tests/sim/harness.h; and clients that use its socket directly.
#pragma once
#include "sim/server/counters.h"
#include "sim/server/server.h"
#include "sim/teec/socket_start.h"
#include "tests/sim/harness.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <future>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace festore::sim {

inline constexpr auto kPatience = std::chrono::seconds(20);  // for what should take no time at all

// Waits until the condition is true; false after kPatience.
template <class F>
bool soon(F condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

// A connection without the client library. It gets no answers after the server has hung up.
class RawClient {
public:
    explicit RawClient(const std::filesystem::path& directory) {
        std::string why;
        reached = connect_to_server(directory, socket_, why);
        const timeval limit{kPatience.count(), 0};
        if (socket_) setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    std::optional<wire::Answer> ask(const wire::Request& request, int memory = -1) {
        if (!send_message(socket_.get(), request, memory)) return std::nullopt;
        return answer();
    }
    std::optional<wire::Answer> answer() {
        wire::Answer answer;
        UniqueFd nothing;
        if (!receive_message(socket_.get(), answer, nothing)) return std::nullopt;
        return answer;
    }
    // True if the server hangs up without an answer.
    bool is_dropped() {
        std::array<char, 1024> buffer{};
        const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        return got == 0 || (got < 0 && errno == ECONNRESET);
    }
    uint32_t open(const Uuid& ta = kTa) {
        wire::Request request;
        request.kind = wire::Kind::open_session;
        request.ta = ta;
        const auto opened = ask(request);
        return opened && opened->result == 0 ? opened->number : 0;
    }
    uint32_t result_of(const wire::Request& request, int memory = -1) {
        const auto got = ask(request, memory);
        return got ? got->result : 0xDEAD;
    }
    static wire::Request invocation(uint32_t session) {
        wire::Request request;
        request.kind = wire::Kind::invoke;
        request.number = session;
        return request;
    }
    [[nodiscard]] int socket() const { return socket_.get(); }
    void hang_up() { socket_.reset(); }

    Reached reached = Reached::failed;

private:
    UniqueFd socket_;
};

class ServerTest : public testing::Test {
protected:
    void SetUp() override {
        TestTa::now() = {};
        TestTa::now().work = [](uint32_t, TEE_Param*) -> uint32_t { return TEE_SUCCESS; };
        setenv("FESTORE_SIM_DIR", directory_.path().c_str(), 1);
        setenv("FESTORE_SIM_TEED", "/no/such/server", 1);  // no other server is started
    }
    void TearDown() override {
        end_server();
        TestTa::now() = {};
        unsetenv("FESTORE_SIM_DIR");
        unsetenv("FESTORE_SIM_TEED");
    }
    void serve(std::chrono::seconds idle = std::chrono::seconds(0)) {
        ServerConfig config;
        config.directory = directory_.path();
        config.idle = idle;
        std::promise<void> listening;
        config.on_listening = [&] { listening.set_value(); };
        ended_ = false;
        server_ = std::thread([this, config] {
            const std::array images = {image_of(kTa), image_of(kOtherTa)};
            exit_code_ = run_server(config, images);
            ended_ = true;
        });
        ASSERT_EQ(listening.get_future().wait_for(kPatience), std::future_status::ready);
    }
    // Ends the server by SIGTERM. Returns its exit code.
    int end_server() {
        if (!server_.joinable()) return exit_code_;
        if (!ended_) std::raise(SIGTERM);
        server_.join();
        return exit_code_;
    }
    // True if a well-behaved client is served.
    bool serves_others() {
        RawClient client(directory_.path());
        const uint32_t session = client.open(kOtherTa);
        return session != 0 && client.result_of(RawClient::invocation(session)) == TEE_SUCCESS;
    }
    static size_t open_descriptors() {
        size_t count = 0;
        DIR* all = opendir("/proc/self/fd");
        while (readdir(all) != nullptr) ++count;
        closedir(all);
        return count;
    }

    TemporaryDirectory directory_;
    std::atomic<bool> ended_ = true;

private:
    std::thread server_;
    int exit_code_ = -1;
};

}  // namespace festore::sim
