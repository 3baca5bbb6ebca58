// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/client_model.h"

#include "base/name.h"

namespace festore::fuzz {
namespace {

bool is_name(const std::string& name) { return check_name(bytes_of(name)) == NameFault::none; }

uint64_t bytes_in(const std::map<std::string, std::string>& objects) {
    uint64_t bytes = 0;
    for (const auto& object : objects) bytes += object.second.size();
    return bytes;
}

}  // namespace

std::string letters(size_t size, char seed) {
    std::string content(size, seed);
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>(seed + static_cast<char>(i % 23));
    return content;
}

PutOptions dated(bool if_absent) {
    PutOptions options;
    options.modified = 1577836800;
    options.if_absent = if_absent;
    return options;
}

std::string ClientModel::pick() {
    const size_t n = in_.below(first_names_.size() + 2);
    if (n >= first_names_.size()) return n % 2 == 0 ? "new" : std::string(text_of(in_.sized(40)));
    return std::next(first_names_.begin(), static_cast<long>(n))->first;
}

template <class T>
bool ClientModel::check(const Result<T>& result, const std::string& name, bool needed) {
    if (trust_ == Trust::nothing) return result.has_value();
    if (!is_known()) {
        require(!result || !needed, "without a store, no object is found");
        return result.has_value();
    }
    if (result) require(!needed || has(name), "an operation on an object succeeds only if the object exists");
    else require(!has(name) || result.error().code != ErrorCode::not_found, "an existing object is not reported missing");
    if (trust_ != Trust::all) return result.has_value();
    if (!is_name(name)) require(!result && result.error().code == ErrorCode::usage, "an invalid name is a usage error");
    else if (needed && !has(name)) require(!result && result.error().code == ErrorCode::not_found, "a missing object is reported missing");
    else require(result.has_value(), "a possible operation succeeds");
    return result.has_value();
}

// If there is no store, a put makes one.
void ClientModel::put_is_done(const std::string& name, std::string content) {
    if (is_gone_) objects_.clear();
    is_gone_ = false;
    objects_[name] = std::move(content);
}

void ClientModel::get(Client& client, const std::string& name) {
    const auto got = client.get(name);
    if (check(got, name) && is_known()) require(text_of(*got) == objects_.at(name), "a content is right");
}

void ClientModel::stat(Client& client, const std::string& name) {
    const auto info = client.stat(name);
    if (check(info, name) && is_known())
        require(info->name == name && info->size == objects_.at(name).size() && info->version > 0, "the metadata of an object are right");
}

void ClientModel::list(Client& client) {
    const std::string prefix = in_.one_in(2) ? "object " : "";
    const auto listing = client.list(prefix);
    if (!is_known()) return;
    require(listing || trust_ != Trust::all, "a listing succeeds");
    if (!listing) return;
    const auto is_missing = [&](const std::string& name) {
        return std::any_of(listing->missing.begin(), listing->missing.end(), [&](const MissingRange& range) {
            return (range.without_from ? range.from < name : range.from <= name) && (range.before.empty() || name < range.before);
        });
    };
    require(listing->missing.empty() || trust_ != Trust::all, "a listing is complete");
    auto object = listing->objects.begin();
    for (const auto& [name, content] : objects_) {
        if (!name.starts_with(prefix) || is_missing(name)) continue;
        require(object != listing->objects.end() && object->name == name && object->size == content.size(), "a listing has every object");
        ++object;
    }
    require(object == listing->objects.end() && listing->damaged == 0, "a listing has no other object, and no damage");
}

void ClientModel::status(Client& client) {
    const auto info = client.store()->status();
    if (!is_known()) return;
    require(info || trust_ != Trust::all, "a store has a status");
    if (info) require(info->objects == objects_.size() && info->content_bytes == bytes_in(objects_), "the status counts all objects");
}

void ClientModel::rename(Client& client, const std::string& name) {
    const std::string to = pick();
    const auto renamed = client.store()->rename(name, to, true);
    // An invalid new name may be reported first.
    if (!is_name(to)) return require(!renamed || trust_ == Trust::nothing, "no object gets an invalid name");
    if (!check(renamed, name) || !is_known()) return;
    const std::string content = objects_.at(name);
    objects_.erase(name);
    objects_[to] = content;
}

void ClientModel::remove(Client& client, const std::string& name) {
    const auto removed = client.remove(name);
    if (check(removed, name) && is_known()) objects_.erase(name);
}

void ClientModel::put(Client& client, const std::string& name, size_t size, bool if_absent) {
    const std::string content = letters(size, static_cast<char>('a' + in_.u8() % 20));
    const auto stored = client.put(name, bytes_of(content), dated(if_absent));
    if (trust_ == Trust::nothing) return;
    if (if_absent && is_known() && has(name)) {
        require(!stored, "if_absent never replaces an object");
        return require(trust_ != Trust::all || stored.error().code == ErrorCode::conflict, "an existing object is a conflict");
    }
    if (!check(stored, name, false)) return;
    require(stored->size == size, "what was put has its size");
    put_is_done(name, content);
}

void ClientModel::batch(Client& client, const std::string& name) {
    auto transaction = client.store()->begin();
    if (is_known()) require(transaction || trust_ != Trust::all, "a batch begins");
    if (!transaction) return;
    auto next = objects_;
    const auto removed = transaction->remove(name);
    if (check(removed, name)) next.erase(name);
    const std::string to = pick();
    const std::string content = letters(in_.u8(), 'q');
    const std::string added = "of a batch";
    if (transaction->put(added, bytes_of(content), dated())) next[added] = content;
    if (is_name(to)) {
        const auto renamed = transaction->rename(added, to, true);
        if (renamed && next.contains(added)) {
            const std::string moved = next[added];
            next.erase(added);
            next[to] = moved;
        }
    }
    if (in_.one_in(4)) return;
    const auto committed = transaction->commit();
    if (is_known()) require(committed || trust_ != Trust::all, "a batch is committed");
    if (!committed) return;
    objects_ = next;
    is_gone_ = false;  // if there is no store, a batch makes one, like a put
}

void ClientModel::read_stream(Client& client, const std::string& name) {
    auto stream = client.read(name);
    if (!check(stream, name)) return;
    for (size_t reads = 1 + in_.below(4); reads > 0; --reads) {
        if (in_.one_in(2)) stream->seek(in_.one_in(8) ? in_.u64() : in_.u32() % 80000);
        const uint64_t at = stream->position();
        Content part(in_.u16() % 40000);
        const auto got = stream->read(part);
        if (!is_known()) continue;
        require(got || trust_ != Trust::all, "reading a stream succeeds");
        if (!got) continue;
        const std::string_view content = objects_.at(name);
        const std::string_view rest = at < content.size() ? content.substr(static_cast<size_t>(at), part.size()) : std::string_view{};
        require(text_of(Bytes(part).first(*got)) == rest, "a stream gives the right content");
    }
}

void ClientModel::write_stream(Client& client, const std::string& name) {
    auto stream = client.write(name, dated());
    if (!stream) return;
    std::string content;
    bool written = true;
    for (size_t parts = in_.below(4); parts > 0; --parts) {
        const std::string part = letters(in_.u16() % 20000, static_cast<char>('a' + in_.u8() % 20));
        written = stream->write(bytes_of(part)).has_value() && written;
        content += part;
    }
    if (in_.one_in(4)) return;
    const auto stored = stream->finish();
    if (trust_ == Trust::nothing) return;
    require(!stored || written, "a stream with a failed write is not stored");
    if (!check(stored, name, false)) return;
    require(stored->size == content.size(), "what was put has its size");
    put_is_done(name, content);
}

void ClientModel::verify(Client& client, const std::string& name) {
    VerifyOptions options;
    if (in_.one_in(4)) options.names = {name};
    options.remove_orphaned = in_.one_in(4);
    const auto report = client.verify(options);
    if (!is_known()) return;
    // A repair keeps the pages that it has replaced until it is acknowledged.
    const bool may_be_refused = !is_name(name) || (options.remove_orphaned && to_acknowledge_);
    require(report || trust_ != Trust::all || may_be_refused, "verifying a store succeeds");
    if (!report) return;
    if (trust_ == Trust::all) require(report->damaged.empty(), "an unchanged store is not damaged");
    require(report->objects <= objects_.size(), "no more objects are counted than exist");
    if (!options.names.empty()) return require(report->absent.empty() || !has(name), "an existing object is not reported missing");
    if (report->damaged.empty())
        require(report->objects == objects_.size() && report->content_bytes == bytes_in(objects_), "all objects are counted");
}

void ClientModel::destroy(Client& client) {
    DestroyOptions options;
    options.lost_directory = in_.one_in(8);
    const auto report = client.store()->destroy(options);
    if (trust_ == Trust::all && is_known() && !options.lost_directory)
        require(report && report->record_dropped && report->left.empty(), "a store is destroyed");
    if (!report && !is_known()) return;
    // The record is gone or may be gone, so the model no longer knows what the directory holds.
    if (!report || options.lost_directory || trust_ != Trust::all || record_lost_) trust_ = Trust::nothing;
    is_gone_ = true;
    to_acknowledge_ = false;
    objects_.clear();
}

void ClientModel::repair(Client& client) {
    const auto repaired = client.store()->repair();
    if (trust_ == Trust::nothing) return;
    if (is_known() || is_gone_) return require(!repaired, "a store that is intact or destroyed is not repaired");
    require(repaired || trust_ != Trust::all, "a store whose directory is intact is repaired");
    if (!repaired) return;
    require(repaired->freshness_lost, "freshness is lost");
    record_lost_ = false;
    to_acknowledge_ = true;
    if (trust_ != Trust::all) trust_ = Trust::nothing;  // it may be an earlier state, with pages that were not changed
}

void ClientModel::acknowledge(Client& client) {
    const auto done = client.store()->acknowledge();
    if (trust_ != Trust::all || !is_known()) return;
    if (to_acknowledge_) require(done && !done->freshness_lost, "the lost freshness is acknowledged");
    else require(!done && done.error().code == ErrorCode::conflict, "there is nothing to acknowledge");
    to_acknowledge_ = false;
}

void ClientModel::records(Client& client) {
    const auto all = client.store()->all_records();
    if (trust_ != Trust::nothing) require(!all, "only uid 0 may list all stores");
    const auto own = client.store()->record();
    if (!is_known()) return;
    if (trust_ == Trust::all) require(own.has_value(), "the TEE has a record");
    if (own) require(own->objects == objects_.size(), "a record counts all objects");
}

void ClientModel::one_step(Client& client) {
    const uint8_t what = in_.u8();
    const std::string name = pick();
    const bool needs_store = (what >= 104 && what < 112) || (what >= 116 && what < 136) || (what >= 146 && what < 158) ||
                             (what >= 204 && what < 224);
    if (needs_store && !client.store()) return;
    if (what < 64) return get(client, name);
    if (what < 80) return stat(client, name);
    if (what < 104) return list(client);
    if (what < 112) return status(client);
    if (what < 116) return (void)client.status();
    if (what < 120) {
        const auto made = client.store()->init();
        if (is_known()) require(!made, "a store is not made twice");
        else if (made) trust_ = Trust::nothing;
        return;
    }
    if (what < 136) return rename(client, name);
    if (what < 146) return remove(client, name);
    if (what < 158) return batch(client, name);
    if (what < 176) return read_stream(client, name);
    if (what < 192) return write_stream(client, name);
    if (what < 204) return verify(client, name);
    if (what < 208) return destroy(client);
    if (what < 214) return repair(client);
    if (what < 220) return acknowledge(client);
    if (what < 224) return records(client);
    put(client, name, what < 252 ? in_.u16() % 2000 : 40000, what % 8 == 0);
}

}  // namespace festore::fuzz
