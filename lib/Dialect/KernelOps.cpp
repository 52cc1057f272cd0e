// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Verifiers and memory effects of the kernel ops.
#include "halftone/Dialect/DecodeOps.h"
#include "halftone/Numerics/PackedCodes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

static ShapedType shapedType(Value value) { return cast<ShapedType>(value.getType()); }

static LogicalResult report(Operation *op, StringRef what, Type expected, Type actual) {
  InFlightDiagnostic diag = op->emitOpError(what);
  diag.attachNote() << "expected " << expected;
  diag.attachNote() << "actual " << actual;
  return diag;
}

// (C1): floats accumulate in f32, integers in i32.
static Type accumulatorType(Type element) {
  MLIRContext *context = element.getContext();
  return isa<FloatType>(element) ? Type(Float32Type::get(context))
                                 : Type(IntegerType::get(context, 32));
}

template <typename KernelOp> static LogicalResult verifyEpilogue(KernelOp op) {
  Block &block = op.getEpilogue().front();
  size_t numInputs = op.getEpilogueInputs().size();
  if (block.getNumArguments() != numInputs + 1) {
    InFlightDiagnostic diag = op.emitOpError(
        "expects the epilogue to take the accumulator and one scalar per epilogue input");
    diag.attachNote() << numInputs << " epilogue inputs, " << block.getNumArguments()
                      << " arguments";
    return diag;
  }
  Type accumulator = accumulatorType(shapedType(op.getLhs()).getElementType());
  if (block.getArgument(0).getType() != accumulator)
    return report(op, "has an accumulator of the wrong type", accumulator,
                  block.getArgument(0).getType());
  for (auto [input, argument] :
       llvm::zip_equal(op.getEpilogueInputs(), block.getArguments().drop_front()))
    if (argument.getType() != shapedType(input).getElementType())
      return report(op, "has an epilogue argument of the wrong type",
                    shapedType(input).getElementType(), argument.getType());
  auto yield = dyn_cast_or_null<YieldOp>(block.empty() ? nullptr : &block.back());
  if (!yield || yield.getValues().size() != 1)
    return op.emitOpError("expects the epilogue to end in halftone.yield of one value");
  Type output = shapedType(op.getInit()).getElementType();
  if (yield.getValues().front().getType() != output)
    return report(op, "yields an element of the wrong type", output,
                  yield.getValues().front().getType());
  return success();
}

// Whether the map reads output dimensions, each at most once, or constant zeros.
static bool isEpilogueMap(AffineMap map, int64_t outputRank, int64_t inputRank) {
  bool onlyDimensions = llvm::all_of(map.getResults(), [](AffineExpr result) {
    auto constant = dyn_cast<AffineConstantExpr>(result);
    return isa<AffineDimExpr>(result) || (constant && constant.getValue() == 0);
  });
  return int64_t(map.getNumDims()) == outputRank && int64_t(map.getNumResults()) == inputRank &&
         map.getNumSymbols() == 0 && onlyDimensions &&
         map.isProjectedPermutation(/*allowZeroInResults=*/true);
}

template <typename KernelOp> static LogicalResult verifyEpilogueMaps(KernelOp op) {
  if (op.getEpilogueMaps().size() != op.getEpilogueInputs().size()) {
    InFlightDiagnostic diag = op.emitOpError("expects one map per epilogue input"); // (C2)
    diag.attachNote() << op.getEpilogueInputs().size() << " inputs, " << op.getEpilogueMaps().size()
                      << " maps";
    return diag;
  }
  int64_t outputRank = shapedType(op.getInit()).getRank();
  for (auto [input, attribute] : llvm::zip_equal(op.getEpilogueInputs(), op.getEpilogueMaps())) {
    AffineMap map = cast<AffineMapAttr>(attribute).getValue();
    if (isEpilogueMap(map, outputRank, shapedType(input).getRank()))
      continue;
    InFlightDiagnostic diag =
        op.emitOpError("expects projected permutations of the output dimensions as epilogue maps");
    diag.attachNote() << "the output has " << outputRank << " dimensions, the input is "
                      << input.getType();
    diag.attachNote() << "the map is " << attribute;
    return diag;
  }
  return success();
}

