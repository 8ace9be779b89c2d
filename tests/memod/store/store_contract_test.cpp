#include "tests/memod/store/store_contract.h"

#include "memod/store/local_store.h"
#include "tests/support/temp_dir.h"

namespace memo::test {
namespace {

class LocalHarness : public StoreHarness {
 public:
  explicit LocalHarness(std::uint64_t pool_bytes) : pool_bytes_(pool_bytes) { open(); }
  std::unique_ptr<MemoStore> connect() override { return make_local_store(store_); }
  void restart() override {
    ASSERT_EQ(store_.use_count(), 1) << "a store object or a view is left";
    store_.reset();
    open();
  }
  Store& owner() override { return *store_; }
  std::string pool_path() const override { return folder_.file("pool"); }

 private:
  void open() {
    Result<std::unique_ptr<Store>> opened =
        Store::open({.path = pool_path(), .create_bytes = pool_bytes_, .eviction = {.enabled = false}});
    if (!opened) throw std::runtime_error(opened.status().message());
    store_ = std::move(*opened);
  }

  TempDir folder_;
  std::uint64_t pool_bytes_;
  std::shared_ptr<Store> store_;
};

std::unique_ptr<StoreHarness> make_local(std::uint64_t pool_bytes) {
  return std::make_unique<LocalHarness>(pool_bytes);
}

INSTANTIATE_TEST_SUITE_P(LocalStore, StoreContract, testing::Values(ContractParameter{"LocalStore", make_local}));

}  // namespace
}  // namespace memo::test
