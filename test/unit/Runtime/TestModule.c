// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A module as the compiler writes it, but in C. Built in several variants: TEST_ABI_VERSION,
// TEST_RANK and TEST_LAYER_GROUP spoil its descriptor.
#include "halftone/runtime.h"

#include <string.h>

#ifndef TEST_ABI_VERSION
#define TEST_ABI_VERSION HALFTONE_ABI_VERSION
#endif
#ifndef TEST_RANK
#define TEST_RANK 2
#endif
#ifndef TEST_LAYER_GROUP
#define TEST_LAYER_GROUP 32
#endif

enum { NUM_WEIGHTS = 16384 };

// The loader must see them at their place and with their alignment.
__attribute__((section(".lrodata.halftone"),
               aligned(4096))) static const float weights[NUM_WEIGHTS] = {1.0f, 2.0f, 4.0f, 8.0f};

static int64_t count(const halftone_tensor *tensor) {
  int64_t elements = 1;
  for (uint32_t i = 0; i < tensor->rank; ++i)
    elements *= tensor->dims[i];
  return elements;
}

static void shapeLike(halftone_tensor *output, const halftone_tensor *input, void *data) {
  memcpy(output->dims, input->dims, sizeof(output->dims));
  output->data = data;
}

/* add: sum[i] = a[i] + b[i] + weights[0], in parallel. */

typedef struct AddEnvironment {
  const float *a, *b;
  float *sum;
} AddEnvironment;

static void addBody(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  const AddEnvironment *e = environment;
  const float *w = context->weights;
  for (int64_t i = begin; i < end; ++i)
    e->sum[i] = e->a[i] + e->b[i] + w[0];
}

static int32_t add(halftone_context *context, const halftone_tensor *inputs,
                   halftone_tensor *outputs) {
  int64_t n = count(&inputs[0]);
  float *sum = context->alloc(context, n * (int64_t)sizeof(float));
  AddEnvironment environment = {inputs[0].data, inputs[1].data, sum};
  context->parallel_for(context, addBody, &environment, n);
  shapeLike(&outputs[0], &inputs[0], sum);
  return 0;
}

/* fail_at: n iterations, of which number `inputs[1]` fails; each allocates and none releases. */

typedef struct FailEnvironment {
  int64_t failing;
} FailEnvironment;

static void failBody(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  const FailEnvironment *e = environment;
  for (int64_t i = begin; i < end; ++i) {
    (void)context->alloc(context, 1000);
    if (i == e->failing)
      context->fail(context, "iteration failed");
  }
}

static int32_t failAt(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  int64_t n = *(const int64_t *)inputs[0].data;
  FailEnvironment environment = {*(const int64_t *)inputs[1].data};
  context->parallel_for(context, failBody, &environment, n);
  outputs[0].data = inputs[0].data;
  return 0;
}

/* nested: a parallel loop in a parallel loop; rows[i] = sum over j < n of i + j. */

typedef struct NestedEnvironment {
  int64_t n, row;
  int64_t *rows;
} NestedEnvironment;

static void nestedInner(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  NestedEnvironment *e = environment;
  (void)context;
  for (int64_t j = begin; j < end; ++j)
    e->rows[e->row] += e->row + j; // No other thread has this row.
}

static void nestedOuter(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    NestedEnvironment inner = *(const NestedEnvironment *)environment;
    inner.row = i;
    context->parallel_for(context, nestedInner, &inner, inner.n);
  }
}

static int32_t nested(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  NestedEnvironment environment = {*(const int64_t *)inputs[0].data, 0, NULL};
  int64_t bytes = environment.n * (int64_t)sizeof(int64_t);
  environment.rows = context->alloc(context, bytes);
  memset(environment.rows, 0, (size_t)bytes);
  context->parallel_for(context, nestedOuter, &environment, environment.n);
  outputs[0].dims[0] = environment.n;
  outputs[0].data = environment.rows;
  return 0;
}

/* ranges: boundaries[i] = 1 where a range of a loop of n iterations begins. */

static void rangesBody(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  (void)context;
  (void)end;
  ((int64_t *)environment)[begin] = 1;
}

static int32_t ranges(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  int64_t n = *(const int64_t *)inputs[0].data;
  int64_t *begins = context->alloc(context, n * (int64_t)sizeof(int64_t));
  memset(begins, 0, (size_t)n * sizeof(int64_t));
  context->parallel_for(context, rangesBody, begins, n);
  outputs[0].dims[0] = n;
  outputs[0].data = begins;
  return 0;
}

/* memory: allocates blocks of growing size, releases every second one, checks alignment. */

static int32_t memory(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  int64_t largest = *(const int64_t *)inputs[0].data;
  if (largest < 0)
    (void)context->alloc(context, largest);
  char *previous = NULL;
  for (int64_t bytes = 1; bytes <= largest; bytes = bytes * 3 / 2 + 1) {
    char *block = context->alloc(context, bytes);
    if ((uintptr_t)block % HALFTONE_ALIGNMENT != 0)
      context->fail(context, "misaligned block");
    memset(block, 1, (size_t)bytes);
    context->release(context, previous);
    previous = previous ? NULL : block;
  }
  outputs[0].data = inputs[0].data;
  return 0;
}

