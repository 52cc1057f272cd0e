// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ShapeContext.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/OwningOpRef.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace mlir::halftone;

namespace {
class ShapeContextTest : public ::testing::Test {
protected:
  ShapeContextTest() { context.loadDialect<HalftoneDialect>(); }

  Dim c(int64_t value) { return shapes.constant(value); }

  MLIRContext context;
  ShapeContext shapes{&context};
  Dim batch = shapes.namedSymbol("batch"), seq = shapes.namedSymbol("seq");
};

// Two dimensions are provably equal when their simplified expressions are the same pointer.
TEST_F(ShapeContextTest, EqualExpressionsAreEqualPointers) {
  EXPECT_EQ(shapes.simplify(batch * seq), shapes.simplify(seq * batch));
  EXPECT_EQ(shapes.simplify(batch + seq + 1), shapes.simplify(c(1) + seq + batch));
  EXPECT_EQ(shapes.simplify((batch + 1) * (seq + 2)),
            shapes.simplify(batch * seq + seq + batch * 2 + 2));
  EXPECT_EQ(shapes.simplify((batch * 4 + 3).floorDiv(2)), shapes.simplify(batch * 2 + 1));
  EXPECT_EQ(shapes.simplify(batch.ceilDiv(2)), shapes.simplify((batch + 1).floorDiv(2)));
  EXPECT_EQ(shapes.simplify(batch - batch), c(0));
  EXPECT_NE(shapes.simplify(batch.floorDiv(2)), shapes.simplify(seq.floorDiv(2)));
}

TEST_F(ShapeContextTest, SameNameIsSameSymbol) {
  EXPECT_EQ(shapes.namedSymbol("batch"), batch);
  EXPECT_NE(batch, seq);
}

// Simplifying must not change the value: checked on random expressions and random symbols.
TEST_F(ShapeContextTest, SimplifyKeepsValues) {
  std::mt19937 random(7);
  auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  auto makeExpression = [&](auto &self, int depth) -> AffineExpr {
    if (depth == 0)
      return draw(0, 1) ? c(draw(0, 9)) : (draw(0, 1) ? batch : seq);
    AffineExpr lhs = self(self, depth - 1), rhs = self(self, depth - 1);
    switch (draw(0, 4)) {
    case 0:
      return lhs + rhs;
    case 1:
      return lhs - rhs;
    case 2:
      return lhs * rhs;
    case 3:
      return lhs.floorDiv(draw(1, 6));
    default:
      return lhs % draw(1, 6);
    }
  };
  for (int trial = 0; trial < 500; ++trial) {
    AffineExpr expression = makeExpression(makeExpression, 4);
    AffineExpr simplified = shapes.simplify(expression);
    SmallVector<AffineExpr> symbols{c(draw(0, 50)), c(draw(0, 50))};
    AffineExpr expected = expression.replaceSymbols(symbols);
    AffineExpr actual = simplified.replaceSymbols(symbols);
    EXPECT_EQ(simplifyAffineExpr(expected, 0, 0), simplifyAffineExpr(actual, 0, 0))
        << "trial " << trial;
  }
}

TEST_F(ShapeContextTest, DividesOnlyWithoutRemainder) {
  EXPECT_EQ(shapes.divideExactly(batch * seq * 32, seq * 8), shapes.simplify(batch * 4));
  EXPECT_EQ(shapes.divideExactly((batch + seq) * 64, batch + seq), c(64));
  EXPECT_EQ(shapes.divideExactly(batch * 6, c(4)), std::nullopt);
  EXPECT_EQ(shapes.divideExactly(batch, seq), std::nullopt);
  EXPECT_EQ(shapes.divideExactly(batch, c(0)), std::nullopt);
}

TEST_F(ShapeContextTest, ProductsThatOverflowAreRefused) {
  EXPECT_EQ(shapes.product({c(int64_t(1) << 32), c(int64_t(1) << 32)}), std::nullopt);
  EXPECT_EQ(shapes.product({}), c(1));
}

TEST_F(ShapeContextTest, SignsFollowFromDimensions) {
  EXPECT_TRUE(shapes.isNonNegative(batch * seq + 3));
  EXPECT_TRUE(shapes.isNonNegative((batch + 1).floorDiv(2)));
  EXPECT_FALSE(shapes.isNonNegative(batch - 1)); // A dimension may be 0.
  EXPECT_TRUE(shapes.isDifferent(batch + 1, c(0)));
  EXPECT_FALSE(shapes.isDifferent(batch, c(0)));
  EXPECT_TRUE(shapes.isDifferent(batch, batch + 1));
}

TEST_F(ShapeContextTest, MinimumAndMaximumAreMemoized) {
  EXPECT_EQ(shapes.minimum(batch, batch + 1), batch);
  EXPECT_EQ(shapes.maximum(c(3), c(4)), c(4));
  EXPECT_EQ(shapes.minimum(batch, seq), shapes.minimum(seq, batch));
  EXPECT_NE(shapes.minimum(batch, seq), shapes.maximum(batch, seq));
  EXPECT_FALSE(shapes.isNonNegative(shapes.minimum(batch, seq - 5)));
  EXPECT_TRUE(shapes.isNonNegative(shapes.maximum(seq - 5, c(0))));
}

TEST_F(ShapeContextTest, BroadcastsLikeNumPy) {
  EXPECT_EQ(shapes.broadcast(batch, c(1)), batch);
  EXPECT_EQ(shapes.broadcast(batch, c(4)), c(4));
  EXPECT_EQ(shapes.broadcast(c(3), c(4)), std::nullopt);
  EXPECT_EQ(shapes.broadcast(c(0), c(1)), c(0));
}

// The set of what was broadcast decides, however often and in which order.
TEST_F(ShapeContextTest, BroadcastIsASemilattice) {
  Dim past = shapes.namedSymbol("past");
  Dim both = *shapes.broadcast(batch, seq);
  EXPECT_EQ(*shapes.broadcast(seq, batch), both);
  EXPECT_EQ(*shapes.broadcast(both, batch), both);
  EXPECT_EQ(*shapes.broadcast(*shapes.broadcast(batch, past), seq), *shapes.broadcast(both, past));
  EXPECT_NE(both, batch);
}

// A checking context reports a contradiction and leaves the IR as it is.
TEST_F(ShapeContextTest, CheckModeChangesNothing) {
  OpBuilder builder(&context);
  auto type = RankedTensorType::get({2, ShapedType::kDynamic}, builder.getF32Type());
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &) { return success(); });
  OwningOpRef<ConstantOp> constant = ConstantOp::create(
      builder, builder.getUnknownLoc(),
      DenseElementsAttr::get(RankedTensorType::get({2, 3}, builder.getF32Type()), 1.0f));
  OwningOpRef<ReluOp> relu =
      ReluOp::create(builder, builder.getUnknownLoc(), type, constant->getOutput());
  ShapeContext checking(&context, ShapeContext::Mode::Check);
  EXPECT_TRUE(succeeded(relu->inferShapes(checking)));
  EXPECT_EQ(relu->getType(), type);
  EXPECT_TRUE(succeeded(relu->inferShapes(shapes)));
  EXPECT_EQ(relu->getType(), constant->getOutput().getType());
  relu->getResult().setType(RankedTensorType::get({7}, builder.getF32Type()));
  EXPECT_TRUE(failed(relu->inferShapes(checking)));
}
} // namespace
