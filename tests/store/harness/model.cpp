// SPDX-License-Identifier: BSD-2-Clause
#include "tests/store/harness/model.h"

namespace festore::store_test {
namespace {

constexpr size_t kPayload = 40000;
constexpr size_t kStreamed = 140000;

Objects objects_before() {
    Objects objects;
    for (unsigned i = 0; i < 60; ++i) objects["filler " + std::to_string(i)] = content_of(150 + i, i);
    objects["a"] = content_of(100);
    objects["p"] = content_of(kPayload);
    return objects;
}

template <class T>
Result<void> outcome(const Result<T>& answer) {
    if (!answer) return unexpected(answer.error());
    return {};
}

Result<void> put(Client& client, const std::string& name, const Content& content) {
    return outcome(client.put(name, content));
}

// The states of a verb that commits once.
template <class F>
std::vector<Model> two_states(F&& change) {
    Objects after = objects_before();
    change(after);
    return {objects_before(), after};
}

Result<void> make(Client& client, Anchor anchor) {
    InitOptions options;
    options.anchor = anchor;
    if (anchor == Anchor::rpmb)
        if (const auto made = client.store()->init(options); !made) return unexpected(made.error());
    return put(client, "a", content_of(100));
}

// Writes in parts of more than a segment each.
Result<void> stream(Client& client, Anchor) {
    Result<WriteStream> stream = client.write("p");
    if (!stream) return unexpected(stream.error());
    const Content content = content_of(kStreamed, 4);
    Result<void> done;
    for (Bytes rest = content; done && !rest.empty(); rest = rest.subspan(kStreamed / 2)) done = stream->write(rest.first(kStreamed / 2));
    return done ? outcome(stream->finish()) : done;
}

Result<void> batch(Client& client, Anchor) {
    Result<Transaction> transaction = client.store()->begin();
    if (!transaction) return unexpected(transaction.error());
    Result<void> done = outcome(transaction->put("x", content_of(500)));
    if (done) done = outcome(transaction->put("y", content_of(kPayload, 3)));
    if (done) done = transaction->remove("a");
    if (done) done = outcome(transaction->rename("p", "q"));
    if (done) done = outcome(transaction->put("q", content_of(20, 5)));
    return done ? outcome(transaction->commit()) : done;
}

}  // namespace

const std::vector<Verb>& all_verbs() {
    static const std::vector<Verb> verbs = {
        {"make", make, [] { return std::vector<Model>{std::nullopt, Objects{}, Objects{{"a", content_of(100)}}}; }},
        {"put", [](Client& c, Anchor) { return put(c, "new", content_of(100, 2)); },
         [] { return two_states([](Objects& o) { o["new"] = content_of(100, 2); }); }},
        {"put-payload", [](Client& c, Anchor) { return put(c, "new", content_of(70000, 2)); },
         [] { return two_states([](Objects& o) { o["new"] = content_of(70000, 2); }); }},
        {"replace", [](Client& c, Anchor) { return put(c, "a", content_of(200, 2)); },
         [] { return two_states([](Objects& o) { o["a"] = content_of(200, 2); }); }},
        {"replace-payload", [](Client& c, Anchor) { return put(c, "p", content_of(kPayload, 2)); },
         [] { return two_states([](Objects& o) { o["p"] = content_of(kPayload, 2); }); }},
        {"stream", stream, [] { return two_states([](Objects& o) { o["p"] = content_of(kStreamed, 4); }); }},
        {"remove", [](Client& c, Anchor) { return c.remove("p"); },
         [] { return two_states([](Objects& o) { o.erase("p"); }); }},
        {"rename", [](Client& c, Anchor) { return outcome(c.store()->rename("a", "p", true)); },
         [] { return two_states([](Objects& o) { o["p"] = o["a"], o.erase("a"); }); }},
        {"batch", batch, [] {
             return two_states([](Objects& o) {
                 o["x"] = content_of(500);
                 o["y"] = content_of(kPayload, 3);
                 o["q"] = content_of(20, 5);
                 o.erase("a");
                 o.erase("p");
             });
         }}};
    return verbs;
}

Device::Snapshot before_verb(Device& device, const Verb& verb, Anchor anchor) {
    device.restore({{{"/"}, {}}, {}});
    if (verb.states().front()) {
        Client client = device.connect();
        InitOptions options;
        options.anchor = anchor;
        EXPECT_TRUE(client.store()->init(options));
        Result<Transaction> transaction = client.store()->begin();
        for (const auto& [name, content] : objects_before()) EXPECT_TRUE(transaction->put(name, content));
        EXPECT_TRUE(transaction->commit());
        for (const char* name : {"a", "p", "filler 7"}) EXPECT_TRUE(put(client, name, objects_before().at(name)));
        EXPECT_GT(client.store()->status()->height, 1U);
        EXPECT_GT(client.store()->status()->free_pages, 0U);
    }
    return device.snapshot();
}

Model read_all(Device& device, const std::string& what) {
    Client client = device.connect();
    const Result<Listing> listing = client.list();
    if (!listing) {
        EXPECT_EQ(listing.error().code, ErrorCode::not_found) << what << ": " << listing.error().message;
        return std::nullopt;
    }
    EXPECT_TRUE(listing->missing.empty()) << what;
    Objects objects;
    for (const ObjectInfo& object : listing->objects) {
        const auto content = client.get(object.name);
        EXPECT_TRUE(content) << what << ": " << content.error().message;
        if (content) objects[object.name] = *content;
    }
    return objects;
}

}  // namespace festore::store_test
