// Room for the code that oneDNN generates: it does not check whether it got memory for it.
#pragma once

#include "client/memory/address_space.h"

namespace memo {

// Call before oneDNN makes a primitive. Throws std::bad_alloc. Threads: as has_address_space().
inline void require_room_for_code() {
  require_address_space(32 << 20);
}

}  // namespace memo
