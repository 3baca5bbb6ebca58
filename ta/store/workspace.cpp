// SPDX-License-Identifier: BSD-2-Clause
#include "ta/store/workspace.h"

namespace festore::ta {

Status Workspace::use(Bytes device_key, const engine::RootRecord& record) {
    if (!keys_ || store_id_ != record.store_id || epoch_ != record.epoch) {
        keys_.reset();
        keys_.emplace(FESTORE_TRY(engine::derive_store_keys(crypto_, device_key, record)));
        store_id_ = record.store_id;
        epoch_ = record.epoch;
    }
    pages.attach(*keys_, {record.store_id, record.epoch, record.cipher});
    return {};
}

}  // namespace festore::ta
