// Upkeep: what a store's maintenance thread does.
#pragma once

#include <stop_token>

#include "memod/store/serving/growth.h"
#include "memod/store/state/reclaimer.h"
#include "memod/store/state/state.h"
#include "memod/store/upkeep/evictor.h"
#include "memod/store/upkeep/extent_drain.h"
#include "memod/store/upkeep/index_saver.h"
#include "memod/store/upkeep/maintenance.h"
#include "memod/store/upkeep/usage_saver.h"

namespace memo {

// The parts that the maintenance thread calls.
struct UpkeepParts {
  StoreState& state;
  Reclaimer& reclaimer;
  Growth& growth;
  ExtentDrain& drain;
  Evictor& evictor;
  UsageSaver& usage;
  IndexSaver& indexes;
};

// Threads: the maintenance thread. Lifetime: the parts outlive this.
class Upkeep {
 public:
  explicit Upkeep(const UpkeepParts& parts) : parts_(parts) {}

  // Frees slots, makes room, gives spaces their next extents, builds indexes and saves them, as far as a bounded
  // step allows. -> when the next step is due. Does nothing once the pool was lost.
  Maintenance::Next step(const std::stop_token& stop);

 private:
  // -> whether an extent is being emptied.
  bool tend_extents();
  // -> whether an index needs more steps.
  bool build_indexes();

  UpkeepParts parts_;
};

}  // namespace memo
