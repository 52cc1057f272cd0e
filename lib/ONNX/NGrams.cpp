// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts of n-grams of numbers: comparisons with every n-gram of the pool, added up.
#include "Compose.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// What a TfIdfVectorizer looks for. The pool holds all grams of one word, then all of two words,
/// …; gram g is counted in column `columns[g]` of the output.
struct GramPool {
  SmallVector<int64_t> words, starts, columns;
  int64_t shortest, longest, skips;

  /// The words of the grams of `size` words, and how many grams shorter ones are.
  ArrayRef<int64_t> wordsOf(int64_t size) const {
    int64_t begin = starts[size - 1];
    int64_t end = size < int64_t(starts.size()) ? starts[size] : int64_t(words.size());
    return ArrayRef<int64_t>(words).slice(begin, end - begin);
  }
};

} // namespace

static LogicalResult checkPool(NodeImporter &node, const GramPool &pool) {
  int64_t sizes = pool.starts.size(), count = 0, grams = pool.columns.size();
  bool isOrdered = sizes > 0 && pool.starts.front() == 0 && llvm::is_sorted(pool.starts) &&
                   pool.starts.back() <= int64_t(pool.words.size());
  constexpr int64_t kMostSkips = 1024; // Each takes a comparison of its own.
  if (!isOrdered || pool.shortest < 1 || pool.shortest > pool.longest || pool.longest > sizes ||
      pool.skips < 0 || pool.skips > kMostSkips)
    return node.emitError() << "expects 'ngram_counts' that ascend from 0, one for each length up "
                               "to 'max_gram_length', and a 'max_skip_count' of 0 to 1024";
  for (int64_t size = 1; size <= sizes; ++size) {
    if (pool.wordsOf(size).size() % size != 0)
      return node.emitError() << "the pool has a part of a gram of " << size << " words";
    count += pool.wordsOf(size).size() / size;
  }
  constexpr int64_t kMostColumns = 1 << 20;
  if (count != grams || llvm::any_of(pool.columns, [&](int64_t column) {
        return column < 0 || column >= kMostColumns;
      }))
    return node.emitError() << "expects one place in 'ngram_indexes' for each of the " << count
                            << " grams of the pool";
  SmallVector<int64_t> sorted = llvm::to_vector(pool.columns);
  llvm::sort(sorted);
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return node.emitError() << "two grams with the same place in 'ngram_indexes' are not supported";
  return success();
}

static FailureOr<GramPool> readPool(NodeImporter &node) {
  GramPool pool;
  auto take = [&](StringRef name) { return node.getInts(name).value_or(SmallVector<int64_t>()); };
  pool.words = take("pool_int64s");
  pool.starts = take("ngram_counts");
  pool.columns = take("ngram_indexes");
  pool.shortest = node.requireInt("min_gram_length");
  pool.longest = node.requireInt("max_gram_length");
  pool.skips = node.requireInt("max_skip_count");
  if (!node.hasFailed() && node.hasAttr("pool_strings"))
    return node.emitError() << "a pool of strings is not supported; map them to numbers before";
  if (node.hasFailed() || failed(checkPool(node, pool)))
    return failure();
  return pool;
}

/// How often each gram of `size` words occurs in [B, length] with words `distance` apart: [B,
/// grams]; null where the input is too short.
static Value countGrams(NodeImporter &node, Value input, ArrayRef<int64_t> words, int64_t size,
                        int64_t distance) {
  int64_t places = node.requireStaticDim(input, 1) - distance * (size - 1);
  if (places <= 0 || node.hasFailed())
    return nullptr;
  Value matches;
  for (int64_t k = 0; k < size; ++k) {
    SmallVector<int64_t> column;
    for (size_t i = k; i < words.size(); i += size)
      column.push_back(words[i]);
    Value part = buildSlice(node, input, 1, k * distance, k * distance + places);
    Value equal = node.create<EqualOp>(buildUnsqueeze(node, part, 2), node.createInts(column));
    matches = matches ? node.create<AndOp>(matches, equal) : equal;
  }
  Value ones = node.castTo(matches, node.getBuilder().getF32Type());
  return buildReduce(node, ones, ReduceKind::Sum, 1, /*keepdims=*/false);
}

