// memo-serve: serves models over HTTP, with memos of what was computed before.
#include "tools/memo-serve/command.h"

int main(int argc, char** argv) {
  return memo::memo_serve(argc, argv);
}