// A size that `packing` gives as -1 is known only at run time.
static bool canEqual(int64_t size, int64_t expected) {
  return ShapedType::isDynamic(size) || expected == -1 || size == expected;
}

static LogicalResult expectSize(Operation *op, StringRef what, int64_t actual, int64_t expected) {
  if (canEqual(actual, expected))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects ") << what << " to agree with `packing`";
  diag.attachNote() << "expected " << expected << ", actual " << actual;
  return diag;
}

static LogicalResult verifyPackingNumbers(Operation *op, PackingAttr packing) {
  constexpr int64_t kLargest = int64_t(1) << 40;
  for (auto [name, value] : {std::pair("nr", packing.getNr()), std::pair("kr", packing.getKr()),
                             std::pair("k", packing.getK()), std::pair("n", packing.getN())}) {
    bool mayBeUnknown = packing.getNr() == 0 && (name[0] == 'k' || name[0] == 'n') && !name[1];
    int64_t least = mayBeUnknown ? -1 : 0;
    if (value > kLargest || value < least)
      return op->emitOpError("expects `") << name << "` of `packing` in [0, 2^40], not " << value;
  }
  if (packing.getNr() > 0 && packing.getKr() == 0)
    return op->emitOpError("expects `kr` of a packed layout to be positive");
  return success();
}

// The dimensions of the right-hand side: [batch…, K, N] or packed.
static LogicalResult verifyPackedShape(ContractOp op) {
  PackingAttr packing = op.getPacking();
  ShapedType rhs = shapedType(op.getRhs());
  SmallVector<int64_t> expected{packing.getK(), packing.getN()};
  ArrayRef<int64_t> actual = rhs.getShape();
  if (packing.getNr() > 0)
    expected = {int64_t(llvm::divideCeil(packing.getN(), packing.getNr())),
                int64_t(llvm::divideCeil(packing.getK(), packing.getKr())), packing.getNr(),
                packing.getKr()};
  else if (actual.size() > 2)
    actual = actual.take_back(2);
  bool agrees = actual.size() == expected.size();
  for (size_t i = 0; agrees && i < expected.size(); ++i)
    agrees = canEqual(actual[i], expected[i]);
  if (agrees)
    return success();
  InFlightDiagnostic diag = op.emitOpError("expects `rhs` to agree with `packing`"); // (C3)
  diag.attachNote() << "expected [" << expected << "]";
  diag.attachNote() << "`rhs` is " << op.getRhs().getType();
  return diag;
}

static bool isCodeType(Type type) {
  bool isNumber = isa<FloatType>(type) || (isa<IntegerType>(type) && !type.isSignedInteger());
  return isNumber && type.getIntOrFloatBitWidth() <= 8;
}

static bool isParameterType(Type type) {
  return isCodeType(type) || type.isF32() || type.isF16() || type.isBF16();
}

// `rows` rows of N numbers of type `element` as panels of `nr` columns.
static SmallVector<int64_t> panelShape(int64_t columns, int64_t nr, Type element, int64_t rows) {
  int64_t panels = int64_t(llvm::divideCeil(columns, nr));
  unsigned bits = element.getIntOrFloatBitWidth();
  if (bits > 8)
    return {panels, rows, nr};
  return {panels, int64_t(llvm::divideCeil(rows, ::halftone::getCodeRows(bits))),
          ::halftone::getCodeStepBytes(bits, nr)};
}

static SmallVector<int64_t> codesShape(PackingAttr packing, Type codes, bool areRows) {
  int64_t nr = packing.getNr(), k = packing.getK(), n = packing.getN();
  if (areRows)
    return panelShape(k * nr, nr, codes, packing.getKr());
  if (packing.getIsAlongK())
    return panelShape(n * nr, nr, codes, int64_t(llvm::divideCeil(k, nr)));
  return panelShape(n, nr, codes, k);
}

// What verifying codes and their decoder needs of an op.
struct CodedOperand {
  Operation *op;
  PackingAttr packing;
  DecoderAttr decoder;
  StringRef name;
  Value codes;
  OperandRange inputs;
  /// Rows that are read one by one.
  bool areRows = false;
};

