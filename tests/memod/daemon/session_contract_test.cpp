#include "tests/memod/store/store_contract.h"
#include "tests/support/pool/served_pool.h"

namespace memo::test {
namespace {

class AttachedHarness : public StoreHarness {
 public:
  explicit AttachedHarness(std::uint64_t pool_bytes) : pool_(pool_bytes) {}
  std::unique_ptr<MemoStore> connect() override { return pool_.attach(); }
  void restart() override {
    pool_.stop();
    pool_.start();
  }
  Store& owner() override { return pool_.store(); }
  std::string pool_path() const override { return pool_.pool_path(); }

 private:
  ServedPool pool_;
};

std::unique_ptr<StoreHarness> make_attached(std::uint64_t pool_bytes) {
  return std::make_unique<AttachedHarness>(pool_bytes);
}

INSTANTIATE_TEST_SUITE_P(AttachedStore, StoreContract,
                         testing::Values(ContractParameter{"AttachedStore", make_attached}));

}  // namespace
}  // namespace memo::test
