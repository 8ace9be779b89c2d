// The texts of a profile: tokens, labels, and how they are split.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "embed/json/text_batches.h"
#include "memo/status.h"
#include "model/text/loaded_model.h"
#include "model/tuning/result/profile_options.h"

namespace memo {

struct ProfileText {
  std::string text;
  Tokens tokens;          // cut to the length
  std::size_t label = 0;  // index into the classes
};

// The texts of one part of the split, in order.
using TextList = std::vector<const ProfileText*>;

class Corpus {
 public:
  // Errors: of the file; invalid_argument (too few texts, a text without a label, one class only, a class that is
  //         too rare to be in each part, texts far shorter than the length).
  static Result<Corpus> read(const ProfileOptions& options, const LoadedModel& model, std::uint32_t length);

  const std::vector<std::string>& classes() const { return classes_; }
  double mean_tokens() const;
  // A half, a quarter and a quarter of the texts, in an order that the seed determines. Lifetime: this object's.
  const TextList& training() const { return training_; }
  const TextList& validation() const { return validation_; }
  const TextList& test() const { return test_; }

 private:
  Status read_texts(const ProfileOptions& options);
  void sample(std::size_t count, std::uint64_t seed);
  void tokenize(const LoadedModel& model, std::uint32_t length, std::uint32_t threads);
  void split(std::uint64_t seed);
  Status check_lengths(const std::string& path, std::uint32_t length) const;
  Status check_classes(const std::string& path, const std::string& field) const;

  std::vector<std::string> classes_;  // sorted; empty: no labels
  std::vector<ProfileText> texts_;
  TextList training_, validation_, test_;
};

// The training texts that averages and calibration are fitted to: `count`, or for 0 as many texts as have 128,000
// tokens together.
TextList fitting_texts(const Corpus& corpus, std::size_t count);

// The first `count` of a list, or all of a shorter one.
TextList first(const TextList& texts, std::size_t count);
// The last `count`, in their order.
TextList last(const TextList& texts, std::size_t count);

}  // namespace memo
