// SPDX-License-Identifier: BSD-2-Clause
#include "client/tee/tee_choice.h"

#include "base/result.h"
#include "client/tee/device.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <vector>

namespace festore {
namespace {

Error no_tee(std::string message) { return {ErrorCode::no_tee, std::move(message), 0, 0}; }

std::string path_of(void* library, const std::string& otherwise) {
    link_map* map = nullptr;
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr || map->l_name == nullptr) return otherwise;
    return map->l_name;
}

template <class F>
bool find(void* library, const char* name, F*& function) {
    function = reinterpret_cast<F*>(dlsym(library, name));
    return function != nullptr;
}

Result<LoadedTee> load(const std::vector<std::string>& candidates, TeeKind kind, const std::string& advice) {
    for (const std::string& candidate : candidates) {
        void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) continue;
        LoadedTee tee;
        TeecFunctions& f = tee.functions;
        const bool complete = find(library, "TEEC_InitializeContext", f.initialize_context) &&
                              find(library, "TEEC_FinalizeContext", f.finalize_context) &&
                              find(library, "TEEC_OpenSession", f.open_session) &&
                              find(library, "TEEC_CloseSession", f.close_session) &&
                              find(library, "TEEC_InvokeCommand", f.invoke_command) &&
                              find(library, "TEEC_RegisterSharedMemory", f.register_shared_memory) &&
                              find(library, "TEEC_AllocateSharedMemory", f.allocate_shared_memory) &&
                              find(library, "TEEC_ReleaseSharedMemory", f.release_shared_memory) &&
                              find(library, "TEEC_RequestCancellation", f.request_cancellation);
        if (!complete) return unexpected(no_tee(candidate + " is not a TEE client library"));
        tee.kind = kind;
        tee.library = path_of(library, candidate);
        return tee;
    }
    return unexpected(no_tee("cannot load " + candidates.front() + ": " + advice));
}

Result<LoadedTee> load_optee() {
    Result<LoadedTee> tee =
        load({"libteec.so.2", "libteec.so.1"}, TeeKind::optee, "OP-TEE's client library is not installed (package libteec2)");
    if (tee) tee->look_for_supplicant = [] { return look_for_supplicant(); };
    return tee;
}

#ifdef FESTORE_SIM
std::string directory_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

std::string own_executable() {
    std::array<char, 4096> path{};
    const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
    return length > 0 ? std::string(path.data(), static_cast<size_t>(length)) : "";
}

Result<LoadedTee> find_simulator() {
    constexpr const char* kName = "/libteec-festore-sim.so";
    std::vector<std::string> candidates;
    // The caller of a program that runs with more rights may have given it any path, by a hard link.
    if (getauxval(AT_SECURE) == 0) {
        candidates.push_back(directory_of(directory_of(own_executable())) + "/lib" + kName);
        Dl_info info{};
        if (dladdr(reinterpret_cast<void*>(&load_tee), &info) != 0 && info.dli_fname != nullptr)
            candidates.push_back(directory_of(info.dli_fname) + kName);
    }
    candidates.push_back(FESTORE_SIM_BUILD_LIBRARY);
    return load(candidates, TeeKind::sim, "build the simulated TEE ('make'), or name its library");
}
#else
Result<LoadedTee> find_simulator() {
    return unexpected(no_tee("this build of festore has no simulated TEE: it is for devices"));
}
#endif

Result<LoadedTee> load_simulator(const std::string& library) {
    return library.empty() ? find_simulator() : load({library}, TeeKind::sim, "is it the path of the simulated TEE's client library?");
}

}  // namespace

Result<LoadedTee> load_tee(TeeKind kind, const std::string& sim_library) {
    if (kind == TeeKind::sim) return load_simulator(sim_library);
    if (kind == TeeKind::optee || !find_tee_device().path.empty()) return load_optee();
#ifdef FESTORE_SIM
    Result<LoadedTee> simulator = load_simulator(sim_library);
    if (simulator) std::fputs("festore: no TEE here: using the simulated TEE, which protects nothing\n", stderr);
    return simulator;
#else
    return unexpected(error_of_context(TEEC_ERROR_ITEM_NOT_FOUND, TeeKind::optee));
#endif
}

}  // namespace festore
