// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps that ops made of several others share. Positions count from the front.
#ifndef HALFTONE_LIB_ONNX_COMPOSE_H
#define HALFTONE_LIB_ONNX_COMPOSE_H

#include "NodeImporter.h"

namespace mlir::halftone {

/// The part [start, end) of `axis`.
Value buildSlice(NodeImporter &node, Value value, int64_t axis, int64_t start, int64_t end,
                 int64_t step = 1);
/// ONNX Reshape: 0 keeps a dimension, -1 is inferred.
Value buildReshape(NodeImporter &node, Value value, ArrayRef<int64_t> shape);
Value buildTranspose(NodeImporter &node, Value value, ArrayRef<int64_t> permutation);
/// The last two dimensions exchanged.
Value buildMatrixTranspose(NodeImporter &node, Value value);
Value buildUnsqueeze(NodeImporter &node, Value value, ArrayRef<int64_t> axes);
Value buildConcat(NodeImporter &node, ArrayRef<Value> values, int64_t axis);
/// `value * factor`; nothing for 1.
Value buildScale(NodeImporter &node, Value value, double factor);
/// `value + amount`; nothing for 0.
Value buildShift(NodeImporter &node, Value value, double amount);
/// The size of a dimension, 0-D i64.
Value buildSize(NodeImporter &node, Value value, int64_t axis);
/// [0, 1, … count), 1-D i64; `count` is 0-D i64.
Value buildIota(NodeImporter &node, Value count);
/// All elements in one dimension.
Value buildFlat(NodeImporter &node, Value value);
Value buildReduce(NodeImporter &node, Value value, ReduceKind kind, ArrayRef<int64_t> axes,
                  bool keepdims = true);
/// An f32 constant of any shape.
Value buildFloatTensor(NodeImporter &node, ArrayRef<int64_t> shape, ArrayRef<float> values);
/// A tensor of `shape` (1-D i64) filled with one value.
Value buildFilled(NodeImporter &node, Value shape, Type elementType, double value);
/// The positions (1-D i64) of the elements of a 1-D i1 tensor that are true.
Value buildTruePositions(NodeImporter &node, Value condition);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_COMPOSE_H
