# Shell functions of tools/test --all-checks. Sourced after common.sh, not run. On failure each says what is wrong.

# The code, without generated files and data.
our_sources() { git -C "$root" ls-files "$@" | grep -v '^tests/data/'; }

check_format() {
  say "Checking the format of all sources"
  (cd "$root" && our_sources '*.h' '*.c' '*.cpp' '*.inc' | xargs clang-format-14 --dry-run --Werror) ||
    fail "these are not as .clang-format says: run clang-format-14 -i on them"
}

# Runs the checks of .clang-tidy on all that is built without LibTorch, whose headers clang cannot read as C++20. A
# folder's sources are read together, which takes a third of the time; those that are compiled alone, such as GCC's
# vector code, are left out.
check_tidy() {
  local build=$root/build/tidy
  say "Reading the sources with clang-tidy"
  cmake -S "$root" -B "$build" -G Ninja -DMEMO_TRAINING=OFF -DMEMO_PRECOMPILED=OFF >/dev/null || fail "configuring failed"
  cmake --build "$build" --target memo_client_headers >/dev/null || fail "the build failed"
  run-clang-tidy-14 -p "$build" -quiet -j "$(nproc)" '/Unity/' >"$build/tidy.log" 2>&1 && return
  grep -E '(warning|error):' "$build/tidy.log" | sort -u >&2
  fail "clang-tidy-14 found these; all that it says is in $build/tidy.log"
}

# check_sanitizer PRESET EXCEPT TARGET...: builds these tests alone, and runs them side by side, except for what the
# pattern EXCEPT of GoogleTest matches.
check_sanitizer() {
  local preset=$1 except=$2 bin=$root/build/$1/bin build_options=()
  shift 2
  build "$preset" "$@"
  say "Running $* under $preset"
  printf '%s\n' "$@" | (cd "$root" && GTEST_FILTER="-$except" TSAN_OPTIONS="suppressions=$root/tests/support/tsan.supp" \
    LSAN_OPTIONS="suppressions=$root/tests/support/lsan.supp:print_suppressions=0" \
    xargs -P "$(nproc)" -I{} sh -c '"$0/{}" --gtest_brief=1 >"$0/{}.log" 2>&1 || { cat "$0/{}.log"; exit 1; }' "$bin") >&2 ||
    fail "a test failed under $preset; what it printed is above"
}

# Under asan the store, the client, the protocol, and all code that reads untrusted bytes; under tsan all code that
# runs threads. Left out are long tests of large indexes' recall and memory, and under tsan long tests of one thread.
check_sanitizers() {
  local large='*Recall*:*IndexMemory*:*ManyMemos*:*ManyResults*'
  local one_thread='*HashedCopy*:*StoreSearch.*_1:Snapshots.*Not*:Snapshots.Altered*:PoolSlots.*:PoolOpen.*'
  one_thread+=':Mixtures/*:Seeds/*:Formats/SavedGraph.*:Patience.*:RebuildModel.*:Variants/*:Widths/*'
  check_sanitizer asan "$large" \
    store_test index_test client_test daemon_test embed_files_test tokenizer_test kernels_test text_service_test \
    memo_serve_test
  check_sanitizer tsan "$large:$one_thread" store_test index_test client_test daemon_test engine_parts_test \
    text_service_test
}
