#include "words/plain_words.h"

#include <algorithm>
#include <deque>

namespace plaza::words {

using ports::WordAction;
using ports::WordHit;

PlainWords::PlainWords(const std::vector<Word>& words) : nodes_(1), first_(256, 0) {
  for (const Word& word : words) add(word);
  link();
}

std::uint32_t PlainWords::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return first_[byte];
  const auto& edges = nodes_[node].edges;
  const auto at = std::lower_bound(edges.begin(), edges.end(), byte,
                                   [](const Edge& edge, unsigned char wanted) { return edge.byte < wanted; });
  return at != edges.end() && at->byte == byte ? at->to : 0;
}

void PlainWords::add(const Word& word) {
  std::uint32_t node = 0;
  for (const char c : word.folded) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      auto& edges = nodes_[node].edges;
      edges.insert(
          std::upper_bound(edges.begin(), edges.end(), byte,
                           [](unsigned char wanted, const Edge& edge) { return wanted < edge.byte; }),
          {byte, next});
      if (node == 0) first_[byte] = next;
    }
    node = next;
  }
  nodes_[node].ends.push_back({static_cast<std::uint32_t>(word.folded.size()), word.whole, word.action});
}

/// Breadth first: a node's way back is known when its children's are asked for.
void PlainWords::link() {
  std::deque<std::uint32_t> line;
  for (const Edge& edge : nodes_[0].edges) line.push_back(edge.to);
  while (!line.empty()) {
    const std::uint32_t node = line.front();
    line.pop_front();
    for (const Edge& edge : nodes_[node].edges) {
      Node& next = nodes_[edge.to];
      next.back = step(nodes_[node].back, edge.byte);
      next.also = nodes_[next.back].ends.empty() ? nodes_[next.back].also : next.back;
      line.push_back(edge.to);
    }
  }
}

std::uint32_t PlainWords::step(std::uint32_t node, unsigned char byte) const {
  for (;;) {
    const std::uint32_t next = child(node, byte);
    if (next != 0 || node == 0) return next;
    node = nodes_[node].back;
  }
}

void PlainWords::find(const FoldedText& text, std::vector<WordHit>& hits) const {
  const std::string_view bytes = text.bytes();
  std::uint32_t node = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    node = step(node, static_cast<unsigned char>(bytes[at]));
    const Node& here = nodes_[node];
    if (here.ends.empty() && here.also == 0) continue;
    if (!report(text, at, node, hits)) return;
  }
}

/// From the longest word that ends here to the shortest: of those with one action the first covers the others.
bool PlainWords::report(const FoldedText& text, std::size_t last, std::uint32_t node,
                        std::vector<WordHit>& hits) const {
  bool known[3] = {};
  for (; node != 0; node = nodes_[node].also) {
    for (const End& end : nodes_[node].ends) {
      bool& covered = known[static_cast<std::size_t>(end.action)];
      if (covered) continue;
      const std::size_t begin = text.begin_of(last + 1 - end.bytes), stop = text.end_of(last);
      if (end.whole && !stands_alone(text.original(), begin, stop)) continue;
      covered = true;
      hits.push_back({.begin = begin, .end = stop, .action = end.action});
      if (end.action == WordAction::refuse) return false;
    }
  }
  return true;
}

}  // namespace plaza::words
