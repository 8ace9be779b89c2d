// memo-infer: embeds or labels texts, plainly or with memoized attention.
#include "tools/memo-infer/command.h"

int main(int argc, char** argv) {
  return memo::memo_infer(argc, argv);
}
