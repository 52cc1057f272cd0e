// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A module as the compiler writes it, but in C. Built in several variants: TEST_ABI_VERSION and
// TEST_RANK spoil its descriptor.
#include "halftone/runtime.h"

#include <string.h>

#ifndef TEST_ABI_VERSION
#define TEST_ABI_VERSION HALFTONE_ABI_VERSION
#endif
#ifndef TEST_RANK
#define TEST_RANK 2
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

static void shape_like(halftone_tensor *output, const halftone_tensor *input, void *data) {
  memcpy(output->dims, input->dims, sizeof(output->dims));
  output->data = data;
}

/* add: sum[i] = a[i] + b[i] + weights[0], in parallel. */

typedef struct add_environment {
  const float *a, *b;
  float *sum;
} add_environment;

static void add_body(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  const add_environment *e = environment;
  const float *w = context->weights;
  for (int64_t i = begin; i < end; ++i)
    e->sum[i] = e->a[i] + e->b[i] + w[0];
}

static int32_t add(halftone_context *context, const halftone_tensor *inputs,
                   halftone_tensor *outputs) {
  int64_t n = count(&inputs[0]);
  float *sum = context->alloc(context, n * (int64_t)sizeof(float));
  add_environment environment = {inputs[0].data, inputs[1].data, sum};
  context->parallel_for(context, add_body, &environment, n);
  shape_like(&outputs[0], &inputs[0], sum);
  return 0;
}

/* fail_at: n iterations, of which number `inputs[1]` fails; each allocates and none releases. */

typedef struct fail_environment {
  int64_t failing;
} fail_environment;

static void fail_body(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  const fail_environment *e = environment;
  for (int64_t i = begin; i < end; ++i) {
    (void)context->alloc(context, 1000);
    if (i == e->failing)
      context->fail(context, "iteration failed");
  }
}

static int32_t fail_at(halftone_context *context, const halftone_tensor *inputs,
                       halftone_tensor *outputs) {
  int64_t n = *(const int64_t *)inputs[0].data;
  fail_environment environment = {*(const int64_t *)inputs[1].data};
  context->parallel_for(context, fail_body, &environment, n);
  outputs[0].data = inputs[0].data;
  return 0;
}

/* nested: a parallel loop in a parallel loop; rows[i] = sum over j < n of i + j. */

typedef struct nested_environment {
  int64_t n, row;
  int64_t *rows;
} nested_environment;

static void nested_inner(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  nested_environment *e = environment;
  (void)context;
  for (int64_t j = begin; j < end; ++j)
    e->rows[e->row] += e->row + j; // No other thread has this row.
}

static void nested_outer(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    nested_environment inner = *(const nested_environment *)environment;
    inner.row = i;
    context->parallel_for(context, nested_inner, &inner, inner.n);
  }
}

static int32_t nested(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  nested_environment environment = {*(const int64_t *)inputs[0].data, 0, NULL};
  int64_t bytes = environment.n * (int64_t)sizeof(int64_t);
  environment.rows = context->alloc(context, bytes);
  memset(environment.rows, 0, (size_t)bytes);
  context->parallel_for(context, nested_outer, &environment, environment.n);
  outputs[0].dims[0] = environment.n;
  outputs[0].data = environment.rows;
  return 0;
}

/* ranges: boundaries[i] = 1 where a range of a loop of n iterations begins. */

static void ranges_body(halftone_context *context, void *environment, int64_t begin, int64_t end) {
  (void)context;
  (void)end;
  ((int64_t *)environment)[begin] = 1;
}

static int32_t ranges(halftone_context *context, const halftone_tensor *inputs,
                      halftone_tensor *outputs) {
  int64_t n = *(const int64_t *)inputs[0].data;
  int64_t *begins = context->alloc(context, n * (int64_t)sizeof(int64_t));
  memset(begins, 0, (size_t)n * sizeof(int64_t));
  context->parallel_for(context, ranges_body, begins, n);
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

/* observe: hands its input to the observer twice, once under an identifier without a name. */

static int32_t observe(halftone_context *context, const halftone_tensor *inputs,
                       halftone_tensor *outputs) {
  const halftone_tensor *x = &inputs[0];
  context->observe(context, 7, x->data, x->dtype, x->rank, x->dims);
  context->observe(context, 8, x->data, x->dtype, x->rank, x->dims);
  shape_like(&outputs[0], x, x->data);
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

static const int64_t dynamic_matrix[] = {HALFTONE_DYNAMIC, HALFTONE_DYNAMIC};
static const int64_t dynamic_vector[] = {HALFTONE_DYNAMIC};
static const int64_t two[] = {2};
static const char *const rows_by_columns[] = {"rows", "columns"};

static const halftone_tensor_info add_inputs[] = {
    {"a", HALFTONE_DTYPE_F32, TEST_RANK, dynamic_matrix, rows_by_columns},
    {"b", HALFTONE_DTYPE_F32, 2, dynamic_matrix, rows_by_columns}};
static const halftone_tensor_info add_outputs[] = {
    {"sum", HALFTONE_DTYPE_F32, 2, dynamic_matrix, rows_by_columns}};
static const halftone_tensor_info scalars[] = {{"n", HALFTONE_DTYPE_I64, 0, NULL, NULL},
                                               {"failing", HALFTONE_DTYPE_I64, 0, NULL, NULL}};
static const halftone_tensor_info scalar_output[] = {{"y", HALFTONE_DTYPE_I64, 0, NULL, NULL}};
static const halftone_tensor_info vector_output[] = {
    {"y", HALFTONE_DTYPE_I64, 1, dynamic_vector, NULL}};
static const halftone_tensor_info pair[] = {{"x", HALFTONE_DTYPE_I8, 1, two, NULL}};
static const halftone_tensor_info pair_output[] = {{"y", HALFTONE_DTYPE_I8, 1, two, NULL}};
static const halftone_tensor_info wrong_pair_output[] = {{"y", HALFTONE_DTYPE_I64, 1, two, NULL}};

static const halftone_entry entries[] = {
    {"add", 2, 1, add_inputs, add_outputs, add},
    {"fail_at", 2, 1, scalars, scalar_output, fail_at},
    {"nested", 1, 1, scalars, vector_output, nested},
    {"ranges", 1, 1, scalars, vector_output, ranges},
    {"memory", 1, 1, scalars, scalar_output, memory},
    {"observe", 1, 1, pair, pair_output, observe},
    {"arena", 0, 1, NULL, scalar_output, arena},
    {"defective", 1, 1, scalars, wrong_pair_output, defective}};

static const halftone_observe_point observe_points[] = {{7, "seven"}};

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
    .observe_points = observe_points,
    .arena_size = 4096,
    .weights = weights,
    .weights_size = sizeof(weights),
    .recipe = "weights: { format: int8 }\n",
    .source_hash = "0123456789abcdef",
    .compiler_version = "written by hand",
};
