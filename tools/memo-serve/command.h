// The command line of memo-serve.
#pragma once

namespace memo {

// -> the exit code
int memo_serve(int argc, char** argv);

}  // namespace memo
