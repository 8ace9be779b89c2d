// What memo-profile found, as plain data: made by the job, read by the report and by profile.json.
//
// Times are wall time of one text in microseconds, on the threads and at the batch of the profile, unless said
// otherwise. Similarity is that of DESIGN: 1 - total variation, mean over rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/policy/policy.h"

namespace memo {

// A mean with its 95 % confidence interval.
struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

// What was measured, and on which machine.
struct ProfileSetting {
  std::string model;        // folder's name
  std::string fingerprint;  // hex
  std::string input;        // file's name
  std::string machine;      // CPU, cores
  std::string dtype;
  std::uint32_t length = 0;  // bucket, tokens
  std::uint32_t batch = 0;
  std::uint32_t threads = 0;
  std::uint64_t seed = 0;
  std::uint32_t layers = 0;
  std::uint32_t heads = 0;
  std::uint64_t training_texts = 0;
  std::uint64_t validation_texts = 0;
  std::uint64_t test_texts = 0;
  std::uint64_t embedder_texts = 0;  // that the embedder was trained on; 0: the projection was used
  std::uint64_t judged_texts = 0;    // that points lost of candidates are counted on; 0: no labels, or not known
  double mean_tokens = 0;            // of a text, after cutting
  std::vector<std::string> classes;  // empty: no labels
  bool operator==(const ProfileSetting&) const = default;
};

// How much may be lost: points of accuracy where there are labels, else cosine to the plain embedding.
struct Budget {
  bool labels = false;
  double points = 0.5;
  double cosine = 0.99;
  bool operator==(const Budget&) const = default;
};

// One text through the whole model.
struct TimePoint {
  std::uint32_t length = 0;
  std::uint32_t batch = 0;
  double plain_us = 0;      // of which:
  double attention_us = 0;  // projections and attention
  double fixed_us = 0;      // the model with every map fixed
  bool operator==(const TimePoint&) const = default;
};

// Of one layer and head, mean over validation texts.
struct HeadSimilarity {
  std::uint32_t layer = 0;
  std::uint32_t head = 0;
  double fixed = 0;    // the average map
  double nearest = 0;  // the stored map that the embedder finds
  double blend = 0;    // of the k nearest
  double random = 0;   // any stored map
  bool operator==(const HeadSimilarity&) const = default;
};

// The effect of lookups at a layer with this threshold.
struct ThresholdPoint {
  std::uint32_t layer = 0;
  float max_distance = 0;  // L2 between features
  double hit_rate = 0;     // share of validation texts with a stored neighbour within it
  double similarity = 0;   // of the hits
  double saved_us = 0;     // by one hit
  double cost_us = 0;      // of one lookup: feature and search
  double net_us() const { return hit_rate * saved_us - cost_us; }
  bool operator==(const ThresholdPoint&) const = default;
};

// The effect of a policy on results, on texts that nothing was fitted to or chosen on.
struct TestQuality {
  double cosine = 1;             // to plain, mean over texts
  double cosine_p05 = 1;         // 5 % of texts are below
  std::optional<Interval> lost;  // points of accuracy, paired; empty: no labels
  bool operator==(const TestQuality&) const = default;
};

// A policy that was tried, on the validation texts; points lost are counted on some training texts as well, each
// judged by a task head that was fitted without it.
struct Candidate {
  std::string name;  // e.g. "layers 0-4 fixed"
  std::vector<LayerPolicy> layers;
  bool calibrated = false;
  double saved = 0;              // share of plain time, by the cost model; 0 .. 1
  double cosine = 1;             // mean over texts
  double cosine_p05 = 1;         // 5 % of texts are below
  std::optional<Interval> lost;  // points of accuracy; empty: no labels
  bool in_budget = false;
  bool chosen = false;
  std::optional<TestQuality> test;  // where --test-all was given
  bool operator==(const Candidate&) const = default;
};

// The chosen policy on texts that nothing was fitted to or chosen on.
struct TestResult {
  std::uint64_t texts = 0;
  double plain_us = 0;  // text in -> label or embedding out, median over rounds
  double memoized_us = 0;
  Interval saved;  // share of plain time, over paired rounds
  double cosine = 1;
  double cosine_p05 = 1;
  std::optional<double> plain_accuracy;     // per cent
  std::optional<double> memoized_accuracy;  // per cent
  std::optional<Interval> lost;             // points, paired
  bool operator==(const TestResult&) const = default;
};

// An attention map as a picture: rows are queries. Shapes: values [size, size], 0 .. 1, rows scaled to their
// largest.
struct MapPicture {
  std::uint32_t size = 0;
  std::vector<float> values;
  bool operator==(const MapPicture&) const = default;
};

// A validation text, and the stored text with the nearest map.
struct MatchExample {
  std::uint32_t layer = 0;
  std::uint32_t head = 0;
  float distance = 0;
  double similarity = 0;
  std::string text;  // its beginning
  std::string matched;
  MapPicture computed;
  MapPicture stored;
  bool operator==(const MatchExample&) const = default;
};

struct ProfileResult {
  ProfileSetting setting;
  Budget budget;
  std::vector<TimePoint> times;
  std::vector<HeadSimilarity> similarities;
  std::vector<ThresholdPoint> thresholds;
  std::vector<Candidate> candidates;
  std::vector<MatchExample> examples;
  TestResult test;
  bool pays = false;    // false: the policy computes everything
  std::string verdict;  // one sentence
  std::string command;  // what to run next: memo-infer with the policy that was written; empty: nothing was
  bool operator==(const ProfileResult&) const = default;
};

}  // namespace memo
