#include "embed/tensor/tensor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "embed/tensor/functions.h"
#include "embed/training/torch_tensor.h"
#include "tests/support/relative_error.h"

namespace memo {
namespace {

Tensor counted(Tensor::Shape shape) {
  Tensor tensor = Tensor::empty(std::move(shape));
  float next = 0;
  for (float& element : tensor.elements()) element = next++;
  return tensor;
}

TEST(Tensor, UndefinedHoldsNothing) {
  const Tensor sut;
  EXPECT_FALSE(sut.defined());
  EXPECT_EQ(sut.numel(), 0);
  EXPECT_EQ(sut.nbytes(), 0u);
  EXPECT_FALSE(to_torch(sut).defined());
}

TEST(Tensor, MemoryBeginsAtACacheLine) {
  for (const ElementType type : {ElementType::f32, ElementType::f16, ElementType::bf16, ElementType::u8})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor::empty({3}, type).data_ptr()) % 64, 0u);
  EXPECT_TRUE(Tensor::empty({0, 4}).defined());
}

TEST(Tensor, CopiesAndViewsShareElementsAndACloneDoesNot) {
  const Tensor sut = counted({4, 3});
  const Tensor rows = sut.narrow(1, 2);
  const Tensor clone = sut.clone();
  rows.row(0)[2] = 100;
  EXPECT_EQ(rows.sizes(), (Tensor::Shape{2, 3}));
  EXPECT_EQ(sut.row(1)[2], 100);
  EXPECT_EQ(clone.row(1)[2], 5);
  EXPECT_EQ(sut.reshape({2, 6}).row(0)[5], 100);
  EXPECT_TRUE(sut.is_same(Tensor(sut)));
  EXPECT_FALSE(sut.is_same(rows));
  EXPECT_FALSE(sut.is_same(clone));
}

TEST(Tensor, ViewsOutliveWhatTheyAreViewsOf) {
  Tensor view;
  { view = counted({100, 3}).narrow(99, 1); }
  EXPECT_EQ(view.row(0)[2], 299);
}

TEST(Tensor, ConcatenatesAlongTheFirstAxis) {
  const Tensor whole = concatenate(std::array{counted({2, 2, 2}), counted({1, 2, 2})});
  EXPECT_EQ(whole.sizes(), (Tensor::Shape{3, 2, 2}));
  EXPECT_EQ(whole.elements()[7], 7);
  EXPECT_EQ(whole.elements()[8], 0);
}

TEST(Tensor, TransposesMatricesOfAnySize) {
  for (const Tensor::Shape& shape : {Tensor::Shape{1, 1}, {33, 70}, {64, 32}, {0, 5}}) {
    const Tensor sut = counted(shape);
    EXPECT_TRUE(at::equal(to_torch(transpose(sut)), to_torch(sut).t()));
  }
}

// Every half and every bfloat16 there is, to the bit.
TEST(Tensor, HalvesBecomeTheFloatsThatLibTorchMakesOfThem) {
  for (const ElementType type : {ElementType::f16, ElementType::bf16}) {
    const Tensor halves = Tensor::empty({1 << 16}, type);
    for (std::uint32_t bits = 0; bits < 1 << 16; ++bits)
      halves.data_ptr<std::uint16_t>()[bits] = static_cast<std::uint16_t>(bits);
    const Tensor sut = to_f32(halves);
    const Tensor expected = from_torch(to_torch(halves).to(at::kFloat));
    for (std::uint32_t bits = 0; bits < 1 << 16; ++bits) {
      const float actual = sut.elements()[bits], wanted = expected.elements()[bits];
      if (std::isnan(wanted))
        ASSERT_TRUE(std::isnan(actual)) << bits;
      else
        ASSERT_EQ(std::bit_cast<std::uint32_t>(actual), std::bit_cast<std::uint32_t>(wanted)) << bits;
    }
  }
}

TEST(Tensor, GoesToLibTorchAndBack) {
  const Tensor sut = counted({3, 4});
  const at::Tensor torch = to_torch(sut);
  torch[1][1] = -1;  // the same elements
  EXPECT_EQ(sut.row(1)[1], -1);
  const Tensor back = from_torch(torch.t());
  EXPECT_EQ(back.sizes(), (Tensor::Shape{4, 3}));
  EXPECT_EQ(back.row(1)[1], -1);
  EXPECT_EQ(back.row(3)[2], 11);
}

TEST(TensorFunctions, LinearIsTheProductWithTheTransposedWeightAndTheBias) {
  for (const std::int64_t rows : {0, 1, 2, 37}) {
    const at::Tensor x = at::randn({rows, 50}), weight = at::randn({19, 50}), bias = at::randn({19});
    const Tensor sut = linear(from_torch(x), from_torch(weight), from_torch(bias));
    ASSERT_EQ(sut.sizes(), (Tensor::Shape{rows, 19}));
    if (rows == 0) continue;
    EXPECT_LT(test::relative_error(sut, at::linear(x, weight, bias)), 1e-6);
    EXPECT_LT(test::relative_error(linear(from_torch(x), from_torch(weight), {}), at::linear(x, weight)), 1e-6);
  }
}

TEST(TensorFunctions, ARowOfLinearByRowsIsTheSameWhateverIsBesideIt) {
  const at::Tensor x = at::randn({9, 384}), weight = at::randn({96, 384}), bias = at::randn({96});
  const Tensor all = linear_by_rows(from_torch(x), from_torch(weight), from_torch(bias));
  EXPECT_LT(test::relative_error(all, at::linear(x, weight, bias)), 1e-6);
  for (std::int64_t first = 0; first < 9; ++first)
    for (std::int64_t count = 1; first + count <= 9; ++count) {
      const Tensor some =
          linear_by_rows(from_torch(x.narrow(0, first, count)), from_torch(weight), from_torch(bias));
      for (std::int64_t i = 0; i < count; ++i)
        ASSERT_TRUE(std::ranges::equal(some.row(i), all.row(first + i))) << "row " << i << " of " << count;
    }
}

TEST(TensorFunctions, LayerNormIsThatOfLibTorch) {
  const at::Tensor x = at::randn({5, 40}) * 3 + 2, weight = at::randn({40}), bias = at::randn({40});
  EXPECT_LT(test::relative_error(layer_norm(from_torch(x), from_torch(weight), from_torch(bias), 1e-7),
                                 at::layer_norm(x, {40}, weight, bias, 1e-7)),
            1e-6);
}

TEST(TensorFunctions, OfEachElementAreThoseOfLibTorch) {
  const at::Tensor x = at::linspace(-12, 12, 4001);
  const auto made = [&](Function function) {
    const Tensor values = from_torch(x);
    apply(function, values);
    return to_torch(values);
  };
  const auto expect_close = [](const at::Tensor& actual, const at::Tensor& expected) {
    EXPECT_TRUE(at::allclose(actual, expected, 1e-5, 1e-6));
  };
  expect_close(made(Function::identity), x);
  expect_close(made(Function::gelu_erf), at::gelu(x, "none"));
  expect_close(made(Function::gelu_tanh), at::gelu(x, "tanh"));
  expect_close(made(Function::relu), at::relu(x));
  expect_close(made(Function::tanh), at::tanh(x));
  expect_close(made(Function::sigmoid), at::sigmoid(x));
  expect_close(made(Function::silu), at::silu(x));
}

}  // namespace
}  // namespace memo
