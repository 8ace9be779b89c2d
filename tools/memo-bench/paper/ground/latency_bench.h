// The latency experiment is memo-bench engine's, of the shapes that memo-bench paper asks for.
#pragma once

#include "tools/memo-bench/engine/bench.h"
#include "tools/memo-bench/paper/ground/paper_bench.h"

namespace memo {

EngineBench latency_bench(const PaperBench& options);

}  // namespace memo