// The codes that a table is for; null if it is for none.
static Type tableCodes(DecoderAttr decoder, DecoderInputAttr table) {
  if (table.getRole() == "table" || table.getRole() == "table_bytes")
    return decoder.getCodes();
  const DecoderInputAttr *place = llvm::find(decoder.getInputs(), table);
  if (table.getRole() != "scale_table" || place == decoder.getInputs().begin())
    return nullptr;
  DecoderInputAttr scale = place[-1];
  bool isShort =
      scale.getElement().isUnsignedInteger() && scale.getElement().getIntOrFloatBitWidth() <= 4;
  return scale.getRole() == "scale" && isShort ? scale.getElement() : Type();
}

static SmallVector<int64_t> inputShape(const CodedOperand &coded, DecoderInputAttr input) {
  PackingAttr packing = coded.packing;
  auto countBlocks = [](int64_t size, int64_t block) {
    return block ? int64_t(llvm::divideCeil(size, block)) : 1;
  };
  int64_t rows = countBlocks(packing.getK(), input.getGroup());
  int64_t columns = coded.areRows ? packing.getNr() * packing.getKr() : packing.getN();
  Type codes = tableCodes(coded.decoder, input);
  if (coded.areRows && input.getElement().getIntOrFloatBitWidth() < 8) {
    int64_t count = rows * countBlocks(columns, input.getColumns());
    return {::halftone::getStreamBytes(input.getElement().getIntOrFloatBitWidth(), count)};
  }
  if (input.getColumns() == 1 && !codes && !coded.areRows)
    return panelShape(packing.getN(), packing.getIsAlongK() ? 1 : packing.getNr(),
                      input.getElement(), rows);
  SmallVector<int64_t> shape{rows, countBlocks(columns, input.getColumns())};
  if (codes)
    shape.push_back(int64_t(1) << codes.getIntOrFloatBitWidth());
  if (input.getRole() == "table_bytes")
    shape.insert(shape.end() - 1, sizeof(float));
  return shape;
}

static LogicalResult expectCoded(Operation *op, StringRef what, Type actual, Type element,
                                 ArrayRef<int64_t> shape) {
  Type stored = isCodeType(element) ? Type(IntegerType::get(op->getContext(), 8)) : element;
  auto type = cast<ShapedType>(actual);
  if (type.getShape() == shape && type.getElementType() == stored)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects ") << what << " to agree with the decoder";
  diag.attachNote() << "expected [" << shape << "] of " << stored;
  diag.attachNote() << "actual " << actual;
  return diag;
}

static LogicalResult verifyDecoderInput(const CodedOperand &coded, DecoderInputAttr input,
                                        Type type) {
  Operation *op = coded.op;
  constexpr StringLiteral roles[] = {"table", "table_bytes", "zero_point", "scale",
                                     "plane", "offset",      "scale_table"};
  if (!llvm::is_contained(roles, input.getRole()))
    return op->emitOpError("has a decoder input of the unknown role '") << input.getRole() << "'";
  if (!isParameterType(input.getElement()) ||
      (input.getRole().ends_with("table") && !input.getElement().isF32()))
    return op->emitOpError("has a decoder input '")
           << input.getRole() << "' of type " << input.getElement() << ", which no decoder reads";
  if (input.getRole() == "scale_table" &&
      (!tableCodes(coded.decoder, input) || input.getGroup() || input.getColumns()))
    return op->emitOpError("expects one table after scales that are unsigned codes of at most 4 "
                           "bits");
  if (input.getGroup() < 0 || input.getColumns() < 0)
    return op->emitOpError("expects `group` and `columns` of a decoder input to be at least 0");
  return expectCoded(op, "a decoder input '" + input.getRole().str() + "'", type,
                     input.getElement(), inputShape(coded, input));
}