/// The counts of all grams of the pool in its order: [B, grams].
static Value countPool(NodeImporter &node, Value input, const GramPool &pool) {
  Type f32 = node.getBuilder().getF32Type();
  SmallVector<Value> counts;
  for (int64_t size = 1; size <= int64_t(pool.starts.size()); ++size) {
    ArrayRef<int64_t> words = pool.wordsOf(size);
    if (words.empty())
      continue;
    Value sum;
    // Words of a gram of one are never apart.
    int64_t farthest = size == 1 ? 1 : pool.skips + 1;
    bool isCounted = pool.shortest <= size && size <= pool.longest;
    for (int64_t distance = 1; isCounted && distance <= farthest; ++distance)
      if (Value count = countGrams(node, input, words, size, distance))
        sum = sum ? node.create<AddOp>(sum, count) : count;
    if (!sum) {
      Value shape = buildConcat(
          node, {node.createDims(input, 0, 1), node.createInts(int64_t(words.size()) / size)}, 0);
      sum = buildFilled(node, shape, f32, 0);
    }
    counts.push_back(sum);
  }
  if (counts.empty() && !node.hasFailed())
    node.emitError() << "the pool is empty";
  return buildConcat(node, counts, 1);
}

/// The counts at their columns; columns that no gram has are 0.
static Value placeCounts(NodeImporter &node, Value counts, const GramPool &pool) {
  int64_t grams = pool.columns.size(), width = *llvm::max_element(pool.columns) + 1;
  SmallVector<int64_t> source(width, grams);
  for (auto [gram, column] : llvm::enumerate(pool.columns))
    source[column] = gram;
  Value padded =
      node.create<PadOp>(counts, node.createInts({0, 0, 0, 1}),
                         node.createScalar(node.getBuilder().getF32Type(), 0), PadMode::Constant);
  return node.create<GatherOp>(padded, node.createInts(source), /*axis=*/int64_t(1));
}

static Value weigh(NodeImporter &node, Value counts, StringRef mode) {
  std::optional<SmallVector<float>> weights = node.getFloats("weights");
  int64_t width = node.requireStaticDim(counts, 1);
  if (!node.hasFailed() && mode != "TF" && mode != "IDF" && mode != "TFIDF")
    node.emitError() << "attribute 'mode' is '" << mode << "', expected TF, IDF or TFIDF";
  if (!node.hasFailed() && weights && !weights->empty() && int64_t(weights->size()) != width)
    node.emitError() << "has " << weights->size() << " weights for " << width << " columns";
  if (node.hasFailed() || mode == "TF")
    return counts;
  bool isWeighted = weights && !weights->empty();
  Value factors = isWeighted ? node.createFloats(*weights) : node.createScalarLike(counts, 1);
  if (mode == "TFIDF")
    return node.create<MulOp>(counts, factors);
  Value zero = node.createScalarLike(counts, 0);
  return node.create<WhereOp>(node.create<GreaterOp>(counts, zero), factors, zero);
}

static LogicalResult importTfIdfVectorizer(NodeImporter &node) {
  Value input = node.getOperand(0);
  StringRef mode = node.requireString("mode");
  FailureOr<GramPool> pool = readPool(node);
  if (failed(pool))
    return failure();
  int64_t rank = NodeImporter::getRank(input);
  Type elementType = NodeImporter::getElementType(input);
  bool isInteger = elementType.isInteger(32) || elementType.isInteger(64);
  if ((rank != 1 && rank != 2) || !isInteger)
    return node.emitError() << "expects integers [C] or [B, C], but its input is "
                            << input.getType();
  Value rows = node.castToI64(rank == 1 ? buildUnsqueeze(node, input, 0) : input);
  Value counts = countPool(node, rows, *pool);
  if (node.hasFailed())
    return failure();
  Value result = weigh(node, placeCounts(node, counts, *pool), mode);
  if (rank == 1)
    result = node.create<SqueezeOp>(result, ArrayRef<int64_t>(0));
  return node.setResults({result});
}

void halftone::addNGramOps(OpTable &table) {
  table.add({{"TfIdfVectorizer", 1, importTfIdfVectorizer, fromOpset(9), kOnnxDomain,
              limitedTo("integers; a static length; one place per gram")}});
}
