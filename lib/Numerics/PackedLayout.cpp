// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/PackedLayout.h"

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

template <typename Source, typename Packed>
static void packPanel(const PackingSpec &spec, const WeightView &view,
                      llvm::ArrayRef<int64_t> offsets, int64_t panel, uint8_t *packed) {
  int64_t firstColumn = panel * spec.nr;
  int64_t numColumns = std::min(spec.nr, view.numColumns - firstColumn);
  int64_t blockBytes = spec.nr * spec.kr * int64_t(sizeof(Packed));
  for (size_t k = 0; k != offsets.size(); k += spec.kr, packed += blockBytes) {
    uint8_t *out = packed;
    for (int64_t column = 0; column != numColumns; ++column)
      for (int64_t r = 0; r != spec.kr; ++r, out += sizeof(Packed)) {
        int64_t offset = offsets[k + r];
        int64_t index = offset + (firstColumn + column) * view.columnStride;
        Packed value =
            offset == paddingOffset ? Packed(0) : Packed(loadElement<Source>(view.data, index));
        std::memcpy(out, &value, sizeof(Packed));
      }
    std::memset(out, 0, packed + blockBytes - out);
  }
}

using PackPanel = void (*)(const PackingSpec &, const WeightView &, llvm::ArrayRef<int64_t>,
                           int64_t, uint8_t *);

static PackPanel selectPackPanel(const PackingSpec &spec) {
  unsigned from = spec.sourceBytes, to = spec.elementBytes;
  if (from == 1 && to == 1)
    return packPanel<uint8_t, uint8_t>;
  if (from == 2 && to == 2)
    return packPanel<uint16_t, uint16_t>;
  if (from == 4 && to == 4)
    return packPanel<uint32_t, uint32_t>;
  if (from == 1 && to == 2)
    return spec.isSigned ? packPanel<int8_t, int16_t> : packPanel<uint8_t, uint16_t>;
  if (from == 1 && to == 4)
    return spec.isSigned ? packPanel<int8_t, int32_t> : packPanel<uint8_t, uint32_t>;
  if (from == 2 && to == 4)
    return spec.isSigned ? packPanel<int16_t, int32_t> : packPanel<uint16_t, uint32_t>;
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

std::vector<int32_t> halftone::sumColumns(const WeightView &view, bool isSigned) {
  std::vector<int64_t> offsets = reductionOffsets(view, view.getPaddedReduction());
  std::vector<int32_t> sums(view.numColumns, 0);
  // Row by row if columns are next to each other, so that memory is read in its order.
  auto add = [&](int64_t offset, int64_t column) {
    if (offset == paddingOffset)
      return;
    int64_t index = offset + column * view.columnStride;
    auto code = loadElement<uint8_t>(view.data, index);
    sums[column] += isSigned ? int32_t(int8_t(code)) : int32_t(code);
  };
  if (view.columnStride == 1) {
    for (int64_t offset : offsets)
      for (int64_t column = 0; column != view.numColumns; ++column)
        add(offset, column);
    return sums;
  }
  for (int64_t column = 0; column != view.numColumns; ++column)
    for (int64_t offset : offsets)
      add(offset, column);
  return sums;
}
