// The command line of memo-infer, beside its main so that tests can run it without loading its libraries every
// time.
#pragma once

namespace memo {

// Returns the exit code. Requires: nothing else in the process has computed anything yet; called once in a
// process.
int memo_infer(int argc, char** argv);

}  // namespace memo
