#include "tools/memoctl/inspection.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "client/attach.h"
#include "client/control_client.h"
#include "memod/store.h"

namespace memo {
namespace {

constexpr std::chrono::seconds kDeadline{10};
constexpr std::uint32_t kPage = 1024;

bool is_socket(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

Result<Endpoint> parse(const std::string& text) {
  if (text.starts_with("unix:") || text.starts_with("file:")) return Endpoint::parse(text);
  return Endpoint::parse((is_socket(text) ? "unix:" : "file:") + text);
}

Result<std::unique_ptr<StoreAdmin>> open_pool(const std::string& path) {
  auto store = Store::open({.path = path});
  if (store) return std::unique_ptr<StoreAdmin>(*std::move(store));
  const Status status = store.status();
  if (status.code() != StatusCode::in_use) return status;
  return Status(StatusCode::in_use, status.message() + "; ask its daemon: memoctl ... unix:PATH");
}

}  // namespace

Result<std::unique_ptr<StoreAdmin>> open_inspector(const std::string& text) {
  const auto endpoint = parse(text);
  if (!endpoint) return endpoint.status();
  if (endpoint->scheme == Endpoint::Scheme::file) return open_pool(endpoint->path);
  auto client = ControlClient::connect(endpoint->path, kDeadline);
  if (!client) return client.status();
  return std::unique_ptr<StoreAdmin>(*std::move(client));
}

Result<std::vector<MemoRecord>> list_all(StoreAdmin& store) {
  std::vector<MemoRecord> memos;
  for (std::uint64_t cursor = 0;;) {
    auto page = store.list(cursor, kPage);
    if (!page) return page.status();
    memos.insert(memos.end(), page->memos.begin(), page->memos.end());
    if (page->next == 0) return memos;
    cursor = page->next;
  }
}

Result<CheckTotal> check_all(StoreAdmin& store, const std::function<void(std::uint64_t)>& progress) {
  CheckTotal total;
  for (std::uint64_t cursor = 0;;) {
    auto page = store.check(cursor, kPage, false);
    if (!page) return page.status();
    total.checked += page->checked;
    total.bytes += page->bytes;
    total.damage.insert(total.damage.end(), page->damage.begin(), page->damage.end());
    progress(total.checked);
    if (page->next == 0) return total;
    cursor = page->next;
  }
}

}  // namespace memo
