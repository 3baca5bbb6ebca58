// SPDX-License-Identifier: BSD-2-Clause
// What a store must hold after what was done to it by the library, and everything that can be done, compared with that.
#pragma once
#include "festore/client.hpp"
#include "fuzz/target.h"

#include <map>
#include <string>

namespace festore::fuzz {

// A content of letters in a row.
std::string letters(size_t size, char seed);
PutOptions dated(bool if_absent = false);

class ClientModel {
public:
    enum class Trust {
        nothing,    // the TEE lies, or the storage has no model: no crash is all
        successes,  // the TEE is honest, the directory was changed: what is given is right, and existing objects are never reported missing
        all,        // and the directory is as the library left it: each result is known
    };
    ClientModel(Input& in, std::map<std::string, std::string> objects, Trust trust, bool record_lost)
        : in_(in), objects_(std::move(objects)), first_names_(objects_), trust_(trust), record_lost_(record_lost) {}
    void one_step(Client& client);

private:
    // With no record there is no store, and what is said of it is not compared, but that nothing is given.
    [[nodiscard]] bool is_known() const { return trust_ != Trust::nothing && !is_gone_ && !record_lost_; }
    [[nodiscard]] bool has(const std::string& name) const { return objects_.contains(name); }
    std::string pick();
    // An operation that needs the object, or, where `needed` is false, one that does not.
    template <class T>
    bool check(const Expected<T>& result, const std::string& name, bool needed = true);
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
