// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Timing.h"

#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include <chrono>

using namespace mlir;
using namespace mlir::halftone;

namespace {

using Clock = std::chrono::steady_clock;

/// Reports each pass. Adaptors, which run the passes on functions, have no argument; their passes
/// count instead.
class PassTimer : public PassInstrumentation {
public:
  explicit PassTimer(Timing &timing) : timing(timing) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (pass->getArgument().empty())
      return;
    std::lock_guard lock(mutex);
    starts[{pass, op}] = Clock::now();
  }
  void runAfterPass(Pass *pass, Operation *op) override { finish(pass, op); }
  void runAfterPassFailed(Pass *pass, Operation *op) override { finish(pass, op); }

private:
  void finish(Pass *pass, Operation *op) {
    Clock::time_point now = Clock::now();
    std::lock_guard lock(mutex);
    auto start = starts.find({pass, op});
    if (start == starts.end())
      return;
    timing.addStep(pass->getArgument(), std::chrono::duration<double>(now - start->second).count());
    starts.erase(start);
  }

  Timing &timing;
  std::mutex mutex;
  llvm::DenseMap<std::pair<Pass *, Operation *>, Clock::time_point> starts;
};

} // namespace

void Timing::addStep(StringRef name, double seconds) {
  std::lock_guard lock(mutex);
  auto step = llvm::find_if(current, [&](const Step &step) { return step.name == name; });
  if (step == current.end())
    current.push_back({name.str(), seconds});
  else
    step->seconds += seconds;
}

void Timing::endPhase(StringRef name, double seconds) {
  std::lock_guard lock(mutex);
  phases.push_back({name.str(), seconds, std::move(current)});
  current.clear();
}

void Timing::observe(PassManager &passes) {
  passes.addInstrumentation(std::make_unique<PassTimer>(*this));
}

void Timing::print(llvm::raw_ostream &stream) const {
  double total = 0;
  for (const Phase &phase : phases)
    total += phase.seconds;
  auto printRow = [&](double seconds, StringRef indent, StringRef name) {
    double share = total > 0 ? 100 * seconds / total : 0;
    stream << llvm::format("%9.3f %5.1f%%  ", seconds, share) << indent << name << "\n";
  };
  stream << "  seconds  share  phase and its steps\n";
  for (const Phase &phase : phases) {
    printRow(phase.seconds, "", phase.name);
    std::vector<Step> steps = phase.steps;
    llvm::sort(steps, [](const Step &lhs, const Step &rhs) {
      return std::tie(rhs.seconds, lhs.name) < std::tie(lhs.seconds, rhs.name);
    });
    for (const Step &step : steps)
      printRow(step.seconds, "  ", step.name);
  }
  printRow(total, "", "total");
}

llvm::json::Array mlir::halftone::toJSON(ArrayRef<Timing::Phase> phases) {
  llvm::json::Array list;
  for (const Timing::Phase &phase : phases) {
    llvm::json::Array steps;
    for (const Timing::Step &step : phase.steps)
      steps.push_back(llvm::json::Object{{"name", step.name}, {"seconds", step.seconds}});
    list.push_back(llvm::json::Object{
        {"name", phase.name}, {"seconds", phase.seconds}, {"steps", std::move(steps)}});
  }
  return list;
}
