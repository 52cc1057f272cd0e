// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Profile/MeasureLatency.h"

#include "halftone/IO/SampleSource.h"
#include "halftone/Profile/Profiler.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace halftone;

double halftone::findMedian(llvm::ArrayRef<double> sorted) {
  size_t middle = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double halftone::boundMedian(llvm::ArrayRef<double> sorted) {
  auto count = double(sorted.size());
  double probability = 0;
  for (size_t index = 0; index + 1 < sorted.size(); ++index) {
    // Of exactly `index` runs below the median.
    double below = double(index);
    probability += std::exp(std::lgamma(count + 1) - std::lgamma(below + 1) -
                            std::lgamma(count - below + 1) - count * std::log(2));
    if (probability >= 0.99)
      return sorted[index];
  }
  return sorted.back();
}

namespace {
/// A program, ready to run on its inputs.
class TimedProgram {
public:
  static llvm::Expected<std::unique_ptr<TimedProgram>> open(llvm::StringRef path,
                                                            const LatencyOptions &options);
  llvm::Error run(bool counts);
  Latency finish(const llvm::StringSet<> &wanted);

private:
  explicit TimedProgram(Model model) : model(std::move(model)) {}
  const halftone_entry &entry() const { return model.entries().front(); }
  llvm::Error readInputs(llvm::StringRef samples);
  std::vector<std::string> findNodes(size_t region, const llvm::StringSet<> &wanted) const;

  Model model;
  Profiler profiler;
  std::optional<Session> session;
  std::vector<Array> arrays;
  std::vector<halftone_tensor> inputs, outputs;
  std::vector<double> seconds;
  /// Of each region, run by run.
  std::vector<std::vector<double>> regions;
};
} // namespace

llvm::Error TimedProgram::readInputs(llvm::StringRef samples) {
  std::vector<std::string> names;
  for (const halftone_tensor_info &input : llvm::ArrayRef(entry().inputs, entry().num_inputs))
    names.push_back(input.name);
  llvm::Expected<std::unique_ptr<SampleSource>> source = SampleSource::open(samples, names);
  if (!source)
    return source.takeError();
  llvm::Expected<std::optional<NamedArrays>> sample = (*source)->next();
  if (!sample)
    return sample.takeError();
  if (!*sample)
    return llvm::createStringError("'" + samples + "' has no samples");
  llvm::Expected<std::vector<Array>> bound = bindInputs(entry(), **sample);
  if (!bound)
    return bound.takeError();
  arrays = std::move(*bound);
  for (const Array &array : arrays)
    inputs.push_back(array.tensor());
  outputs.resize(entry().num_outputs);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<TimedProgram>> TimedProgram::open(llvm::StringRef path,
                                                                 const LatencyOptions &options) {
  llvm::Expected<Model> model = Model::load(path);
  if (!model)
    return model.takeError();
  std::unique_ptr<TimedProgram> program(new TimedProgram(std::move(*model)));
  if (llvm::Error error = program->readInputs(options.samples))
    return std::move(error);
  SessionOptions session;
  session.threads = options.threads;
  if (const halftone_profile_table *table = program->model.descriptor().profile) {
    session.profiler = Profiler::record;
    session.profilerUser = &program->profiler;
    program->regions.resize(table->num_regions);
  }
  llvm::Expected<Session> created = Session::create(program->model, std::move(session));
  if (!created)
    return created.takeError();
  program->session.emplace(std::move(*created));
  return program;
}

llvm::Error TimedProgram::run(bool counts) {
  profiler.begin();
  if (llvm::Error error = session->run(0, inputs, outputs))
    return error;
  ProfileRun run = profiler.finish();
  if (!counts)
    return llvm::Error::success();
  seconds.push_back(run.milliseconds / 1000);
  RegionTimes times = sumRegions(run, regions.size());
  for (auto [all, time] : llvm::zip_equal(regions, times.regions))
    all.push_back(time.milliseconds / 1000);
  return llvm::Error::success();
}

/// Who shares the time of a region.
std::vector<std::string> TimedProgram::findNodes(size_t region,
                                                 const llvm::StringSet<> &wanted) const {
  std::vector<std::string> all, some;
  for (llvm::StringRef node : llvm::split(model.descriptor().profile->regions[region].nodes, '\n'))
    if (!node.empty()) {
      all.push_back(node.str());
      if (wanted.contains(node))
        some.push_back(node.str());
    }
  return some.empty() ? all : some;
}

Latency TimedProgram::finish(const llvm::StringSet<> &wanted) {
  Latency latency;
  llvm::StringMap<std::vector<double>> nodes;
  for (auto [region, times] : llvm::enumerate(regions)) {
    std::vector<std::string> names = findNodes(region, wanted);
    for (const std::string &name : names) {
      std::vector<double> &sums = nodes[name];
      sums.resize(times.size());
      for (auto [sum, time] : llvm::zip_equal(sums, times))
        sum += time / double(names.size());
    }
  }
  for (auto &node : nodes) {
    llvm::sort(node.second);
    latency.nodes[node.first()] = findMedian(node.second);
  }
  llvm::sort(seconds);
  latency.seconds = std::move(seconds);
  return latency;
}

llvm::Expected<std::vector<Latency>> halftone::measureLatencies(llvm::ArrayRef<std::string> paths,
                                                                llvm::ArrayRef<std::string> nodes,
                                                                const LatencyOptions &options) {
  std::vector<std::unique_ptr<TimedProgram>> programs;
  for (llvm::StringRef path : paths) {
    llvm::Expected<std::unique_ptr<TimedProgram>> program = TimedProgram::open(path, options);
    if (!program)
      return program.takeError();
    programs.push_back(std::move(*program));
  }
  constexpr int64_t kWarmUp = 3;
  for (int64_t round = 0; round != kWarmUp + options.runs; ++round)
    for (std::unique_ptr<TimedProgram> &program : programs)
      if (llvm::Error error = program->run(/*counts=*/round >= kWarmUp))
        return std::move(error);
  llvm::StringSet<> wanted;
  for (const std::string &node : nodes)
    wanted.insert(node);
  std::vector<Latency> latencies;
  latencies.reserve(programs.size());
  for (std::unique_ptr<TimedProgram> &program : programs)
    latencies.push_back(program->finish(wanted));
  return latencies;
}
