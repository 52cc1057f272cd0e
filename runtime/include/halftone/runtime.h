// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/* The one header between a compiled module, the runtime and the program that uses them. Plain C11
 * (also C++17), 64-bit hosts only.
 *
 * Part 1 is the module ABI: what a module file contains and what compiled code may call. A program
 * can dlopen a module and run it with part 1 alone, by filling a halftone_context of its own. Part
 * 2 is the host API of the runtime library, which checks, loads and runs modules.
 *
 * Tensors are contiguous and row-major, sizes of tensors count elements, sizes of memory count
 * bytes. Elements of 4 or 2 bits are packed, first element in the lowest bits, and the last byte is
 * padded. */
#ifndef HALFTONE_RUNTIME_H
#define HALFTONE_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HALFTONE_ASSERT_LAYOUT(condition, message) static_assert(condition, message)
extern "C" {
#else
#define HALFTONE_ASSERT_LAYOUT(condition, message) _Static_assert(condition, message)
#endif

#if defined(__GNUC__)
#define HALFTONE_API __attribute__((visibility("default")))
#else
#define HALFTONE_API
#endif

/* Part 1: module ABI */

/* Bump on any change of part 1; the loader refuses other versions. */
#define HALFTONE_ABI_VERSION 4u

/* "HALFTONE" and "HTTRAIL1", read as little-endian integers. */
#define HALFTONE_MODULE_MAGIC UINT64_C(0x454e4f54464c4148)
#define HALFTONE_TRAILER_MAGIC UINT64_C(0x314c494152545448)

/* The only symbol a module exports: a halftone_module_descriptor. */
#define HALFTONE_MODULE_SYMBOL "halftone_module"

/* Largest rank of an input or an output. */
#define HALFTONE_MAX_RANK 8

/* A dimension that is known only at run time. */
#define HALFTONE_DYNAMIC INT64_C(-1)

/* Alignment in bytes of the weights, the arena and every block handed out by `alloc`. */
#define HALFTONE_ALIGNMENT 64

/* Element types: HALFTONE_DTYPE_<name>. X(value, name, bits per element, text). A boolean is one
 * byte, 0 or 1. */
#define HALFTONE_FOR_EACH_DTYPE(X)                                                                 \
  X(1, BOOL, 8, "bool")                                                                            \
  X(2, I8, 8, "i8")                                                                                \
  X(3, U8, 8, "u8")                                                                                \
  X(4, I16, 16, "i16")                                                                             \
  X(5, U16, 16, "u16")                                                                             \
  X(6, I32, 32, "i32")                                                                             \
  X(7, U32, 32, "u32")                                                                             \
  X(8, I64, 64, "i64")                                                                             \
  X(9, U64, 64, "u64")                                                                             \
  X(10, F16, 16, "f16")                                                                            \
  X(11, BF16, 16, "bf16")                                                                          \
  X(12, F32, 32, "f32")                                                                            \
  X(13, F64, 64, "f64")                                                                            \
  X(14, I4, 4, "i4")                                                                               \
  X(15, U4, 4, "u4")                                                                               \
  X(16, I2, 2, "i2")                                                                               \
  X(17, U2, 2, "u2")                                                                               \
  X(18, F8E4M3FN, 8, "f8e4m3fn")                                                                   \
  X(19, F8E4M3FNUZ, 8, "f8e4m3fnuz")                                                               \
  X(20, F8E5M2, 8, "f8e5m2")                                                                       \
  X(21, F8E5M2FNUZ, 8, "f8e5m2fnuz")                                                               \
  X(22, F8E8M0FNU, 8, "f8e8m0fnu")                                                                 \
  X(23, F4E2M1FN, 4, "f4e2m1fn")

typedef enum halftone_dtype {
  HALFTONE_DTYPE_INVALID = 0,
#define HALFTONE_DTYPE_ENUMERATOR(value, name, bits, text) HALFTONE_DTYPE_##name = value,
  HALFTONE_FOR_EACH_DTYPE(HALFTONE_DTYPE_ENUMERATOR)
#undef HALFTONE_DTYPE_ENUMERATOR
} halftone_dtype;

/* CPU features a module may require, a bit set. X(bit, name, LLVM's name of the subtarget feature).
 * A bit is reported for a host only when the operating system saves the registers as well. */
#define HALFTONE_FOR_EACH_CPU_FEATURE(X)                                                           \
  X(0, SSE42, "sse4.2")                                                                            \
  X(1, POPCNT, "popcnt")                                                                           \
  X(2, AVX, "avx")                                                                                 \
  X(3, AVX2, "avx2")                                                                               \
  X(4, FMA, "fma")                                                                                 \
  X(5, F16C, "f16c")                                                                               \
  X(6, BMI, "bmi")                                                                                 \
  X(7, BMI2, "bmi2")                                                                               \
  X(8, LZCNT, "lzcnt")                                                                             \
  X(9, MOVBE, "movbe")                                                                             \
  X(10, GFNI, "gfni")                                                                              \
  X(11, AVX512F, "avx512f")                                                                        \
  X(12, AVX512BW, "avx512bw")                                                                      \
  X(13, AVX512CD, "avx512cd")                                                                      \
  X(14, AVX512DQ, "avx512dq")                                                                      \
  X(15, AVX512VL, "avx512vl")                                                                      \
  X(16, AVX512VNNI, "avx512vnni")                                                                  \
  X(17, AVX512VBMI, "avx512vbmi")                                                                  \
  X(18, AVX512VBMI2, "avx512vbmi2")                                                                \
  X(19, AVX512BITALG, "avx512bitalg")                                                              \
  X(20, AVX512VPOPCNTDQ, "avx512vpopcntdq")                                                        \
  X(21, AVX512IFMA, "avx512ifma")                                                                  \
  X(22, AVX512BF16, "avx512bf16")                                                                  \
  X(23, AVX512FP16, "avx512fp16")                                                                  \
  X(24, AVXVNNI, "avxvnni")                                                                        \
  X(25, AVXVNNIINT8, "avxvnniint8")                                                                \
  X(26, AVXIFMA, "avxifma")                                                                        \
  X(27, AMXTILE, "amx-tile")                                                                       \
  X(28, AMXINT8, "amx-int8")                                                                       \
  X(29, AMXBF16, "amx-bf16")                                                                       \
  X(30, AMXFP16, "amx-fp16")                                                                       \
  X(40, NEON, "neon")                                                                              \
  X(41, DOTPROD, "dotprod")                                                                        \
  X(42, I8MM, "i8mm")                                                                              \
  X(43, FULLFP16, "fullfp16")

typedef enum halftone_cpu_feature {
#define HALFTONE_CPU_FEATURE_ENUMERATOR(bit, name, text) HALFTONE_CPU_##name = bit,
  HALFTONE_FOR_EACH_CPU_FEATURE(HALFTONE_CPU_FEATURE_ENUMERATOR)
#undef HALFTONE_CPU_FEATURE_ENUMERATOR
} halftone_cpu_feature;

/* The set that holds one feature. */
#define HALFTONE_CPU_BIT(feature) (UINT64_C(1) << (feature))

/* Result of the host functions. */
typedef enum halftone_status {
  HALFTONE_STATUS_OK = 0,
  HALFTONE_STATUS_INVALID_ARGUMENT = 1, /* an input, an index or an option does not fit */
  HALFTONE_STATUS_NOT_FOUND = 2,        /* the file cannot be opened */
  HALFTONE_STATUS_NOT_A_MODULE = 3,     /* the file was not written by the compiler */
  HALFTONE_STATUS_TRUNCATED = 4,        /* the file is shorter than it was written */
  HALFTONE_STATUS_ALTERED = 5,          /* the content does not match its hash */
  HALFTONE_STATUS_WRONG_ABI = 6,        /* written for another HALFTONE_ABI_VERSION */
  HALFTONE_STATUS_WRONG_CPU = 7,        /* this machine lacks a required feature */
  HALFTONE_STATUS_LOAD_FAILED = 8,      /* the dynamic linker refused the file */
  HALFTONE_STATUS_OUT_OF_MEMORY = 9,
  HALFTONE_STATUS_RUN_FAILED = 10,   /* compiled code reported an error */
  HALFTONE_STATUS_BUSY = 11,         /* the session is running in another thread */
  HALFTONE_STATUS_SYSTEM = 12,       /* an operating system call failed */
  HALFTONE_STATUS_NO_DEVICE = 13,    /* the module needs a device that this machine lacks */
  HALFTONE_STATUS_DEVICE_FAILED = 14 /* the device or its driver reported an error */
} halftone_status;

/* One input or output of a run. `data` is aligned to its element. */
typedef struct halftone_tensor {
  void *data;
  uint32_t dtype; /* halftone_dtype */
  uint32_t rank;
  int64_t dims[HALFTONE_MAX_RANK]; /* the first `rank` are used */
} halftone_tensor;

/* What an entry accepts or yields. */
typedef struct halftone_tensor_info {
  const char *name;
  uint32_t dtype; /* halftone_dtype */
  uint32_t rank;
  const int64_t *dims; /* rank values, HALFTONE_DYNAMIC where known only at run time */
  const char *const
      *dim_names; /* NULL, or rank names, each NULL when unnamed; equal names mean equal sizes */
} halftone_tensor_info;

typedef struct halftone_context halftone_context;

/* The code of an entry. `inputs` fit the entry's table. `outputs` arrive with dtype and rank set;
 * the code stores data and dims. Output memory is the session's, an input's or the module's own:
 * read it only before the session's next run. Returns 0; any other value is an error of the
 * compiled code (which normally calls `fail` instead). */
typedef int32_t (*halftone_entry_function)(halftone_context *context, const halftone_tensor *inputs,
                                           halftone_tensor *outputs);

typedef struct halftone_entry {
  const char *name;
  uint32_t num_inputs;
  uint32_t num_outputs;
  const halftone_tensor_info *inputs;
  const halftone_tensor_info *outputs;
  halftone_entry_function function;
} halftone_entry;

/* A tensor that an observing program hands to `observe` under `id`. */
typedef struct halftone_observe_point {
  int64_t id;
  const char *tensor_name;
} halftone_observe_point;

/* A part of the model whose time can be measured: a loop nest, or several that were merged. */
typedef struct halftone_profile_region {
  const char *nodes; /* the names of the ONNX nodes it computes, one per line */
  const char *kind;  /* of code: "contract" (it multiplies and adds up), "loop", "control" */
  int64_t macs;      /* multiply-accumulates of a call, or HALFTONE_DYNAMIC */
  int64_t bytes;     /* of all tensors it reads and writes, each once, or HALFTONE_DYNAMIC */
  uint32_t dtype;    /* halftone_dtype of what is multiplied; INVALID when nothing is */
  uint32_t reserved; /* 0 */
} halftone_profile_region;

typedef struct halftone_profile_table {
  uint64_t num_regions;
  const halftone_profile_region *regions; /* in the order of the numbers given to `profile` */
} halftone_profile_table;

/* The constant weights of an ONNX node. */
typedef struct halftone_layer {
  const char *node;
  const char *format;      /* of the codes as recipes call it, or "f32" */
  const char *granularity; /* what shares a scale: "tensor", "channel", "group"; empty for f32 */
  int64_t group;           /* elements of a group; 0 otherwise */
  int64_t num_weights;
  int64_t bytes;        /* of codes, scales, zero points, codebooks: what the format needs */
  int64_t module_bytes; /* in the module's weights: padded for kernels, aligned, with everything
                           else that the node has, as its bias */
} halftone_layer;

typedef struct halftone_layer_table {
  uint64_t num_layers;
  const halftone_layer *layers; /* in the order of the program */
} halftone_layer_table;

/* The kernels of a module for one kind of device. */
typedef struct halftone_device_image {
  const char *chip; /* "sm_80", "sm_90a" … */
  uint32_t major;   /* compute capability of the chip */
  uint32_t minor;
  uint32_t is_exact; /* 1: runs on that compute capability only; 0: on later ones as well */
  uint32_t reserved; /* 0 */
  const void *data;  /* PTX text that ends with a zero byte, or what else its driver loads */
  uint64_t size;     /* bytes, the zero included */
} halftone_device_image;

/* What a module brings for a device. */
typedef struct halftone_device_table {
  uint32_t num_kernels;
  uint32_t num_images;
  const char *const *kernels; /* names in every image, in the order of the numbers of `launch` */
  const halftone_device_image *images; /* the first that fits the device is loaded */
  int64_t arena_size;                  /* bytes of fixed working memory on the device; may be 0 */
  int64_t reserved;                    /* 0 */
} halftone_device_table;

/* The module's symbol `halftone_module`. Texts are UTF-8, end with a zero byte and are never NULL.
 */
typedef struct halftone_module_descriptor {
  uint64_t magic;            /* HALFTONE_MODULE_MAGIC */
  uint32_t abi_version;      /* HALFTONE_ABI_VERSION */
  uint32_t struct_size;      /* sizeof(halftone_module_descriptor) */
  const char *target_triple; /* LLVM's */
  const char *target_cpu;    /* LLVM's name of the CPU compiled for */
  uint64_t cpu_features;     /* required, a set of halftone_cpu_feature */
  const halftone_entry *entries;
  uint32_t num_entries;
  uint32_t num_observe_points;
  const halftone_observe_point *observe_points;
  int64_t arena_size;      /* bytes of fixed working memory every session needs; may be 0 */
  const void *weights;     /* HALFTONE_ALIGNMENT-aligned, or NULL */
  uint64_t weights_size;   /* bytes */
  const char *recipe;      /* text of the recipe, empty for a float model */
  const char *source_hash; /* hexadecimal hash of the source model */
  const char *compiler_version;
  const halftone_profile_table *profile; /* NULL unless compiled for profiling */
  const halftone_layer_table *layers;    /* NULL if no node has constant weights */
  const halftone_device_table *device;   /* NULL if no part runs on a device */
  const void *reserved;                  /* NULL */
} halftone_module_descriptor;

/* The shape of a launch. */
typedef struct halftone_launch_shape {
  int64_t grid[3];      /* blocks; nothing is launched if one is 0 */
  int64_t block[3];     /* threads */
  int64_t shared_bytes; /* shared memory beyond what the kernel declares */
} halftone_launch_shape;

/* Where a copy goes. Those from the device wait until everything before them is done. */
typedef enum halftone_copy_direction {
  HALFTONE_COPY_TO_DEVICE = 0,
  HALFTONE_COPY_FROM_DEVICE = 1,
  HALFTONE_COPY_ON_DEVICE = 2
} halftone_copy_direction;

/* A loop body handed to `parallel_for`: does the iterations begin <= i < end. May run in any
 * thread, may call every function of the context but `observe`; a nested parallel_for runs in the
 * calling thread. */
typedef void (*halftone_parallel_body)(halftone_context *context, void *environment, int64_t begin,
                                       int64_t end);

/* What compiled code sees of its session. Compiled code reads the fields by their offsets and
 * changes none. A session has one context, used by one run at a time; all the functions may be
 * called from parallel bodies except `observe`. */
struct halftone_context {
  uint32_t abi_version; /* HALFTONE_ABI_VERSION */
  uint32_t struct_size; /* sizeof(halftone_context) */
  const void *weights;  /* the module's weights */
  void *
      arena; /* arena_size bytes of the descriptor, HALFTONE_ALIGNMENT-aligned, content undefined */
  /* Returns HALFTONE_ALIGNMENT-aligned memory, also for 0 bytes. Never returns on failure or a
   * negative size. */
  void *(*alloc)(halftone_context *context, int64_t bytes);
  /* Takes back a block of `alloc`; NULL is allowed. Blocks that are not released live until the
   * session's next run. */
  void (*release)(halftone_context *context, void *block);
  /* Calls `body` until every i in [0, n) was done once, and returns then. The ranges depend on n
   * alone, never on the number of threads, and each range starts at a multiple of the first range's
   * length. n <= 0 does nothing. */
  void (*parallel_for)(halftone_context *context, halftone_parallel_body body, void *environment,
                       int64_t n);
  /* Ends the run with this message, which is copied. Never returns. */
  void (*fail)(halftone_context *context, const char *message);
  /* Hands a tensor to the observer of the session, if there is one. Only from the thread that
   * called the entry. */
  void (*observe)(halftone_context *context, int64_t id, const void *data, int64_t dtype,
                  int64_t rank, const int64_t *dims);
  void *host; /* the runtime's, or the user's when there is no runtime */
  /* Called when the code begins a region of the profile table, and with -1 at the end of an entry.
   * Only from the thread that called the entry. Modules without such a table never call it. */
  void (*profile)(halftone_context *context, int64_t region);
  /* The rest is for modules with a device table, and only for the thread that called the entry:
   * work on the device is done in the order of these calls. */
  const void *device_weights; /* the module's weights on the device */
  void *device_arena;         /* arena_size bytes of the device table, content undefined */
  /* As `alloc` and `release`, with memory of the device. */
  void *(*device_alloc)(halftone_context *context, int64_t bytes);
  void (*device_release)(halftone_context *context, void *block);
  /* Copies `bytes`; `direction` is a halftone_copy_direction. Host memory may be changed as soon as
   * the call returns. */
  void (*device_copy)(halftone_context *context, void *target, const void *source, int64_t bytes,
                      int64_t direction);
  /* Runs a kernel of the device table on copies of the values that `arguments` points to. */
  void (*launch)(halftone_context *context, int64_t kernel, const halftone_launch_shape *shape,
                 void **arguments);
  void *reserved[3]; /* NULL */
};

/* Offsets in bytes that compiled code uses. */
#define HALFTONE_CONTEXT_WEIGHTS_OFFSET 8
#define HALFTONE_CONTEXT_ARENA_OFFSET 16
#define HALFTONE_CONTEXT_ALLOC_OFFSET 24
#define HALFTONE_CONTEXT_RELEASE_OFFSET 32
#define HALFTONE_CONTEXT_PARALLEL_FOR_OFFSET 40
#define HALFTONE_CONTEXT_FAIL_OFFSET 48
#define HALFTONE_CONTEXT_OBSERVE_OFFSET 56
#define HALFTONE_CONTEXT_PROFILE_OFFSET 72
#define HALFTONE_CONTEXT_DEVICE_WEIGHTS_OFFSET 80
#define HALFTONE_CONTEXT_DEVICE_ARENA_OFFSET 88
#define HALFTONE_CONTEXT_DEVICE_ALLOC_OFFSET 96
#define HALFTONE_CONTEXT_DEVICE_RELEASE_OFFSET 104
#define HALFTONE_CONTEXT_DEVICE_COPY_OFFSET 112
#define HALFTONE_CONTEXT_LAUNCH_OFFSET 120
#define HALFTONE_TENSOR_DATA_OFFSET 0
#define HALFTONE_TENSOR_DIMS_OFFSET 16
#define HALFTONE_TENSOR_SIZE 80

/* The last 64 bytes of a module file, after the ELF image. Hashes are XXH3-64. Little-endian. */
typedef struct halftone_trailer {
  uint64_t magic;        /* HALFTONE_TRAILER_MAGIC */
  uint32_t abi_version;  /* HALFTONE_ABI_VERSION */
  uint32_t trailer_size; /* 64 */
  uint64_t file_size;    /* bytes, this trailer included */
  uint64_t
      cpu_features; /* as in the descriptor, so that the loader refuses before it maps the file */
  uint64_t weights_offset; /* bytes from the start of the file; 0 without weights */
  uint64_t weights_size;
  uint64_t weights_hash;
  uint64_t content_hash; /* of all bytes outside the weights, this trailer included with
                            content_hash = 0 */
} halftone_trailer;

HALFTONE_ASSERT_LAYOUT(sizeof(void *) == 8, "64-bit hosts only");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_tensor) == HALFTONE_TENSOR_SIZE, "tensor layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_tensor, data) == HALFTONE_TENSOR_DATA_OFFSET,
                       "tensor layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_tensor, dims) == HALFTONE_TENSOR_DIMS_OFFSET,
                       "tensor layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_tensor_info) == 32, "tensor info layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_entry) == 40, "entry layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_observe_point) == 16, "observe point layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_module_descriptor) == 144, "descriptor layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_context) == 152, "context layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_trailer) == 64, "trailer layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, weights) == HALFTONE_CONTEXT_WEIGHTS_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, arena) == HALFTONE_CONTEXT_ARENA_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, alloc) == HALFTONE_CONTEXT_ALLOC_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, release) == HALFTONE_CONTEXT_RELEASE_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, parallel_for) ==
                           HALFTONE_CONTEXT_PARALLEL_FOR_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, fail) == HALFTONE_CONTEXT_FAIL_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, observe) == HALFTONE_CONTEXT_OBSERVE_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, profile) == HALFTONE_CONTEXT_PROFILE_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, device_weights) ==
                           HALFTONE_CONTEXT_DEVICE_WEIGHTS_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(offsetof(halftone_context, launch) == HALFTONE_CONTEXT_LAUNCH_OFFSET,
                       "context layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_device_image) == 40, "device image layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_device_table) == 40, "device table layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_profile_region) == 40, "profile region layout");
