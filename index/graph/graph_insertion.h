// Insertion: how a graph changes when a feature is added.
//
// Making an insertion takes as long as several searches and only reads the graph; applying it writes some tens of
// lists of links. So searches run beside the first step, and wait microseconds for the second.
//
// FAISS draws the levels and keeps the links; the walk that finds candidates for links, and the choice among them
// (index/graph/link_choice.h), are ours.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithms 1 and 4.
#pragma once

#include <faiss/impl/HNSW.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/features/feature_list.h"
#include "index/graph/graph_walk.h"

namespace memo {

struct Insertion {
  // The new links of a node on one level: `count` of `links` from `first`.
  struct List {
    int node = 0;
    int level = 0;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  int node = 0;    // the new node's number, or that of a node with the same or a similar code
  int levels = 0;  // its levels, from 1; 0: the node is already there
  std::vector<List> lists;
  std::vector<int> links;
};

// An insertion of the next new node, with levels drawn by FAISS.
// Shapes: feature [dimension], code [shape.bytes()]: the same, as the list would keep it.
// Threads: may run beside code that only reads links and features.
Insertion make_insertion(faiss::HNSW& links, const FeatureList& features, std::span<const float> feature,
                         const std::byte* code, WalkMemory& memory);

// Requires: the node is new; nothing was added since the insertion was made; `features` has the new node, or gets
// it next.
void apply_insertion(const Insertion& insertion, faiss::HNSW& links);

}  // namespace memo
