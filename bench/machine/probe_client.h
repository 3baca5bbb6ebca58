// SPDX-License-Identifier: BSD-2-Clause
// A session with the probe (bench/probe/probe.h). Throws Failed. Not thread safe.
#pragma once
#include "base/bytes.h"
#include "bench/machine/measures.h"
#include "bench/probe/probe.h"
#include "client/tee/tee_choice.h"

namespace festore::bench {

class ProbeSession {
public:
    ProbeSession();
    ~ProbeSession();
    ProbeSession(const ProbeSession&) = delete;
    ProbeSession& operator=(const ProbeSession&) = delete;

    void empty();
    void put(const std::string& id, Bytes content, probe_put how);
    [[nodiscard]] std::vector<std::byte> get(const std::string& id, size_t room);
    void remove(const std::string& id);
    void hold(const std::string& id);
    void write(uint32_t value);

    [[nodiscard]] bool can_seal(probe_cipher cipher);  // before share()
    // Makes memory that both worlds share; it lives as long as the session. Call it once.
    MutableBytes share(size_t input_bytes, size_t output_bytes);
    // Seals or opens the first `size` bytes of the input into the output, in segments of festore's size. Returns the output's size.
    size_t seal(probe_cipher cipher, size_t size) { return transform(PROBE_SEAL, cipher, size); }
    size_t open(probe_cipher cipher, size_t size) { return transform(PROBE_OPEN, cipher, size); }
    [[nodiscard]] MutableBytes input() const { return {static_cast<std::byte*>(shared_.buffer), input_bytes_}; }
    [[nodiscard]] MutableBytes output() const {
        return {static_cast<std::byte*>(shared_.buffer) + input_bytes_, shared_.size - input_bytes_};
    }

private:
    TEEC_Result call(probe_command command, TEEC_Operation& operation);
    void invoke(probe_command command, TEEC_Operation& operation);
    size_t transform(probe_command command, probe_cipher cipher, size_t size);

    LoadedTee tee_;
    TEEC_Context context_{};
    TEEC_Session session_{};
    TEEC_SharedMemory shared_{};
    size_t input_bytes_ = 0;
};

}  // namespace festore::bench
