// ServedPool: a daemon inside the test: a pool in a folder of its own, a server on a thread.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/attached/attached_store.h"
#include "memo/attach.h"
#include "memod/daemon/server/server.h"
#include "memod/store/store.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

class ServedPool {
 public:
  explicit ServedPool(std::uint64_t pool_bytes = 64ull << 20, std::uint32_t max_connections = 256,
                      const std::filesystem::path& parent = std::filesystem::temp_directory_path(),
                      std::shared_ptr<PersistObserver> observer = nullptr)
      : folder_(parent),
        pool_bytes_(pool_bytes),
        max_connections_(max_connections),
        observer_(std::move(observer)) {
    start();
  }
  ~ServedPool() { stop(); }

  void start() {
    auto store = Store::open({.path = pool_path(),
                              .create_bytes = pool_bytes_,
                              .eviction = {.enabled = false},
                              .persist_observer = observer_});
    if (!store) throw std::runtime_error(store.status().message());
    store_ = std::move(*store);
    auto server = Server::start(*store_, {.socket_path = socket_path(), .max_connections = max_connections_},
                                [this](const std::string& line) { log(line); });
    if (!server) throw std::runtime_error(server.status().message());
    server_ = std::move(*server);
    stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
    thread_ = std::thread([this] { EXPECT_TRUE(server_->run(stop_.get()).is_ok()); });
  }

  // As the daemon ends: sessions first, then the pool.
  void stop() {
    if (!thread_.joinable()) return;
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
    server_.reset();
    store_.reset();
  }

  std::unique_ptr<AttachedStore> attach(AttachOptions options = patient()) {
    auto store = AttachedStore::make(socket_path(), options);
    if (!store) throw std::runtime_error(store.status().message());
    return std::move(*store);
  }

  // So that a slow machine is not taken for a hanging daemon.
  static AttachOptions patient() {
    return {.lookup_timeout = std::chrono::seconds(30),
            .control_timeout = std::chrono::seconds(30),
            .draft_bytes = 4 << 20,
            .leases = 64,
            .retry_interval = std::chrono::milliseconds(5)};
  }

  std::uint64_t sessions() const {
    auto control = ControlClient::connect(socket_path(), std::chrono::seconds(30));
    if (!control) return 0;
    const auto stats = (*control)->stats();
    return stats ? stats->sessions : 0;
  }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  Store& store() { return *store_; }
  std::string pool_path() const { return folder_.file("pool"); }
  std::string socket_path() const { return folder_.file("socket"); }

 private:
  void log(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }

  TempDir folder_;
  const std::uint64_t pool_bytes_;
  const std::uint32_t max_connections_;
  const std::shared_ptr<PersistObserver> observer_;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;  // under mutex_
  std::unique_ptr<Store> store_;
  std::unique_ptr<Server> server_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace memo::test
