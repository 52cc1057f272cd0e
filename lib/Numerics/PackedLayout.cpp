// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/PackedLayout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cassert>
#include <cstring>

using namespace halftone;

WeightView WeightView::matrix(const void *data, int64_t reduction, int64_t columns,
                              int64_t reductionStride, int64_t columnStride) {
  return {data, columns, columnStride, {{reduction, reductionStride, reduction}}};
}

WeightView WeightView::convolution(const void *data, int64_t outputs, int64_t inputs,
                                   int64_t kernelHeight, int64_t kernelWidth, int64_t kr) {
  int64_t kernel = kernelHeight * kernelWidth;
  return {data,
          outputs,
          inputs * kernel,
          {{kernelHeight, kernelWidth, kernelHeight},
           {kernelWidth, 1, kernelWidth},
           {inputs, kernel, int64_t(llvm::alignTo(inputs, kr))}}};
}

WeightView WeightView::depthwise(const void *data, int64_t channels, int64_t kernelHeight,
                                 int64_t kernelWidth) {
  return {data,
          channels,
          kernelHeight * kernelWidth,
          {{kernelHeight, kernelWidth, kernelHeight}, {kernelWidth, 1, kernelWidth}}};
}

int64_t WeightView::getPaddedReduction() const {
  int64_t size = 1;
  for (const ReductionDim &dim : reduction)
    size *= dim.paddedSize;
  return size;
}

int64_t halftone::getPackedReduction(const PackingSpec &spec, const WeightView &view) {
  assert(spec.getReductionAlignment() % spec.kr == 0 &&
         "the reduction is a whole number of blocks of kr");
  return llvm::alignTo(view.getPaddedReduction(), spec.getReductionAlignment());
}

int64_t halftone::getNumPanels(const PackingSpec &spec, const WeightView &view) {
  return llvm::divideCeil(view.numColumns, spec.nr);
}

int64_t halftone::getPanelBytes(const PackingSpec &spec, const WeightView &view) {
  return getPackedReduction(spec, view) * spec.nr * spec.elementBytes;
}

int64_t halftone::getPackedBytes(const PackingSpec &spec, const WeightView &view) {
  return getNumPanels(spec, view) * getPanelBytes(spec, view);
}

static constexpr int64_t paddingOffset = -1;

// Where each element of the padded reduction lies within its column.
static std::vector<int64_t> reductionOffsets(const WeightView &view, int64_t paddedSize) {
  std::vector<int64_t> offsets = {0};
  for (const ReductionDim &dim : view.reduction) {
    std::vector<int64_t> inner;
    inner.reserve(offsets.size() * dim.paddedSize);
    for (int64_t outer : offsets)
      for (int64_t i = 0; i != dim.paddedSize; ++i) {
        bool isPadding = outer == paddingOffset || i >= dim.size;
        inner.push_back(isPadding ? paddingOffset : outer + i * dim.stride);
      }
    offsets = std::move(inner);
  }
  offsets.resize(paddedSize, paddingOffset);
  return offsets;
}

// Mapped files promise no alignment.
template <typename Source> static Source loadElement(const void *data, int64_t index) {
  Source value;
  std::memcpy(&value, static_cast<const char *>(data) + index * int64_t(sizeof(Source)),
              sizeof(Source));
  return value;
}

template <typename Packed> static void storeElement(uint8_t *out, int64_t index, Packed value) {
  std::memcpy(out + index * int64_t(sizeof(Packed)), &value, sizeof(Packed));
}

// Packs `kr` rows of `numColumns` elements, each `stride` from the next. `Kr` and `Stride` are
// the same numbers where the compiler may know them, else 0.
template <typename Source, typename Packed, int64_t Kr, int64_t Stride>
static void packRows(const char *const *rows, int64_t numColumns, int64_t kr, int64_t stride,
                     uint8_t *out) {
  kr = Kr ? Kr : kr;
  stride = Stride ? Stride : stride;
  for (int64_t column = 0; column != numColumns; ++column)
    for (int64_t r = 0; r != kr; ++r)
      storeElement(out, column * kr + r, Packed(loadElement<Source>(rows[r], column * stride)));
}