// The sums that a decoder's roles describe: of planes and an offset, or of a code with at most one
// table and zero point.
static LogicalResult verifyRoles(Operation *op, DecoderAttr decoder) {
  auto count = [&](StringRef role) {
    return llvm::count_if(decoder.getInputs(),
                          [&](DecoderInputAttr input) { return input.getRole() == role; });
  };
  unsigned bits = decoder.getCodes().getIntOrFloatBitWidth();
  int64_t planes = count("plane");
  bool isBinary = planes != 0 || count("offset") != 0;
  if (isBinary &&
      (planes != bits || count("offset") != 1 || decoder.getInputs().size() != size_t(planes) + 1))
    return op->emitOpError("expects a plane for each bit of a code, one offset and nothing else");
  int64_t tables = count("table") + count("table_bytes");
  if (tables > 1 || count("zero_point") > 1)
    return op->emitOpError("expects at most one table and one zero point");
  if ((isBinary || tables) && !decoder.getCodes().isUnsignedInteger())
    return op->emitOpError("expects unsigned codes with a table or planes, not ")
           << decoder.getCodes();
  return success();
}

static LogicalResult verifyCoded(const CodedOperand &coded) {
  Operation *op = coded.op;
  PackingAttr packing = coded.packing;
  if (coded.inputs.size() != coded.decoder.getInputs().size())
    return op->emitOpError("expects ")
           << coded.decoder.getInputs().size() << " decoder inputs, not " << coded.inputs.size();
  Type codes = coded.decoder.getCodes();
  bool isHalf = codes.isF16() || codes.isBF16();
  if (!isCodeType(codes) && !isHalf)
    return op->emitOpError("expects codes of at most 8 bits, f16 or bf16, not ") << codes;
  int64_t rows = isHalf ? 1 : ::halftone::getCodeRows(codes.getIntOrFloatBitWidth());
  if (packing.getKr() != rows)
    return op->emitOpError("expects `kr` to be ") << rows << " for codes of " << codes;
  bool hasWholeGroups = llvm::all_of(coded.decoder.getInputs(), [&](DecoderInputAttr input) {
    return input.getGroup() % packing.getNr() == 0;
  });
  if (packing.getIsAlongK() && !hasWholeGroups)
    return op->emitOpError("expects groups of the decoder to be multiples of `nr` with `along_k`");
  if (failed(verifyRoles(op, coded.decoder)) ||
      failed(expectCoded(op, coded.name, coded.codes.getType(), codes,
                         codesShape(packing, codes, coded.areRows))))
    return failure();
  for (auto [input, operand] : llvm::zip_equal(coded.decoder.getInputs(), coded.inputs))
    if (failed(verifyDecoderInput(coded, input, operand.getType())))
      return failure();
  return success();
}

// (C5)
static LogicalResult verifyDecoder(ContractOp op) {
  std::optional<DecoderAttr> decoder = op.getDecoder();
  if (!decoder && op.getPacking().getIsAlongK())
    return op.emitOpError("expects a decoder with `along_k`");
  if (!decoder && op.getDecoderInputs().empty())
    return success();
  if (!decoder)
    return op.emitOpError("expects 0 decoder inputs, not ") << op.getDecoderInputs().size();
  if (!shapedType(op.getLhs()).getElementType().isF32())
    return op.emitOpError("expects `lhs` of f32 with a decoder, not ") << op.getLhs().getType();
  PackingAttr packing = op.getPacking();
  if (op.getWindow() || packing.getNr() < 1 || packing.getK() < 1)
    return op.emitOpError("expects a packed right-hand side and no window with a decoder");
  return verifyCoded({op, packing, *decoder, "`rhs`", op.getRhs(), op.getDecoderInputs()});
}

static LogicalResult verifyWindow(Operation *op, WindowAttr window) {
  bool hasLengths = window.getKernel().size() == 2 && window.getStrides().size() == 2 &&
                    window.getDilations().size() == 2;
  if (!hasLengths)
    return op->emitOpError("expects a `window` of 2 kernel sizes, 2 strides and 2 dilations");
  for (ArrayRef<int64_t> amounts : {window.getKernel(), window.getStrides(), window.getDilations()})
    for (int64_t amount : amounts)
      if (amount < 1 || amount > std::numeric_limits<int32_t>::max())
        return op->emitOpError("expects positive 32-bit numbers in `window`, not ") << amount;
  return success();
}

static LogicalResult verifyImages(Operation *op, ShapedType lhs, ShapedType init) {
  if (lhs.getRank() == 4 && init.getRank() == 4)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects [N, H, W, C] images with a `window`");
  diag.attachNote() << "`lhs` is " << lhs;
  diag.attachNote() << "`init` is " << init;
  return diag;
}

