// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks and times the modules of a table on a GPU. Needs the runtime, which is in it, the C
// library and NVIDIA's driver.
//
// usage: measure TABLE [RUNS]
//
// A line of the table: NAME MODULE LARGEST_ERROR EXPECTED DIMS:FILE...
// EXPECTED has the f32 elements of the first output; they may differ by LARGEST_ERROR times the
// largest. Files are raw and relative to the working folder. Ends with 1 where a module fails or
// differs.
#include "halftone/runtime.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { maxInputs = 16, maxOutputs = 16, maxRuns = 10000, maxLine = 4096 };

/// Reads `bytes` bytes, all that the file has; NULL where it has another number.
static void *readFile(const char *path, size_t bytes) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  size_t rounded = (bytes + HALFTONE_ALIGNMENT) / HALFTONE_ALIGNMENT * HALFTONE_ALIGNMENT;
  void *data = aligned_alloc(HALFTONE_ALIGNMENT, rounded);
  bool complete = data && fread(data, 1, bytes, file) == bytes && fgetc(file) == EOF;
  fclose(file);
  if (complete)
    return data;
  free(data);
  return NULL;
}

static bool readInput(char *argument, uint32_t dtype, halftone_tensor *tensor) {
  char *path = strchr(argument, ':');
  if (!path)
    return false;
  *path++ = '\0';
  tensor->dtype = dtype;
  for (char *size = argument; size && tensor->rank < HALFTONE_MAX_RANK;) {
    tensor->dims[tensor->rank++] = strtoll(size, &size, 10);
    size = *size == ',' ? size + 1 : NULL;
  }
  tensor->data = readFile(path, (size_t)halftone_tensor_bytes(tensor));
  return tensor->data != NULL;
}

/// The largest difference as a part of the largest expected value; infinite where one is no number.
static double compare(const float *actual, const float *expected, size_t count) {
  double largest = 0, difference = 0;
  for (size_t i = 0; i < count; ++i) {
    double own = fabs((double)actual[i] - expected[i]);
    if (isnan(own))
      return INFINITY;
    largest = fmax(largest, fabs((double)expected[i]));
    difference = fmax(difference, own);
  }
  return largest > 0 ? difference / largest : difference;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int compareTimes(const void *lhs, const void *rhs) {
  double left = *(const double *)lhs, right = *(const double *)rhs;
  return (left > right) - (left < right);
}

typedef struct Case {
  halftone_module *module;
  halftone_session *session;
  const halftone_entry *entry;
  halftone_tensor inputs[maxInputs], outputs[maxOutputs];
} Case;

static halftone_status run(Case *test, halftone_error *error) {
  return halftone_session_run(test->session, 0, test->inputs, test->entry->num_inputs,
                              test->outputs, test->entry->num_outputs, error);
}

/// Loads, reads what follows in the line, and runs once. Returns what is wrong, or NULL.
static const char *start(Case *test, const char *module, halftone_error *error) {
  if (halftone_load(module, NULL, &test->module, error) != HALFTONE_STATUS_OK ||
      halftone_session_create(test->module, NULL, &test->session, error) != HALFTONE_STATUS_OK)
    return error->message;
  test->entry = &halftone_module_describe(test->module)->entries[0];
  if (test->entry->num_inputs > maxInputs || test->entry->num_outputs > maxOutputs)
    return "too many inputs or outputs";
  for (uint32_t i = 0; i < test->entry->num_inputs; ++i) {
    char *argument = strtok(NULL, " \n");
    if (!argument || !readInput(argument, test->entry->inputs[i].dtype, &test->inputs[i]))
      return "cannot read its inputs";
  }
  return run(test, error) == HALFTONE_STATUS_OK ? NULL : error->message;
}

static const char *check(const Case *test, const char *expectedPath, double limit, double *error) {
  const halftone_tensor *output = &test->outputs[0];
  size_t bytes = (size_t)halftone_tensor_bytes(output);
  float *expected = output->dtype == HALFTONE_DTYPE_F32 ? readFile(expectedPath, bytes) : NULL;
  if (!expected)
    return "its output has another size or type than is expected";
  *error = compare(output->data, expected, bytes / sizeof(float));
  free(expected);
  return *error <= limit ? NULL : "its output differs";
}

/// The median of the times in microseconds, with copies of inputs and outputs; negative: it failed.
static double measure(Case *test, int runs) {
  static double times[maxRuns];
  halftone_error error;
  for (int i = 0; i < runs; ++i) {
    double begin = now();
    if (run(test, &error) != HALFTONE_STATUS_OK)
      return -1;
    times[i] = now() - begin;
  }
  qsort(times, (size_t)runs, sizeof(double), compareTimes);
  return times[runs / 2];
}

static void finish(Case *test) {
  halftone_session_destroy(test->session);
  halftone_unload(test->module);
  for (int i = 0; i < maxInputs; ++i)
    free(test->inputs[i].data);
}

static bool runLine(char *line, int runs) {
  Case test = {0};
  halftone_error error = {0};
  const char *name = strtok(line, " \n"), *module = strtok(NULL, " \n");
  const char *limit = strtok(NULL, " \n"), *expected = strtok(NULL, " \n");
  double difference = 0, time = -1;
  const char *problem = expected ? start(&test, module, &error) : "expected four words";
  if (!problem)
    problem = check(&test, expected, strtod(limit, NULL), &difference);
  if (!problem && (time = measure(&test, runs)) < 0)
    problem = "it failed when it ran again";
  if (problem)
    printf("%-40s FAILED: %s (error %.3g)\n", name, problem, difference);
  else
    printf("%-40s ok  error %9.3g  median %10.1f us\n", name, difference, time);
  fflush(stdout);
  finish(&test);
  return !problem;
}

int main(int argc, char **argv) {
  int runs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 50;
  FILE *table = argc > 1 ? fopen(argv[1], "r") : NULL;
  if (!table || runs < 1 || runs > maxRuns) {
    fprintf(stderr, "usage: measure TABLE [RUNS]\n");
    return 2;
  }
  static char line[maxLine];
  int passed = 0, failed = 0;
  while (fgets(line, sizeof(line), table)) {
    if (line[0] == '\n')
      continue;
    bool good = runLine(line, runs);
    passed += good;
    failed += !good;
  }
  fclose(table);
  printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0;
}
