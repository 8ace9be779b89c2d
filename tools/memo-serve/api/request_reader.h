// RequestReader: the fields of a JSON object from a client. It keeps the first fault, and reads on.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/memo-serve/api/api_error.h"

namespace memo {

class RequestReader {
 public:
  // The body's object, which has no other fields than `known`. Those of an object "parameters" in it count as its own,
  // unless that is known: clients of Hugging Face's inference providers send them so.
  RequestReader(std::string_view body, std::size_t max_depth, std::initializer_list<std::string_view> known);
  // The object of a field; an empty one where it is absent.
  RequestReader(RequestReader& parent, const std::string& field, std::initializer_list<std::string_view> known);

  // The beginning of a value, for messages.
  static std::string excerpt_of(const nlohmann::json& value);

  const std::optional<ApiError>& fault() const { return fault_; }
  void fail(const std::string& field, const std::string& message, Fault fault = Fault::validation);

  // null is as good as absent, here and below.
  bool has(const std::string& field) const;
  // Requires: has(field).
  const nlohmann::json& at(const std::string& field) const { return object_.at(field); }
  void require(const std::string& field);

  void flag(const std::string& field, bool& value);
  void flag(const std::string& field, std::optional<bool>& value);
  void text(const std::string& field, std::optional<std::string>& value);
  void required_text(const std::string& field, std::string& value);
  // One of the words. -> which one; nothing where the field is absent.
  std::optional<std::size_t> choice(const std::string& field, std::initializer_list<std::string_view> words);
  // least: 0 or 1
  void whole_number(const std::string& field, std::size_t least, std::optional<std::size_t>& value);
  // A list of 1 to `most` texts, none of them empty.
  void texts(const std::string& field, std::size_t most, std::vector<std::string>& values);
  // Takes one of a list's texts. index: for messages.
  void add_text(const std::string& field, const nlohmann::json& value, std::size_t index,
                std::vector<std::string>& values);
  void check_count(const std::string& field, std::size_t count, std::size_t most);

 private:
  void lift_parameters();
  void check_fields(std::initializer_list<std::string_view> known);

  nlohmann::json object_ = nlohmann::json::object();
  std::optional<ApiError> fault_;
};

}  // namespace memo
