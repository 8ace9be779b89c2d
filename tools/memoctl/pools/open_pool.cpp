#include "tools/memoctl/pools/open_pool.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "client/attached/control_client.h"
#include "memod/store/local_store.h"
#include "memod/store/store.h"

namespace memo {
namespace {

constexpr std::chrono::seconds kTimeout{10};

bool is_socket(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

Result<Endpoint> parse(const std::string& text) {
  if (text.starts_with("unix:") || text.starts_with("file:")) return Endpoint::parse(text);
  return Endpoint::parse((is_socket(text) ? "unix:" : "file:") + text);
}

Status explain(const Status& status, const std::string& path) {
  if (status.code() == StatusCode::not_found)
    return {StatusCode::not_found, fmt::format("{} does not exist", path)};
  if (status.code() != StatusCode::in_use) return status;
  return {StatusCode::in_use, status.message() + "; ask its daemon: memoctl ... unix:PATH"};
}

}  // namespace

Result<OpenPool> OpenPool::open(const std::string& text) {
  MEMO_ASSIGN_OR_RETURN(const auto endpoint, parse(text));
  if (endpoint.scheme == Endpoint::Scheme::file) {
    auto opened =
        Store::open({.path = endpoint.path, .memory = {.prefault = false}, .eviction = {.enabled = false}});
    if (!opened) return explain(opened.status(), endpoint.path);
    const std::shared_ptr<Store> store = *std::move(opened);
    return OpenPool(endpoint, store, store);
  }
  MEMO_ASSIGN_OR_RETURN(auto client, ControlClient::connect(endpoint.path, kTimeout));
  return OpenPool(endpoint, std::shared_ptr<StoreAdmin>(std::move(client)), nullptr);
}

Result<std::unique_ptr<MemoStore>> OpenPool::memos() const {
  if (store_) return make_local_store(store_);
  MEMO_ASSIGN_OR_RETURN(
      auto attached,
      attach("unix:" + endpoint_.path,
             // Long timeouts: for memoctl, unlike for inference, a late answer is better than none.
             {.lookup_timeout = kTimeout, .control_timeout = kTimeout, .draft_bytes = 1, .prefault = false}));
  if (const Status available = attached->availability(); !available) return available;
  return attached;
}

}  // namespace memo
