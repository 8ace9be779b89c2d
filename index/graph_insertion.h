// Insertion: how a graph changes when a feature is added.
//
// Making one takes the time of several searches and only reads the graph; applying it writes some tens of lists of
// links. So searches go on while the first is done, and wait microseconds for the second.
//
// FAISS draws the levels and keeps the links; the walk that finds what to link to, and the choice among it
// (index/link_choice.h), are ours.
//
// Source: Malkov and Yashunin, arXiv 1603.09320, algorithms 1 and 4.
#pragma once

#include <faiss/impl/HNSW.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/feature_list.h"
#include "index/graph_walk.h"

namespace memo {

struct Insertion {
  // What a node's links on one level shall be: `count` of `links` from `first`.
  struct List {
    int node = 0;
    int level = 0;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  int node = 0;    // the new one's number, or that of one with this code, or one that is alike
  int levels = 0;  // and its levels, from 1; 0: the node is there already
  std::vector<List> lists;
  std::vector<int> links;
};

// For the node that comes after all others, with levels drawn by FAISS.
// Shapes: feature [dimension], code [shape.bytes()]: the same, as the list would keep it.
// Threads: beside whatever only reads links and features.
Insertion make_insertion(faiss::HNSW& links, const FeatureList& features, std::span<const float> feature,
                         const std::byte* code, WalkMemory& memory);

// Requires: the node is new; nothing was added since it was made; `features` has the new node by now or has it next.
void apply_insertion(const Insertion& insertion, faiss::HNSW& links);

}  // namespace memo
