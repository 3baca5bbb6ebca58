// SPDX-License-Identifier: BSD-2-Clause
// A model of what a store must hold after the library's operations. It runs all operations and compares their results with the model.
#pragma once
#include "festore/client.hpp"
#include "fuzz/target.h"

#include <map>
#include <string>

namespace festore::fuzz {

// A content of consecutive letters.
std::string letters(size_t size, char seed);
PutOptions dated(bool if_absent = false);

class ClientModel {
public:
    enum class Trust {
        nothing,    // the TEE lies, or the storage has no model: it only must not crash
        successes,  // the TEE is honest, the directory was changed: results are right, and existing objects are never reported missing
        all,        // the TEE is honest, and the directory is as the library left it: each result is known
    };
    ClientModel(Input& in, std::map<std::string, std::string> objects, Trust trust, bool record_lost)
        : in_(in), objects_(std::move(objects)), first_names_(objects_), trust_(trust), record_lost_(record_lost) {}
    void one_step(Client& client);

private:
    // Without a record there is no store: results are not compared, except that no object may be found.
    [[nodiscard]] bool is_known() const { return trust_ != Trust::nothing && !is_gone_ && !record_lost_; }
    [[nodiscard]] bool has(const std::string& name) const { return objects_.contains(name); }
    std::string pick();
    // Checks an operation that needs the object or, if `needed` is false, one that does not. Returns whether it succeeded.
    template <class T>
    bool check(const Result<T>& result, const std::string& name, bool needed = true);
    void put_is_done(const std::string& name, std::string content);

    void get(Client& client, const std::string& name);
    void stat(Client& client, const std::string& name);
    void list(Client& client);
    void status(Client& client);
    void rename(Client& client, const std::string& name);
    void remove(Client& client, const std::string& name);
    void put(Client& client, const std::string& name, size_t size, bool if_absent);
    void batch(Client& client, const std::string& name);
    void read_stream(Client& client, const std::string& name);
    void write_stream(Client& client, const std::string& name);
    void verify(Client& client, const std::string& name);
    void destroy(Client& client);
    void repair(Client& client);
    void acknowledge(Client& client);
    void records(Client& client);

    Input& in_;
    std::map<std::string, std::string> objects_;
    const std::map<std::string, std::string> first_names_;
    Trust trust_;
    bool record_lost_;         // by the TEE, until a repair
    bool is_gone_ = false;     // destroyed, until a put makes another one
    bool to_acknowledge_ = false;
};

}  // namespace festore::fuzz
