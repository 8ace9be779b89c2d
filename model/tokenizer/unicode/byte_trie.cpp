#include "model/tokenizer/unicode/byte_trie.h"

#include <algorithm>

namespace memo {

// Breadth first: a node's keys are a span of the sorted entries, and its children are appended together.
ByteTrie::ByteTrie(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.first < b.first; });
  std::vector<std::pair<Span, std::size_t>> spans = {{{0, entries.size()}, 0}};  // with the depth, one per node
  nodes_.emplace_back();
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto [span, depth] = spans[node];
    while (span.begin < span.end && entries[span.begin].first.size() == depth)
      nodes_[node].value = entries[span.begin++].second;
    add_children(entries, node, span, depth, spans);
  }
}

// Requires: every key of the span is longer than `depth`.
void ByteTrie::add_children(const std::vector<Entry>& entries, std::size_t node, Span span, std::size_t depth,
                            std::vector<std::pair<Span, std::size_t>>& spans) {
  nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
  while (span.begin < span.end) {
    const char byte = entries[span.begin].first[depth];
    std::size_t end = span.begin + 1;
    while (end < span.end && entries[end].first[depth] == byte) ++end;
    nodes_.emplace_back().byte = static_cast<unsigned char>(byte);
    spans.push_back({{span.begin, end}, depth + 1});
    ++nodes_[node].children;
    span.begin = end;
  }
}

const ByteTrie::Node* ByteTrie::child(const Node& node, unsigned char byte) const {
  const Node* begin = nodes_.data() + node.first_child;
  const Node* end = begin + node.children;
  const Node* found =
      std::lower_bound(begin, end, byte, [](const Node& a, unsigned char value) { return a.byte < value; });
  return found != end && found->byte == byte ? found : nullptr;
}

std::optional<std::int32_t> ByteTrie::find(std::string_view key) const {
  std::optional<std::int32_t> found;
  for_each_prefix(key, [&](std::size_t size, std::int32_t value) {
    if (size == key.size()) found = value;
  });
  return found;
}

}  // namespace memo