HALFTONE_ASSERT_LAYOUT(sizeof(halftone_layer) == 56, "layer layout");

/* Part 2: host API */

/* Filled by a function that fails; left alone by one that succeeds. The caller owns it, so errors
 * of several threads never mix. Every parameter `error` may be NULL. */
typedef struct halftone_error {
  halftone_status status;
  char message[1020]; /* one line, ends with a zero byte */
} halftone_error;

typedef struct halftone_module halftone_module;
typedef struct halftone_session halftone_session;

typedef enum halftone_verify_weights {
  HALFTONE_VERIFY_WEIGHTS_SMALL =
      0, /* check their hash up to 64 MiB; larger weights are mapped unread */
  HALFTONE_VERIFY_WEIGHTS_ALWAYS = 1,
  HALFTONE_VERIFY_WEIGHTS_NEVER = 2
} halftone_verify_weights;

/* Leaves a module's kernels alone: it can be described, but no session of it created. */
#define HALFTONE_NO_DEVICE (-1)

typedef struct halftone_load_options {
  uint32_t struct_size; /* sizeof(halftone_load_options) */
  halftone_verify_weights verify_weights;
  int32_t device; /* number of the device for modules that need one, or HALFTONE_NO_DEVICE */
} halftone_load_options;

/* Checks and maps the module at `path`; NULL `options` means zeros. The file is checked (trailer,
 * size, hash, ABI version, CPU features) before any of it is mapped for execution. On success
 * `*module` must be given to halftone_unload. Thread-safe. */
