// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/sides.h"

#include "base/limits.h"

#include <filesystem>
#include <fstream>
#include <optional>

namespace festore::bench {
namespace {

constexpr const char* kName = "large";
constexpr size_t kSegment = limits::kSegmentBytesServed;

const char* name_of(probe_cipher cipher) { return cipher == PROBE_AES_256_GCM ? "aes-256-gcm" : "chacha20-poly1305"; }

void must_be(const std::vector<std::byte>& content, const std::vector<std::byte>& expected, const std::string& what) {
    if (content != expected) throw Failed(what + " gave another content back than was put");
}

class StoreSide : public Side {
public:
    StoreSide(const std::string& its_name, const TestStore& store, const std::vector<std::byte>& content)
        : Side(its_name, 0, content.size(), 1), content_(content), store_(store) {}
    void begin() override {
        client_.emplace(store_.connect());
        if (const auto info = client_->stat(object_name(0)); !info) throw Failed(info.error().message);
    }
    void end() override { client_.reset(); }

protected:
    void put() {
        if (const auto done = client_->put(kName, content_); !done) throw Failed(done.error().message);
    }
    void get() {
        Result<std::vector<std::byte>> got = client_->get(kName);
        if (!got) throw Failed(got.error().message);
        got_ = std::move(*got);
    }
    std::optional<Client> client_;
    std::vector<std::byte> got_;
    const std::vector<std::byte>& content_;

private:
    const TestStore& store_;
};

class StorePut final : public StoreSide {
public:
    StorePut(const TestStore& store, const std::vector<std::byte>& content) : StoreSide("festore.put_large", store, content) {}
    void run(size_t) override { put(); }
};

class StoreGet final : public StoreSide {
public:
    StoreGet(const TestStore& store, const std::vector<std::byte>& content) : StoreSide("festore.get_large", store, content) {}
    void begin() override {
        StoreSide::begin();
        if (!client_->stat(kName)) put();
    }
    void run(size_t) override { get(); }
    void check(size_t) override { must_be(std::exchange(got_, {}), content_, name); }
};

// In parts of call_bytes: copied into memory that both worlds share, sealed (or opened) by the probe, and copied out.
class Bare final : public Side {
public:
    Bare(bool opens, probe_cipher cipher, size_t call_bytes, const std::vector<std::byte>& content)
        : Side(std::string("primitive.") + (opens ? "open." : "seal.") + name_of(cipher) + ".per_" +
                   std::to_string(call_bytes / 1024) + "_kib",
               0, content.size(), 1),
          opens_(opens), cipher_(cipher), call_bytes_(call_bytes), content_(content) {}
    void begin() override {
        probe_.emplace();
        probe_->share(sealed_bytes(call_bytes_), sealed_bytes(call_bytes_));
        got_.resize(bytes);
        const bool first = sealed_.empty();
        sealed_.resize(sealed_bytes(bytes));
        if (first && opens_) transform(false);
    }
    void run(size_t) override { transform(opens_); }
    void check(size_t) override {
        if (opens_) must_be(got_, content_, name);
    }
    void end() override {
        probe_.reset();
        got_ = {};
    }

private:
    static size_t sealed_bytes(size_t plain) { return plain + (plain + kSegment - 1) / kSegment * PROBE_TAG_BYTES; }
    void transform(bool opens) {
        const Bytes from = opens ? Bytes(sealed_) : Bytes(content_);
        const MutableBytes to = opens ? MutableBytes(got_) : MutableBytes(sealed_);
        const size_t part_bytes = opens ? sealed_bytes(call_bytes_) : call_bytes_;
        size_t written = 0;
        for (size_t read = 0; read < from.size(); read += part_bytes) {
            const Bytes part = from.subspan(read, std::min(part_bytes, from.size() - read));
            copy_bytes(part, probe_->input());
            const size_t size = opens ? probe_->open(cipher_, part.size()) : probe_->seal(cipher_, part.size());
            copy_bytes(probe_->output().first(size), to.subspan(written));
            written += size;
        }
    }

    const bool opens_;
    const probe_cipher cipher_;
    const size_t call_bytes_;
    const std::vector<std::byte>& content_;
    std::vector<std::byte> sealed_;
    std::vector<std::byte> got_;
    std::optional<ProbeSession> probe_;
};

class Stock final : public Side {
public:
    Stock(bool puts, size_t how_many, size_t content_bytes)
        : Side(puts ? "stock.put_large" : "stock.get_large", how_many, content_bytes, 1), puts_(puts) {}
    void begin() override {
        probe_.emplace();
        if (!puts_) probe_->put(kName, content_, PROBE_PUT_WHOLE);
    }
    void run(size_t) override {
        if (puts_) probe_->put(kName, content_, PROBE_PUT_WHOLE);
        else got_ = probe_->get(kName, bytes);
    }
    void check(size_t) override {
        if (!puts_) must_be(got_, content_, name);
    }
    void end() override {
        probe_->remove(kName);
        probe_.reset();
    }

private:
    const bool puts_;
    const std::vector<std::byte> content_ = content_of(bytes, 11);
    std::vector<std::byte> got_;
    std::optional<ProbeSession> probe_;
};

class CommandSide final : public Side {
public:
    CommandSide(bool puts, const TestStore& store, const std::string& festore, const std::vector<std::byte>& content)
        : Side(puts ? "command.put_large" : "command.get_large", 0, content.size(), 1), puts_(puts), content_(content),
          command_{festore, "--quiet", "--store", store.options.store_directory, puts ? "put" : "get", "by-command", kFile} {}
    void begin() override {
        std::ofstream(kFile, std::ios::binary)
            .write(reinterpret_cast<const char*>(content_.data()), static_cast<std::streamsize>(content_.size()));
        std::vector<std::string> put = command_;
        put[4] = "put";
        if (!puts_) run_command(put, "/dev/null");
    }
    void run(size_t) override { run_command(command_, "/dev/null"); }
    void end() override { std::filesystem::remove(kFile); }

private:
    static constexpr const char* kFile = "/tmp/festore-bench.content";  // in memory in the emulated machine
    const bool puts_;
    const std::vector<std::byte>& content_;
    const std::vector<std::string> command_;
};

}  // namespace

Sides bulk_sides(const TestStore& store, const std::string& store_cipher, size_t bytes, size_t stock_bytes, size_t stock_objects,
                 const std::string& festore) {
    static const std::vector<std::byte> content = content_of(bytes, 5);
    Sides sides;
    sides.push_back(std::make_unique<StorePut>(store, content));
    sides.push_back(std::make_unique<StoreGet>(store, content));
    for (const probe_cipher cipher : {PROBE_AES_256_GCM, PROBE_CHACHA20_POLY1305}) {
        if (!ProbeSession().can_seal(cipher)) continue;
        const bool of_store = store_cipher == name_of(cipher);
        for (const bool opens : {false, true}) {
            sides.push_back(std::make_unique<Bare>(opens, cipher, kBareCallBytes, content));
            // Shows what the calls themselves cost.
            if (of_store) sides.push_back(std::make_unique<Bare>(opens, cipher, kSegment, content));
        }
    }
    for (const bool puts : {true, false}) {
        sides.push_back(std::make_unique<Stock>(puts, stock_objects, stock_bytes));
        sides.push_back(std::make_unique<CommandSide>(puts, store, festore, content));
    }
    return sides;
}

}  // namespace festore::bench
