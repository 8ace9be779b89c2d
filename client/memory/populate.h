// populate(): has the kernel map a file in, ahead of use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace memo {

struct PopulateOptions {
  bool writable = false;  // also make the pages writable
  bool collapse = false;  // first gather them in huge pages. For memory files; a copy of what is scattered
};

struct PopulateResult {
  int error = 0;                        // errno that ended it; 0: everything is mapped in
  std::uint64_t collapse_failures = 0;  // huge pages that could not be made
  int collapse_error = 0;               // errno of the last one
};

// Changes no byte, and is harmless beside any other use of the memory. Huge pages where memory is aligned to them.
// A kernel before 5.14 cannot do this (EINVAL), and one before 6.1 cannot collapse: pages are then mapped at their
// first use.
PopulateResult populate(std::span<std::byte> memory, const PopulateOptions& options);

// Asks for huge pages where the kernel gives them on request only. False: the kernel has none.
bool advise_huge_pages(std::span<std::byte> memory);

}  // namespace memo
