// SPDX-License-Identifier: BSD-2-Clause
#include "bench/machine/sides.h"

#include <fstream>
#include <optional>

namespace festore::bench {
namespace {

void must_be(Bytes content, const std::vector<std::byte>& expected, const std::string& what) {
    if (!std::equal(content.begin(), content.end(), expected.begin(), expected.end()))
        throw Failed(what + " gave another content back than was put");
}

class EmptyCall final : public Side {
public:
    explicit EmptyCall(size_t runs) : Side("primitive.empty_call", 0, 0, runs) {}
    void begin() override {
        probe_.emplace();
        probe_->empty();
    }
    void end() override { probe_.reset(); }
    void run(size_t) override { probe_->empty(); }

private:
    std::optional<ProbeSession> probe_;
};

class HeldWrite final : public Side {
public:
    explicit HeldWrite(size_t runs) : Side("primitive.write_256", 0, PROBE_RECORD_BYTES, runs) {}
    void begin() override {
        probe_.emplace();
        probe_->hold("held");
        probe_->write(0);
    }
    void end() override { probe_.reset(); }
    void run(size_t i) override { probe_->write(static_cast<uint32_t>(i)); }

private:
    std::optional<ProbeSession> probe_;
};

// Uses objects from all over the store, in turn.
class StoreSide : public Side {
public:
    StoreSide(const std::string& its_name, const TestStore& store, size_t runs)
        : Side(its_name, store.objects, kSmallBytes, runs), store_(store) {}
    // Reads the objects first, so that this client's cache is warm.
    void begin() override {
        client_.emplace(store_.connect());
        for (size_t i = 0; i < times; ++i) get(i);
    }
    void end() override { client_.reset(); }

protected:
    [[nodiscard]] std::string name_of(size_t i) const { return object_name(i * objects / times % objects); }
    std::vector<std::byte> get(size_t i) {
        Result<std::vector<std::byte>> content = client_->get(name_of(i));
        if (!content) throw Failed(content.error().message);
        return std::move(*content);
    }
    std::optional<Client> client_;

private:
    const TestStore& store_;
};

class StorePut final : public StoreSide {
public:
    StorePut(const TestStore& store, size_t runs) : StoreSide("festore.put_100", store, runs) {}
    void begin() override {
        StoreSide::begin();
        content_ = content_of(kSmallBytes, ++round_);
        run(0);
    }
    void run(size_t i) override {
        if (const auto put = client_->put(name_of(i), content_); !put) throw Failed(put.error().message);
    }
    void check(size_t i) override { must_be(get(i), content_, name); }

private:
    std::vector<std::byte> content_;
    size_t round_ = 0;
};

class StoreGet final : public StoreSide {
public:
    StoreGet(const TestStore& store, size_t runs) : StoreSide("festore.get_100", store, runs) {}
    void run(size_t i) override { got_ = get(i); }
    void check(size_t) override {
        if (got_.size() != kSmallBytes) throw Failed(name + " gave another content back than was put");
    }

private:
    std::vector<std::byte> got_;
};

class StockSide : public Side {
public:
    StockSide(const std::string& its_name, size_t how_many, size_t runs) : Side(its_name, how_many, kSmallBytes, runs) {}
    void begin() override {
        probe_.emplace();
        probe_->empty();
    }
    void end() override { probe_.reset(); }

protected:
    [[nodiscard]] std::string name_of(size_t i) const { return object_name(i * objects / times % objects); }
    std::optional<ProbeSession> probe_;
};

class StockPut final : public StockSide {
public:
    StockPut(probe_put how, size_t how_many, size_t runs)
        : StockSide(how == PROBE_PUT_WHOLE ? "stock.put_100" : "stock.put_100_in_two_steps", how_many, runs), how_(how) {}
    void run(size_t i) override { probe_->put(name_of(i), content_, how_); }
    void check(size_t i) override { must_be(probe_->get(name_of(i), kSmallBytes), content_, name); }

private:
    probe_put how_;
    const std::vector<std::byte> content_ = content_of(kSmallBytes, 7);
};

class StockGet final : public StockSide {
public:
    StockGet(size_t how_many, size_t runs) : StockSide("stock.get_100", how_many, runs) {}
    void run(size_t i) override { got_ = probe_->get(name_of(i), kSmallBytes); }
    void check(size_t) override {
        if (got_.size() != kSmallBytes) throw Failed(name + " gave another content back than was put");
    }

private:
    std::vector<std::byte> got_;
};

class CommandSide final : public Side {
public:
    CommandSide(bool puts, const TestStore& store, const std::string& festore, size_t runs)
        : Side(puts ? "command.put_100" : "command.get_100", store.objects, kSmallBytes, runs),
          file_(store.options.store_directory + ".content"),
          command_{festore, "--store", store.options.store_directory, puts ? "put" : "get", object_name(3), file_} {}
    void begin() override {
        const auto content = content_of(kSmallBytes, 9);
        std::ofstream(file_, std::ios::binary).write(reinterpret_cast<const char*>(content.data()), kSmallBytes);
    }
    void run(size_t) override { run_command(command_, "/dev/null"); }

private:
    const std::string file_;
    const std::vector<std::string> command_;
};

}  // namespace

Sides small_sides(std::span<const TestStore> stores, const TestStore& of_commands, size_t stock_objects,
                  const std::string& festore, const Times& times) {
    Sides sides;
    sides.push_back(std::make_unique<EmptyCall>(times.primitive));
    sides.push_back(std::make_unique<HeldWrite>(times.store));
    for (const TestStore& store : stores) {
        sides.push_back(std::make_unique<StorePut>(store, times.store));
        sides.push_back(std::make_unique<StoreGet>(store, times.store));
    }
    sides.push_back(std::make_unique<StockPut>(PROBE_PUT_WHOLE, stock_objects, times.stock));
    sides.push_back(std::make_unique<StockPut>(PROBE_PUT_CREATE_WRITE, stock_objects, times.stock));
    sides.push_back(std::make_unique<StockGet>(stock_objects, times.stock));
    sides.push_back(std::make_unique<CommandSide>(true, of_commands, festore, times.command));
    sides.push_back(std::make_unique<CommandSide>(false, of_commands, festore, times.command));
    return sides;
}

}  // namespace festore::bench