template <typename Source, typename Packed, int64_t Kr>
static void packPanel(const PackingSpec &spec, const WeightView &view,
                      llvm::ArrayRef<int64_t> offsets, int64_t panel, uint8_t *packed) {
  int64_t firstColumn = panel * spec.nr, stride = view.columnStride;
  int64_t numColumns = std::min(spec.nr, view.numColumns - firstColumn);
  int64_t blockBytes = spec.nr * spec.kr * int64_t(sizeof(Packed));
  auto rowAt = [&](int64_t offset) {
    int64_t index = offset + firstColumn * stride;
    return static_cast<const char *>(view.data) + index * int64_t(sizeof(Source));
  };
  llvm::SmallVector<const char *, 4> rows(spec.kr);
  std::vector<char> zeros;
  for (size_t k = 0; k != offsets.size(); k += spec.kr, packed += blockBytes) {
    for (int64_t r = 0; r != spec.kr; ++r) {
      bool isPadding = offsets[k + r] == paddingOffset;
      if (isPadding && zeros.empty())
        zeros.resize(((numColumns - 1) * stride + 1) * sizeof(Source), 0);
      rows[r] = isPadding ? zeros.data() : rowAt(offsets[k + r]);
    }
    if (stride == 1)
      packRows<Source, Packed, Kr, 1>(rows.data(), numColumns, spec.kr, stride, packed);
    else
      packRows<Source, Packed, Kr, 0>(rows.data(), numColumns, spec.kr, stride, packed);
    int64_t filled = numColumns * spec.kr * int64_t(sizeof(Packed));
    std::memset(packed + filled, 0, blockBytes - filled);
  }
}

using PackPanel = void (*)(const PackingSpec &, const WeightView &, llvm::ArrayRef<int64_t>,
                           int64_t, uint8_t *);

template <typename Source, typename Packed>
static PackPanel selectByBlock(const PackingSpec &spec) {
  switch (spec.kr) {
  case 1:
    return packPanel<Source, Packed, 1>;
  case 2:
    return packPanel<Source, Packed, 2>;
  case 4:
    return packPanel<Source, Packed, 4>;
  default:
    return packPanel<Source, Packed, 0>;
  }
}

static PackPanel selectPackPanel(const PackingSpec &spec) {
  unsigned from = spec.sourceBytes, to = spec.elementBytes;
  if (from == 1 && to == 1)
    return selectByBlock<uint8_t, uint8_t>(spec);
  if (from == 2 && to == 2)
    return selectByBlock<uint16_t, uint16_t>(spec);
  if (from == 4 && to == 4)
    return selectByBlock<uint32_t, uint32_t>(spec);
  if (from == 1 && to == 2)
    return spec.isSigned ? selectByBlock<int8_t, int16_t>(spec)
                         : selectByBlock<uint8_t, uint16_t>(spec);
  if (from == 1 && to == 4)
    return spec.isSigned ? selectByBlock<int8_t, int32_t>(spec)
                         : selectByBlock<uint8_t, uint32_t>(spec);
  if (from == 2 && to == 4)
    return spec.isSigned ? selectByBlock<int16_t, int32_t>(spec)
                         : selectByBlock<uint16_t, uint32_t>(spec);
  llvm_unreachable("an element has 1, 2 or 4 bytes and does not shrink");
}

void halftone::packPanels(const PackingSpec &spec, const WeightView &view, int64_t begin,
                          int64_t end, llvm::MutableArrayRef<uint8_t> packed) {
  assert(0 <= begin && begin <= end && end <= getNumPanels(spec, view) && "panels exist");
  int64_t panelBytes = getPanelBytes(spec, view);
  assert(int64_t(packed.size()) == (end - begin) * panelBytes && "the buffer holds the panels");
  std::vector<int64_t> offsets = reductionOffsets(view, getPackedReduction(spec, view));
  PackPanel packOne = selectPackPanel(spec);
  for (int64_t panel = begin; panel != end; ++panel)
    packOne(spec, view, offsets, panel, packed.data() + (panel - begin) * panelBytes);
}

std::vector<uint8_t> halftone::pack(const PackingSpec &spec, const WeightView &view) {
  std::vector<uint8_t> packed(getPackedBytes(spec, view));
  packPanels(spec, view, 0, getNumPanels(spec, view), packed);
  return packed;
}

template <typename Code> static std::vector<int32_t> sumColumnsOf(const WeightView &view) {
  std::vector<int32_t> sums(view.numColumns, 0);
  // Either way in the order of memory as far as possible: column after column, or, where columns
  // are next to each other, row after row.
  std::vector<int64_t> offsets = reductionOffsets(view, view.getPaddedReduction());
  llvm::erase(offsets, paddingOffset);
  if (view.columnStride == 1) {
    for (int64_t offset : offsets)
      for (int64_t column = 0; column != view.numColumns; ++column)
        sums[column] += int32_t(loadElement<Code>(view.data, offset + column));
    return sums;
  }
  for (int64_t column = 0; column != view.numColumns; ++column) {
    int32_t sum = 0;
    for (int64_t offset : offsets)
      sum += int32_t(loadElement<Code>(view.data, offset + column * view.columnStride));
    sums[column] = sum;
  }
  return sums;
}

std::vector<int32_t> halftone::sumColumns(const WeightView &view, bool isSigned) {
  return isSigned ? sumColumnsOf<int8_t>(view) : sumColumnsOf<uint8_t>(view);
}
