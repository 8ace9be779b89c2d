// The shortest client: attaches and says whether a daemon answers. Links memo::client and nothing else of ours.
#include <fmt/format.h>

#include "memo/attach.h"

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: attach_only unix:PATH\n");
    return 2;
  }
  auto store = memo::attach(arguments[1]);
  if (!store) {
    fmt::print(stderr, "attach_only: {}\n", store.status().message());
    return 1;
  }
  fmt::print("{}\n", (*store)->available() ? "attached" : "no daemon answers");
  return 0;
}
