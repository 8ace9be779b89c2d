// A client that does everything once, and dies at a step of it.
//
//   dying_client SOCKET KIND KEY             says the steps that it passes, a line each, and ends well
//   dying_client SOCKET KIND KEY STEP NTH    is killed when it comes to STEP for the NTH time (from 1)
//
// KIND: map or output.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "client/attached/attached_store.h"
#include "client/step.h"
#include "tests/support/pool/memo_fixtures.h"

namespace memo::test {
namespace {

constexpr std::size_t kPayload = 4096;
constexpr int kFailed = 3;

// Constant once the hook is set, but for the count.
const char* last_step = nullptr;
std::atomic<int> passes_left = 0;

void die_or_say(const char* name) {
  if (last_step == nullptr) {
    const std::string line = std::string(name) + "\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(kFailed);
  } else if (std::strcmp(name, last_step) == 0 && --passes_left == 0) {
    raise(SIGKILL);
  }
}

void require(bool condition) {
  if (!condition) _exit(kFailed);
}

Draft filled_draft(MemoStore& store, SpaceId space, std::uint64_t key) {
  auto draft = store.draft(space, kPayload);
  require(draft.is_ok());
  step("draft: being filled");
  fill_payload(key, draft->payload);
  step("draft: filled");
  return *std::move(draft);
}

struct Target {
  MemoStore& store;
  SpaceSpec spec;
  SpaceId space{};
};

void publish(const Target& target, std::uint64_t key) {
  const auto feature = feature_of(static_cast<double>(key));
  Draft draft = filled_draft(target.store, target.space, key);
  const Publication publication{.layer = Layer{0},
                                .key = key_of(key),
                                .feature = std::span(feature).first(target.spec.feature_dimension),
                                .length = 100,
                                .cost_us = 1};
  require(target.store.publish(std::move(draft), publication).is_ok());
}

std::optional<Match> look_up(MemoStore& store, SpaceId space, std::uint64_t key) {
  const LookupItem item{key_of(key), {}, 0};
  std::optional<Match> match;
  require(store.lookup({space, Layer{0}, 0, {&item, 1}}, {&match, 1}).is_ok());
  return match;
}

// Every kind of thing that a client can hold is held at some step of this.
void do_everything(const std::string& socket, const SpaceSpec& spec, std::uint64_t key) {
  auto store = AttachedStore::make(socket, {.lookup_timeout = std::chrono::seconds(30),
                                            .control_timeout = std::chrono::seconds(30),
                                            .draft_bytes = 1 << 20,
                                            .leases = 16});
  require(store.is_ok());
  const SpaceId space = (*store)->open_space(spec).value();
  const Target target{**store, spec, space};
  publish(target, key);
  require((*store)->flush(std::chrono::seconds(30)).is_ok());
  step("test: flushed");
  {
    const auto match = look_up(**store, space, key);
    require(match.has_value());
    step("view: held");
    require(equal(match->view.payload(), payload_of(key, kPayload)));
    step("view: read");
    require(match->view.intact());
    require(!look_up(**store, space, key + 1'000'000).has_value());
    const Draft dropped = filled_draft(**store, space, key);
    publish(target, key);  // a duplicate, not waited for, beside a view and a draft
    step("test: holds everything");
  }
  step("test: holds nothing");
}

}  // namespace
}  // namespace memo::test

int main(int argc, char** argv) {
  using namespace memo;
  if (argc != 4 && argc != 6) return 2;
  if (argc == 6) {
    test::last_step = argv[4];
    test::passes_left = std::atoi(argv[5]);
  }
  step_hook = test::die_or_say;
  const bool outputs = std::string_view(argv[2]) == "output";
  const SpaceSpec spec = outputs ? test::small_output_space(test::kPayload) : test::small_space(test::kPayload);
  test::do_everything(argv[1], spec, std::strtoull(argv[3], nullptr, 10));
  return 0;
}
