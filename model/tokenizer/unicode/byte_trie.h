// ByteTrie: strings with a value each, found as the prefixes of a text in one walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace memo {

// Memory: 12 bytes a node, at most one node a byte of the keys.
// Threads: any, after construction.
class ByteTrie {
 public:
  using Entry = std::pair<std::string, std::int32_t>;

  ByteTrie() : ByteTrie(std::vector<Entry>()) {}
  // If a key is repeated, its last value counts. Requires: values are not negative.
  explicit ByteTrie(std::vector<Entry> entries);

  // Calls visit(size, value) for every key that `text` begins with, except the empty one; the shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, Visit visit) const {
    const Node* node = nodes_.data();
    for (std::size_t i = 0; i < text.size(); ++i) {
      node = child(*node, static_cast<unsigned char>(text[i]));
      if (node == nullptr) return;
      if (node->value >= 0) visit(i + 1, node->value);
    }
  }

  std::optional<std::int32_t> find(std::string_view key) const;

 private:
  struct Node {
    std::uint32_t first_child = 0;  // children are neighbours, in order of their bytes
    std::uint16_t children = 0;
    unsigned char byte = 0;
    std::int32_t value = -1;
  };
  struct Span {
    std::size_t begin;
    std::size_t end;
  };

  void add_children(const std::vector<Entry>& entries, std::size_t node, Span span, std::size_t depth,
                    std::vector<std::pair<Span, std::size_t>>& spans);
  const Node* child(const Node& node, unsigned char byte) const;

  std::vector<Node> nodes_;
};

}  // namespace memo
