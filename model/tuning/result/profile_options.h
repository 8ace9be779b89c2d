// The inputs and settings of a profile.
#pragma once

#include <cstdint>
#include <string>

#include "embed/json/text_batches.h"
#include "memo/status.h"
#include "model/layers/data_type.h"

namespace memo {

struct ProfileOptions {
  std::string model;
  TextSource source;
  std::string label_field;          // empty: no labels
  double budget = 0.5;              // points of accuracy, with labels
  double fidelity = 0.99;           // cosine to the plain embedding, without
  std::string output;               // folder
  std::string report;               // file; empty: report.html in the folder
  std::string folder = "/dev/shm";  // for the pool
  std::string pool_size = "2GiB";
  std::string dtype = "f32";
  std::uint32_t length = 0;
  std::uint32_t batch = 8;
  std::uint32_t threads = 1;
  std::uint64_t seed = 1;
  std::uint32_t fitting_texts = 0;  // averages and calibration; 0: as many as they need
  std::uint32_t probe_texts = 200;  // similarity and thresholds
  bool calibrate = true;
  bool frontier = false;
  bool test_all = false;

  std::string report_path() const { return report.empty() ? output + "/report.html" : report; }
  DataType type() const { return data_type_named(dtype).value(); }
};

}  // namespace memo