LogicalResult ContractOp::verify() {
  if (failed(verifyEpilogueMaps(*this)) || failed(verifyEpilogue(*this)) ||
      failed(verifyPackingNumbers(*this, getPacking())) || failed(verifyDecoder(*this)) ||
      (!getDecoder() && failed(verifyPackedShape(*this))))
    return failure();
  ShapedType lhs = shapedType(getLhs()), init = shapedType(getInit());
  if (lhs.getRank() == 0 || init.getRank() == 0)
    return emitOpError("expects operands of at least one dimension");
  if (failed(expectSize(*this, "N of `init`", init.getShape().back(), getPacking().getN())))
    return failure();
  if (!getWindow()) {
    if (lhs.getRank() != init.getRank())
      return report(*this, "expects `lhs` and `init` of one rank", lhs, init);
    return expectSize(*this, "K of `lhs`", lhs.getShape().back(), getPacking().getK());
  }
  if (failed(verifyWindow(*this, *getWindow())) || failed(verifyImages(*this, lhs, init)))
    return failure();
  int64_t channels = lhs.getShape().back();
  ArrayRef<int64_t> kernel = getWindow()->getKernel();
  int64_t area = kernel[0] * kernel[1], k = 0; // At most 2^62.
  if (ShapedType::isDynamic(channels))
    return success();
  if (llvm::MulOverflow(area, channels, k))
    return emitOpError("has a window with more elements than 63 bits count");
  return expectSize(*this, "K of the window", k, getPacking().getK());
}

LogicalResult DepthwiseOp::verify() {
  if (failed(verifyEpilogueMaps(*this)) || failed(verifyEpilogue(*this)) ||
      failed(verifyPackingNumbers(*this, getPacking())))
    return failure();
  if (getDecoder() || !getDecoderInputs().empty())
    return emitOpError("expects no decoder"); // (C4)
  if (getPacking().getIsAlongK())
    return emitOpError("expects lanes of channels, not `along_k`");
  if (!getWindow())
    return emitOpError("expects a `window`");
  ShapedType lhs = shapedType(getLhs()), init = shapedType(getInit()), rhs = shapedType(getRhs());
  if (failed(verifyWindow(*this, *getWindow())) || failed(verifyImages(*this, lhs, init)))
    return failure();
  if (getPacking().getNr() > 0)
    return success();
  ArrayRef<int64_t> kernel = getWindow()->getKernel();
  bool agrees = rhs.getRank() == 3 && canEqual(rhs.getDimSize(0), kernel[0]) &&
                canEqual(rhs.getDimSize(1), kernel[1]);
  if (agrees)
    return success();
  InFlightDiagnostic diag = emitOpError("expects `rhs` of [KH, KW, C]");
  diag.attachNote() << "the kernel is [" << kernel << "]";
  diag.attachNote() << "`rhs` is " << rhs;
  return diag;
}

// (C2): the numbers of dimensions agree and are positive; the product of `padded`, or nullopt.
static std::optional<int64_t> countBox(DecodePanelsOp op) {
  constexpr int64_t kLargest = int64_t(1) << 40;
  ArrayRef<int64_t> sizes = op.getSizes(), padded = op.getPadded(), strides = op.getStrides();
  if (sizes.size() != padded.size() || sizes.size() != strides.size())
    return std::nullopt;
  int64_t count = 1;
  for (auto [size, all, stride] : llvm::zip_equal(sizes, padded, strides)) {
    if (size < 1 || size > all || stride < 1 || stride > kLargest || all > kLargest / count)
      return std::nullopt;
    count *= all;
  }
  return count;
}

// (C3): with strides in ascending order each is beyond what the smaller ones reach.
static int64_t countRows(DecodePanelsOp op) {
  SmallVector<std::pair<int64_t, int64_t>> dims;
  for (auto [size, stride] : llvm::zip_equal(op.getSizes(), op.getStrides()))
    if (size > 1)
      dims.push_back({stride, size});
  llvm::sort(dims);
  int64_t reach = 1;
  for (auto [stride, size] : dims) {
    int64_t further = 0;
    if (stride < reach || llvm::MulOverflow(size - 1, stride, further) ||
        llvm::AddOverflow(reach, further, reach))
      return -1;
  }
  return reach;
}

