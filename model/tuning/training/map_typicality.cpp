#include "model/tuning/training/map_typicality.h"

#include <ATen/ATen.h>
#include <oneapi/tbb/parallel_for.h>

#include <span>
#include <vector>

#include "embed/map_penalty.h"

namespace memo {
namespace {

// The distance between two rows of the average, in rows of a map.
std::size_t step_of(const MapRows& maps) {
  return (maps.rows + kAverageRows - 1) / kAverageRows;
}

// The row of one text's map that belongs to row `row` of the average.
std::span<const std::uint16_t> row_of(const MapRows& maps, std::size_t text, std::size_t head, std::size_t row) {
  return {maps.of(text) + (head * maps.rows + row * step_of(maps)) * maps.width, maps.lengths[text]};
}

std::size_t rows_of(const MapRows& maps, std::size_t text) {
  return (maps.rows_of(text) + step_of(maps) - 1) / step_of(maps);
}

}  // namespace

AverageRows average_rows(const MapRows& maps, const at::Tensor& texts, std::uint32_t length) {
  const std::size_t rows = (maps.rows + step_of(maps) - 1) / step_of(maps);
  AverageRows average;
  average.stride = static_cast<std::uint32_t>(maps.row_stride * step_of(maps));
  average.rows = at::zeros(
      {static_cast<std::int64_t>(maps.heads), static_cast<std::int64_t>(rows), std::int64_t{length}}, at::kFloat);
  std::vector<float> counts(rows);  // the same in every head
  for (std::int64_t i = 0; i < texts.numel(); ++i) {
    const auto text = static_cast<std::size_t>(texts.data_ptr<std::int64_t>()[i]);
    for (std::size_t row = 0; row < rows_of(maps, text); ++row) {
      counts[row] += kWholeRow;
      for (std::size_t head = 0; head < maps.heads; ++head) {
        const auto elements = row_of(maps, text, head, row);
        float* sums = average.rows.data_ptr<float>() + (head * rows + row) * length;
        for (std::size_t j = 0; j < elements.size(); ++j) sums[j] += static_cast<float>(elements[j]);
      }
    }
  }
  const at::Tensor divisors = at::from_blob(counts.data(), {1, static_cast<std::int64_t>(rows), 1}, at::kFloat);
  average.rows.div_(divisors.clamp_min(1));
  return average;
}

at::Tensor typicalities(const MapRows& maps, const AverageRows& average) {
  at::Tensor typicality = at::empty({static_cast<std::int64_t>(maps.texts)}, at::kFloat);
  float* values = typicality.data_ptr<float>();
  const auto rows = static_cast<std::size_t>(average.rows.size(1));
  const auto length = static_cast<std::size_t>(average.rows.size(2));
  oneapi::tbb::parallel_for(std::size_t{0}, maps.texts, [&](std::size_t text) {
    std::vector<float> values_of_row(maps.width);
    float sum = 0;
    for (std::size_t head = 0; head < maps.heads; ++head)
      for (std::size_t row = 0; row < rows_of(maps, text); ++row) {
        const auto elements = row_of(maps, text, head, row);
        for (std::size_t j = 0; j < elements.size(); ++j)
          values_of_row[j] = static_cast<float>(elements[j]) / kWholeRow;
        sum += overlap(std::span(values_of_row).first(elements.size()),
                       {average.rows.data_ptr<float>() + (head * rows + row) * length, length});
      }
    values[text] = sum / static_cast<float>(maps.heads * rows_of(maps, text));
  });
  return typicality;
}

}  // namespace memo
