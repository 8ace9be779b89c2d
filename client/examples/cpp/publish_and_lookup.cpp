// Publishes a memo to a running memod and finds it by its key. usage: publish_and_lookup unix:PATH
#include <memo/attach.h>

#include <cstdio>
#include <cstring>

void check(const memo::Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  std::exit(1);
}
int main(int count, char** arguments) {
  const auto store = memo::attach(count > 1 ? arguments[1] : "");
  check(store.status());
  const auto space = (*store)->open_space(
      {.model = {1, 2}, .kind = memo::MemoKind::output, .length_bucket = 128, .payload_bytes = 4096});
  check(space.status());
  auto draft = (*store)->draft(*space, 1000);
  check(draft.status());
  std::memset(draft->payload.data(), 7, draft->payload.size());
  check((*store)->publish(std::move(*draft), {.key = {3, 4}, .length = 9}));
  check((*store)->flush(std::chrono::seconds(10)));
  const memo::LookupItem item{.key = {3, 4}};
  std::optional<memo::Match> match;
  check((*store)->lookup({.space = *space, .items = {&item, 1}}, {&match, 1}));
  std::printf("found %zu bytes\n", match ? match->view.payload().size() : 0);
}