HALFTONE_API halftone_status halftone_load(const char *path, const halftone_load_options *options,
                                           halftone_module **module, halftone_error *error);

/* Gives the module back; it stays mapped until its last session is destroyed. NULL is allowed.
 * Thread-safe. */
HALFTONE_API void halftone_unload(halftone_module *module);

/* The tables of the module, valid while the module is loaded. */
HALFTONE_API const halftone_module_descriptor *
halftone_module_describe(const halftone_module *module);

/* Index of the entry with this name, or -1. */
HALFTONE_API int32_t halftone_module_find_entry(const halftone_module *module, const char *name);

/* Size of the module file in bytes. */
HALFTONE_API uint64_t halftone_module_file_size(const halftone_module *module);

/* A thread pool of the user's. `parallel_for` calls task(task_context, i) once for every i in [0,
 * count), in any threads and any order, and returns when all calls have returned. Several runs may
 * call it at the same time. */
typedef struct halftone_thread_pool {
  void *user;
  void (*parallel_for)(void *user, void (*task)(void *task_context, int64_t index),
                       void *task_context, int64_t count);
} halftone_thread_pool;

/* Sees the tensors of an observing program, in program order, in the thread that runs the session.
 * `tensor->data` is valid during the call. `name` is "" for an id without a name in the module. */
