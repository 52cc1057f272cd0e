// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers of the codes of a packed right-hand side, in vectors of neighbouring columns, or of
// consecutive k of one column.
#ifndef HALFTONE_CPU_WEIGHTDECODER_H
#define HALFTONE_CPU_WEIGHTDECODER_H

#include "IndexMath.h"
#include "halftone/CPU/KernelTable.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/PackedCodes.h"

namespace mlir::halftone {

/// Packed codes on memrefs and what makes numbers of them.
struct CodedPanels {
  Value codes;
  ValueRange inputs;
  DecoderAttr decoder;
  PackingAttr packing;
  /// As `decode_rows` has them.
  bool areRows = false;
};

/// Whether it takes less to look the bytes of 64 numbers up than to put codes together, or floats,
/// lane by lane.
bool isByteTableCheap(Type codes);

class WeightDecoder {
public:
  WeightDecoder(IndexMath &math, const CodedPanels &panels, const KernelRow &row);
  WeightDecoder(IndexMath &math, ContractOp op, const KernelRow &row)
      : WeightDecoder(math, {op.getRhs(), op.getDecoderInputs(), *op.getDecoder(), op.getPacking()},
                      row) {}

  /// The columns of one register: those from `first` on, `offset` columns into `panel`. Along k,
  /// `first` and `panel` are the column, and `offset` is where the lanes begin in each row. Of rows
  /// that are read one by one, `panel` is the row; these columns begin `begin` behind `offset`.
  struct Columns {
    Value panel, first;
    int64_t offset;
    Value begin = nullptr;
  };
  /// What the codes of consecutive rows have in common; null or empty where there is nothing.
  struct Parameters {
    Value zeroPoint, scale, offset;
    /// The planes of a binary code, negated.
    SmallVector<Value> planes;
    /// A table for all lanes, as permutations take it: the entries, or the lowest bytes of all
    /// entries and then the next ones, each in as many registers as they fill.
    SmallVector<Value> permuted;
    /// A table of up to 16 numbers for each column: registers with one of its entries each.
    SmallVector<Value> entries;
    /// Where a larger table begins for each column, and its row.
    Value tableOffsets, tableRow;
  };
  /// The bytes of one step that have been read, of each panel.
  struct Step {
    Value index;
    llvm::DenseMap<std::pair<Value, int64_t>, Value> words;
    /// The numbers that have been looked up together, of each panel and register.
    llvm::DenseMap<std::pair<Value, int64_t>, SmallVector<Value>> numbers;
  };

  /// Rows of a panel: one for each k, or for `nr` of them along k.
  int64_t getNumRows() const { return depth; }
  /// Rows of one step: they share bytes.
  int64_t getStepRows() const { return stepRows; }
  /// All parameters are the same for this many rows from its multiples on.
  int64_t getGroup() const { return group; }
  /// Whether `count` columns from a multiple of it on have the same parameters in each row.
  bool haveSameParameters(int64_t count) const;

  /// A number of rows, about `rows` and at most all, after which steps and groups begin anew.
  int64_t getBlockRows(int64_t rows) const;

  Parameters loadParameters(const Columns &columns, Value k);
  /// The numbers of row `row` of a step.
  Value decode(const Columns &columns, Step &step, int64_t row, const Parameters &parameters);

private:
  /// How the number of a code is found.
  enum class Method { Extension, Arithmetic, Permutation, Selection, Gather, Planes, Bytes };
  struct Input {
    DecoderInputAttr attribute;
    Value memref;
  };

  Method chooseMethod() const;
  const Input *findInput(StringRef role) const;

  // Parameters.
  /// The rows of codes that an element of the input is for; all of them where that is 0.
  int64_t rowsOfGroup(const Input &input) const;
  Value rowOf(const Input &input, Value k);
  /// Numbers, or codes and the entries that they choose from.
  struct Numbers {
    Value values;
    SmallVector<Value> entries = {};
  };
  SmallVector<Value> loadScaleTable(const Input &table, unsigned bits);
  Numbers loadNumbers(const Input &input, const Input *table, const Columns &columns, Value k);
  Value multiplyScales(Numbers scale, Value product);
  Value loadPacked(const Input &input, const Columns &columns, Value row);
  Value loadShared(const Input &input, ArrayRef<Value> place);
  Value loadOfColumn(const Input &input, Value row, Value column);
  Value gatherOfRow(const Input &input, Value row, const Columns &columns);
  Value loadOfRow(const Input &input, Value row, const Columns &columns);
  Value loadFromStream(const Input &input, Value position, int64_t count, Value lanes);
  Value gatherShared(const Input &input, const Columns &columns, Value row);
  Value blockOfColumns(const Input &input, const Columns &columns, int64_t numBlocks);
  void loadTable(const Input &input, const Columns &columns, Value k, Parameters &parameters);
  /// The numbers of all codes that planes make.
  SmallVector<Value> tabulatePlanes(const Parameters &parameters);
  Value gatherFrom(Value table, Value row, Value indices);

  // Codes.
  /// (number - zero point) * scale.
  Value scaleNumber(Value number, const Parameters &parameters);
  Value readCode(const Columns &columns, Step &step, int64_t row);
  Value loadBytes(Value memref, ArrayRef<Value> indices);
  /// The place of a byte, or of a number, of a step.
  Value placeOf(const Columns &columns, int64_t place);
  /// Lanes of bytes: as many codes of a row are looked up together as four registers have numbers.
  static constexpr int64_t byteLanes = 64;
  /// `byteLanes` codes of a row, from the columns that are looked up with `columns` on.
  Value readBytes(const Columns &columns, const Step &step, int64_t row);
  SmallVector<Value> lookUpBytes(Value codes, const Parameters &parameters);
  Value permute(Value code, ArrayRef<Value> table);
  Value permutePairs(Value code, ArrayRef<Value> table);
  Value permuteBytes(Value code, ArrayRef<Value> table);
  Value select(Value code, ArrayRef<Value> entries);
  Value addPlanes(Value code, const Parameters &parameters);
  /// The number of a code in the low bits, the others 0.
  Value toNumber(Value code, Type type, bool isKnownFinite = false);
  /// With `isKnownFinite`, infinities and NaNs do not occur.
  Value decodeFloat(Value code, FloatType type, bool isKnownFinite);
  Value decodeByHalf(Value code, FloatType type, bool isKnownFinite);
  SmallVector<Value> makeConstantTable();
  SmallVector<Value> makeConstantBytes();

  VectorType lanesOf(Type element) const { return VectorType::get({row.lanes}, element); }
  Value ints(int64_t value);
  Value floats(float value);
  Value shiftLeft(Value value, int64_t amount);
  Value shiftRight(Value value, int64_t amount);
  Value mask(Value value, int64_t bits);
  Value broadcastInt(Value index);
  Value cast(Value value, Type element);
  Value call(StringRef intrinsic, ArrayRef<Value> operands);

  IndexMath &math;
  Value rhs;
  const KernelRow &row;
  Type codes;
  bool isAlongK, areRows, isFinite;
  unsigned bits;
  /// `numColumns`: of a row, with what fills it up.
  int64_t nr, numColumns, depth, stepRows, group = 0;
  SmallVector<Input> inputs;
  Method method;
  llvm::SmallVector<::halftone::CodeField, 3> fields;
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_WEIGHTDECODER_H
