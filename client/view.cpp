#include "memo/view.h"

#include <utility>

#include "client/step.h"

namespace memo {

View::View(Parts parts) : parts_(std::move(parts)) {}

View::View(View&& other) noexcept : parts_(std::exchange(other.parts_, {})) {}

View& View::operator=(View&& other) noexcept {
  if (this != &other) {
    end_lease();
    parts_ = std::exchange(other.parts_, {});
  }
  return *this;
}

View::~View() {
  end_lease();
}

bool View::intact() const {
  step("view: asked whether intact");
  std::atomic_thread_fence(std::memory_order_acquire);
  return parts_.state_word != nullptr &&
         parts_.state_word->load(std::memory_order_relaxed) == static_cast<std::uint64_t>(parts_.generation);
}

void View::end_lease() {
  if (parts_.release) parts_.release();
}

}  // namespace memo