LogicalResult DecodePanelsOp::verify() {
  PackingAttr packing = getPacking();
  if (failed(verifyPackingNumbers(*this, packing)))
    return failure();
  if (packing.getNr() < 1 || packing.getK() < 1)
    return emitOpError("expects packed codes");
  if (packing.getIsAlongK())
    return emitOpError("expects lanes of columns, not `along_k`");
  if (failed(
          verifyCoded({*this, packing, getDecoder(), "`codes`", getCodes(), getDecoderInputs()})))
    return failure();
  std::optional<int64_t> count = countBox(*this);
  if (!count)
    return emitOpError("expects `sizes`, `padded` and `strides` of as many positive numbers, the "
                       "first at most the second");
  if (*count != packing.getK())
    return emitOpError("expects a box of as many elements as K: ")
           << packing.getK() << ", not " << *count;
  ShapedType init = shapedType(getInit());
  int64_t panels = int64_t(llvm::divideCeil(packing.getN(), packing.getNr()));
  int64_t rows = countRows(*this);
  bool fits = init.getRank() == 3 && init.getElementType().isF32() && init.hasStaticShape() &&
              init.getDimSize(0) == panels && rows > 0 && init.getDimSize(1) >= rows &&
              init.getDimSize(2) == packing.getNr();
  if (fits)
    return success();
  InFlightDiagnostic diag = emitOpError("expects `init` to have a row of panels for each index");
  if (rows > 0)
    diag.attachNote() << "expected [" << panels << ", at least " << rows << ", " << packing.getNr()
                      << "] of f32";
  else
    diag.attachNote() << "`strides` give several indices one row";
  diag.attachNote() << "actual " << getInit().getType();
  return diag;
}

LogicalResult DecodeRowsOp::verify() {
  PackingAttr packing = getPacking();
  if (failed(verifyPackingNumbers(*this, packing)))
    return failure();
  int64_t columns = packing.getN(), room = 0;
  if (packing.getNr() < 1 || packing.getK() < 1 || packing.getIsAlongK() ||
      llvm::MulOverflow(packing.getNr(), packing.getKr(), room) || room < columns)
    return emitOpError("expects rows of at most `kr` times `nr` packed codes");
  if (failed(verifyCoded({*this, packing, getDecoder(), "`codes`", getCodes(), getDecoderInputs(),
                          /*areRows=*/true})))
    return failure();
  ShapedType indices = shapedType(getIndices()), init = shapedType(getInit());
  bool haveType = indices.getElementType().isInteger(32) || indices.getElementType().isInteger(64);
  if (indices.getRank() == 1 && haveType && init.getRank() == 2 && init.getElementType().isF32() &&
      canEqual(indices.getDimSize(0), init.getDimSize(0)) && init.getDimSize(1) == columns)
    return success();
  InFlightDiagnostic diag = emitOpError("expects `indices` of [M] and `init` of [M][")
                            << columns << "]";
  diag.attachNote() << "`indices` is " << getIndices().getType();
  diag.attachNote() << "`init` is " << getInit().getType();
  return diag;
}

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

// On tensors none; on memrefs every input is read and the whole output written, never read.
template <typename KernelOp> static void getKernelEffects(KernelOp op, Effects &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

void ContractOp::getEffects(Effects &effects) { getKernelEffects(*this, effects); }
void DepthwiseOp::getEffects(Effects &effects) { getKernelEffects(*this, effects); }
void DecodePanelsOp::getEffects(Effects &effects) { getKernelEffects(*this, effects); }
void DecodeRowsOp::getEffects(Effects &effects) { getKernelEffects(*this, effects); }

void YieldOp::build(OpBuilder &, OperationState &) {}

// Vectors are loaded from cache lines that start where the view does.
static LogicalResult verifyOffset(Operation *op, int64_t offset) {
  if (offset >= 0 && offset % 64 == 0)
    return success();
  return op->emitOpError("expects `offset` to be a multiple of 64, not ") << offset;
}

LogicalResult WeightsViewOp::verify() { return verifyOffset(*this, getOffset()); }
LogicalResult ArenaViewOp::verify() { return verifyOffset(*this, getOffset()); }
