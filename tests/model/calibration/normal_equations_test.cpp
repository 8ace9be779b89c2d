#include "model/tuning/calibration/normal_equations.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relative_error.h"

namespace memo {
namespace {

void one_after_the_other(std::size_t count, const std::function<void(std::size_t)>& work) {
  for (std::size_t i = 0; i < count; ++i) work(i);
}

struct Rows {
  explicit Rows(std::int64_t count, std::int64_t inputs = 20, std::int64_t outputs = 5)
      : x(at::randn({count, inputs}) + 0.7),
        target(at::mm(x, at::randn({inputs, outputs})) + 3 + 0.3 * at::randn({count, outputs})),
        weight(0.2 + at::rand({count})) {}
  at::Tensor x, target, weight;
};

void add(NormalEquations& equations, const Rows& rows, std::int64_t step) {
  for (std::int64_t first = 0; first < rows.x.size(0); first += step) {
    const std::int64_t count = std::min(step, rows.x.size(0) - first);
    equations.add(rows.x.narrow(0, first, count), rows.target.narrow(0, first, count),
                  rows.weight.narrow(0, first, count), one_after_the_other);
  }
}

// [inputs + 1, outputs] by a decomposition of the rows themselves; the ridge as rows of its own.
at::Tensor direct(const Rows& rows, double ridge) {
  const at::Tensor root = rows.weight.to(at::kDouble).sqrt().unsqueeze(1);
  const std::int64_t inputs = rows.x.size(1);
  const at::Tensor x = rows.x.to(at::kDouble) * root;
  const double scale = x.square().sum(0).mean().item<double>();
  const at::Tensor penalty =
      at::cat({at::eye(inputs, at::kDouble) * std::sqrt(ridge * scale), at::zeros({inputs, 1}, at::kDouble)}, 1);
  const at::Tensor design = at::cat({at::cat({x, root}, 1), penalty});
  const at::Tensor wanted =
      at::cat({rows.target.to(at::kDouble) * root, at::zeros({inputs, rows.target.size(1)}, at::kDouble)});
  return std::get<0>(at::linalg_lstsq(design, wanted, c10::nullopt, "gelsd"));
}

at::Tensor solved(const NormalEquations& equations, double ridge) {
  const LinearFit fit = equations.solve(ridge);
  return at::cat({fit.weight, fit.bias.unsqueeze(0)});
}

class NormalEquationsRidge : public testing::TestWithParam<double> {};

TEST_P(NormalEquationsRidge, AgreeWithADirectSolution) {
  const Rows rows(700, 250);  // more inputs than one strip
  NormalEquations sut(250, 5);
  add(sut, rows, 128);
  EXPECT_LT(test::relative_error(solved(sut, GetParam()), direct(rows, GetParam())), 1e-4);
}
INSTANTIATE_TEST_SUITE_P(Ridges, NormalEquationsRidge, testing::Values(1e-9, 1e-3, 0.5));

TEST(NormalEquations, WeightsCountLikeRepeatedRows) {
  Rows rows(60);
  rows.weight = at::ones({60});
  NormalEquations repeated(20, 5);
  add(repeated, rows, 60);
  add(repeated, rows, 60);
  rows.weight = at::full({60}, 2.0);
  NormalEquations weighted(20, 5);
  add(weighted, rows, 60);
  EXPECT_LT(test::relative_error(solved(weighted, 0.1), solved(repeated, 0.1)), 1e-5);
}

TEST(NormalEquations, LossIsThatOfTheRowsThemselves) {
  const Rows rows(300);
  Rows others = rows;
  others.x = rows.x.narrow(0, 200, 80) + 0.1 * at::randn({80, 20});
  others.target = rows.target.narrow(0, 200, 80);
  others.weight = rows.weight.narrow(0, 200, 80);
  NormalEquations fitted(20, 5), held_out(20, 5);
  add(fitted, rows, 100);
  add(held_out, others, 33);
  const LinearFit fit = fitted.solve(0.01);
  const at::Tensor error = at::mm(others.x.to(at::kDouble), fit.weight) + fit.bias - others.target.to(at::kDouble);
  const double expected = (error.square().sum(1) * others.weight).sum().item<double>();
  EXPECT_NEAR(held_out.loss(fit), expected, 1e-4 * expected);
  EXPECT_GT(held_out.target_square(), 10 * expected);
}

TEST(NormalEquations, MemoryIsThatOfTheFirstRow) {
  NormalEquations sut(20, 5);
  const Rows rows(500);
  add(sut, rows, 1);
  const std::size_t bytes = sut.bytes();
  add(sut, rows, 500);
  EXPECT_EQ(sut.bytes(), bytes);
  EXPECT_EQ(sut.rows(), 1000);
}

TEST(NormalEquations, SmallErrorsAreFitToTheTargetsPrecision) {
  // Corrections are small beside what they correct; f32 rows must not drown them.
  Rows rows(400);
  rows.target = 1e-4 * rows.target;
  NormalEquations sut(20, 5);
  add(sut, rows, 64);
  EXPECT_LT(test::relative_error(solved(sut, 1e-6), direct(rows, 1e-6)), 1e-5);
}

}  // namespace
}  // namespace memo