typedef void (*halftone_observer)(void *user, int64_t id, const char *name,
                                  const halftone_tensor *tensor);

/* Called in the thread that runs the session when it begins a region of the module's profile table,
 * and with -1 at the end of a run: the time between two calls is the first one's region's. */
typedef void (*halftone_profiler)(void *user, int64_t region);

typedef struct halftone_session_options {
  uint32_t struct_size; /* sizeof(halftone_session_options) */
  int32_t threads; /* threads of a run, the caller's included; 0: one per CPU the process may use */
  halftone_thread_pool pool;  /* used instead of own threads when pool.parallel_for is not NULL */
  halftone_observer observer; /* may be NULL */
  void *observer_user;
  halftone_profiler profiler; /* may be NULL */
  void *profiler_user;
  void *device_stream; /* CUstream for work on the device; NULL: one of the session's own */
} halftone_session_options;

/* A session owns what a run changes: working memory, outputs and threads. NULL `options` means
 * zeros. Sessions on one module are independent and may run at the same time. The session keeps its
 * module mapped. Thread-safe. */
HALFTONE_API halftone_status halftone_session_create(halftone_module *module,
                                                     const halftone_session_options *options,
                                                     halftone_session **session,
                                                     halftone_error *error);

/* Ends the threads and frees the memory, outputs included. NULL is allowed. The session must not be
 * running. */