/* observe: hands its input to the observer twice, once under an identifier without a name, in two
 * regions of a profile. */

static int32_t observe(halftone_context *context, const halftone_tensor *inputs,
                       halftone_tensor *outputs) {
  const halftone_tensor *x = &inputs[0];
  context->profile(context, 0);
  context->observe(context, 7, x->data, x->dtype, x->rank, x->dims);
  context->profile(context, 1);
  context->observe(context, 8, x->data, x->dtype, x->rank, x->dims);
  shapeLike(&outputs[0], x, x->data);
  context->profile(context, -1);
  return 0;
}

/* arena: the first byte of the arena of every session is counted up. */

static int32_t arena(halftone_context *context, const halftone_tensor *inputs,
                     halftone_tensor *outputs) {
  (void)inputs;
  int64_t *counter = context->arena;
  ++*counter;
  outputs[0].data = counter;
  return 0;
}

/* defective: returns a code, or stores a shape that its table does not allow. */

static int32_t defective(halftone_context *context, const halftone_tensor *inputs,
                         halftone_tensor *outputs) {
  (void)context;
  int64_t code = *(const int64_t *)inputs[0].data;
  if (code != 0)
    return (int32_t)code;
  outputs[0].dims[0] = 3;
  outputs[0].data = inputs[0].data;
  return 0;
}

static const int64_t dynamicMatrix[] = {HALFTONE_DYNAMIC, HALFTONE_DYNAMIC};
static const int64_t dynamicVector[] = {HALFTONE_DYNAMIC};
static const int64_t two[] = {2};
static const char *const rowsByColumns[] = {"rows", "columns"};

static const halftone_tensor_info addInputs[] = {
    {"a", HALFTONE_DTYPE_F32, TEST_RANK, dynamicMatrix, rowsByColumns},
    {"b", HALFTONE_DTYPE_F32, 2, dynamicMatrix, rowsByColumns}};
static const halftone_tensor_info addOutputs[] = {
    {"sum", HALFTONE_DTYPE_F32, 2, dynamicMatrix, rowsByColumns}};
static const halftone_tensor_info scalars[] = {{"n", HALFTONE_DTYPE_I64, 0, NULL, NULL},
                                               {"failing", HALFTONE_DTYPE_I64, 0, NULL, NULL}};
static const halftone_tensor_info scalarOutput[] = {{"y", HALFTONE_DTYPE_I64, 0, NULL, NULL}};
static const halftone_tensor_info vectorOutput[] = {
    {"y", HALFTONE_DTYPE_I64, 1, dynamicVector, NULL}};
static const halftone_tensor_info pair[] = {{"x", HALFTONE_DTYPE_I8, 1, two, NULL}};
static const halftone_tensor_info pairOutput[] = {{"y", HALFTONE_DTYPE_I8, 1, two, NULL}};
static const halftone_tensor_info wrongPairOutput[] = {{"y", HALFTONE_DTYPE_I64, 1, two, NULL}};

static const halftone_entry entries[] = {{"add", 2, 1, addInputs, addOutputs, add},
                                         {"fail_at", 2, 1, scalars, scalarOutput, failAt},
                                         {"nested", 1, 1, scalars, vectorOutput, nested},
                                         {"ranges", 1, 1, scalars, vectorOutput, ranges},
                                         {"memory", 1, 1, scalars, scalarOutput, memory},
                                         {"observe", 1, 1, pair, pairOutput, observe},
                                         {"arena", 0, 1, NULL, scalarOutput, arena},
                                         {"defective", 1, 1, scalars, wrongPairOutput, defective}};

static const halftone_layer layers[] = {
    {"fc1", "int4", "group", TEST_LAYER_GROUP, 16384, 9216, 9216},
    {"fc2", "int4", "group", 32, 4096, 2304, 3072},
    {"fc3", "f32", "", 0, 64, 256, 512}};
static const halftone_layer_table layerTable = {3, layers};

static const halftone_observe_point observePoints[] = {{7, "seven"}};

// In C the symbol's name is the name of a type.
__attribute__((visibility("default"))) extern const halftone_module_descriptor
    descriptor __asm__(HALFTONE_MODULE_SYMBOL);

const halftone_module_descriptor descriptor = {
    .magic = HALFTONE_MODULE_MAGIC,
    .abi_version = TEST_ABI_VERSION,
    .struct_size = sizeof(halftone_module_descriptor),
    .target_triple = "x86_64-unknown-linux-gnu",
    .target_cpu = "x86-64",
    .cpu_features = 0,
    .entries = entries,
    .num_entries = sizeof(entries) / sizeof(entries[0]),
    .num_observe_points = 1,
    .observe_points = observePoints,
    .arena_size = 4096,
    .weights = weights,
    .weights_size = sizeof(weights),
    .recipe = "weights: { format: int8 }\n",
    .source_hash = "0123456789abcdef",
    .compiler_version = "written by hand",
    .layers = &layerTable,
};
