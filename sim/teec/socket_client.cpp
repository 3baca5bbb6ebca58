// SPDX-License-Identifier: BSD-2-Clause
#include "sim/teec/socket_client.h"

#include "sim/teec/socket_start.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace festore::sim {
namespace {

constexpr size_t kScratchBytesMin = size_t{64} * 1024;

}  // namespace

SocketClient::~SocketClient() {
    if (scratch_.memory != nullptr) munmap(scratch_.memory, scratch_.size);
}

TEEC_Result SocketClient::connect() {
    std::string why;
    owner_ = getpid();
    const Reached reached = connect_or_start(socket_, why);
    if (reached == Reached::yes) return TEEC_SUCCESS;
    std::fprintf(stderr, "festore: simulated TEE: %s\n", why.c_str());
    return reached == Reached::busy ? TEEC_ERROR_BUSY : TEEC_ERROR_ITEM_NOT_FOUND;
}

bool SocketClient::ask(const wire::Request& request, int memory_fd, wire::Answer& answer) {
    UniqueFd nothing;
    wire::Answer received;
    const bool ours = socket_ && owner_ == getpid();
    if (ours && send_message(socket_.get(), request, memory_fd) && receive_message(socket_.get(), received, nothing)) {
        answer = received;
        return true;
    }
    answer = {};
    answer.result = TEEC_ERROR_COMMUNICATION;
    answer.origin = TEEC_ORIGIN_COMMS;
    if (ours) socket_.reset();  // a late answer must not be taken for the answer to a later request
    return false;
}

TEEC_Result SocketClient::share(size_t size, SharedBuffer& buffer) {
    const UniqueFd fd(memfd_create("festore-sim", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd || ftruncate(fd.get(), static_cast<off_t>(size)) != 0 ||
        fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return TEEC_ERROR_OUT_OF_MEMORY;
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) return TEEC_ERROR_OUT_OF_MEMORY;
    wire::Request request;
    request.kind = wire::Kind::share;
    request.size = size;
    wire::Answer answer;
    ask(request, fd.get(), answer);
    if (answer.result != TEEC_SUCCESS) munmap(memory, size);
    else buffer = {answer.number, static_cast<std::byte*>(memory), size};
    return answer.result;
}

void SocketClient::release(SharedBuffer& buffer) {
    if (buffer.memory == nullptr) return;
    wire::Request request;
    request.kind = wire::Kind::release;
    request.number = buffer.number;
    wire::Answer answer;
    ask(request, -1, answer);
    munmap(buffer.memory, buffer.size);
    buffer = {};
}

TEEC_Result SocketClient::scratch(size_t size, SharedBuffer*& buffer) {
    buffer = &scratch_;
    if (scratch_.memory != nullptr && scratch_.size >= size) return TEEC_SUCCESS;
    release(scratch_);
    return share(std::max(size, kScratchBytesMin), scratch_);
}

}  // namespace festore::sim