HALFTONE_API void halftone_session_destroy(halftone_session *session);

/* Runs an entry. Inputs are checked first: count, element type, rank, static sizes, equal sizes for
 * equal dimension names. Input memory is the caller's and only read. On success `outputs` describe
 * memory that stays valid until the next run or the end of the session, and may lie in an input.
 * After an error the session can be used again. One run at a time: a second one at the same time
 * returns HALFTONE_STATUS_BUSY. */
HALFTONE_API halftone_status halftone_session_run(halftone_session *session, uint32_t entry,
                                                  const halftone_tensor *inputs,
                                                  uint32_t num_inputs, halftone_tensor *outputs,
                                                  uint32_t num_outputs, halftone_error *error);

typedef struct halftone_session_stats {
  int32_t threads;
  int64_t arena_bytes;        /* fixed working memory */
  int64_t dynamic_bytes;      /* reserved for `alloc`, in use or not */
  int64_t dynamic_peak_bytes; /* most in use at once during the last run */
  int64_t
      system_allocations; /* times the session asked the system for memory since it was created */
  int64_t device_bytes;   /* memory of the device: arena and what `device_alloc` has reserved */
  int64_t device_allocations; /* times the session asked the driver for it since it was created */
} halftone_session_stats;

/* Not while the session is running. */
HALFTONE_API void halftone_session_get_stats(const halftone_session *session,
                                             halftone_session_stats *stats);

/* The set of halftone_cpu_feature that this machine and its operating system offer. Thread-safe. */
HALFTONE_API uint64_t halftone_cpu_features(void);

/* LLVM's name for one feature bit, or NULL. */
HALFTONE_API const char *halftone_cpu_feature_name(uint32_t bit);

/* "f32" …, or NULL for an unknown value. */
HALFTONE_API const char *halftone_dtype_name(uint32_t dtype);

/* Bits per element, 0 for an unknown value. */
HALFTONE_API uint32_t halftone_dtype_bits(uint32_t dtype);

/* Bytes of a tensor's data, or -1 for an unknown dtype, a rank above HALFTONE_MAX_RANK, a negative
 * size or an overflow. */
HALFTONE_API int64_t halftone_tensor_bytes(const halftone_tensor *tensor);

/* HALFTONE_ABI_VERSION of the library, for programs that load it at run time. */
HALFTONE_API uint32_t halftone_runtime_abi_version(void);

#ifdef __cplusplus
}
#endif

#endif
