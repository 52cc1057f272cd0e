// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Driver/SearchBudget.h"

#include "Budget.h"
#include "BudgetTable.h"
#include "SensitivityTask.h"
#include "TextTable.h"
#include "halftone/IO/FileError.h"
#include "halftone/Numerics/AssignmentFront.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <deque>

using namespace halftone;
using mlir::halftone::BudgetRow;
using mlir::halftone::Candidate;
using mlir::halftone::LayerChoices;

static constexpr llvm::StringRef kDefaultCandidates[] = {"float", "w8", "w4a16-g32", "w4a16", "w3"};

llvm::ArrayRef<llvm::StringRef> halftone::defaultCandidates() { return kDefaultCandidates; }

namespace {
class BudgetSearch : mlir::halftone::SensitivityTask {
public:
  explicit BudgetSearch(const SearchBudgetOptions &options)
      : SensitivityTask(options), options(options) {}

  std::optional<FoundRecipe> run();

private:
  /// An assignment that was compiled and measured.
  struct Trial {
    Assignment assignment;
    AssignmentCost predicted;
    double error = 0;
    std::string name;
    /// Where there is a latency budget.
    mlir::halftone::AssignmentTime time = {};
    bool isConfirmed = false;
  };

  bool prepare();
  bool loadCandidate(llvm::StringRef name, std::vector<Candidate> &list);
  bool buildFront();
  AssignmentCost predict(const Assignment &assignment) const;
  bool addUniformTrials();
  Assignment getAssignment(size_t point) const;
  bool measureTrial(const Assignment &assignment, const Trial *&trial);
  bool timeTrial(Trial &trial);
  bool search();
  bool searchFewestBytes();
  bool measureBest(AssignmentGoal goal, AssignmentLimits asked, size_t &point, const Trial *&trial);
  bool searchLatency();
  bool chooseConfirmed();
  bool isAllowed(const Trial &trial) const;
  bool choose();
  bool failSize();
  bool failAccuracy();
  bool failLatency();
  std::string describe(const Trial &trial) const;
  mlir::halftone::BudgetTable makeTable() const;
  bool write(llvm::StringRef text);

  const SearchBudgetOptions &options;
  mlir::halftone::Budget budget;
  std::vector<Candidate> list;
  std::optional<AtomicFile> recipeFile;
  /// Of each layer the choices that are candidates and put out numbers.
  std::vector<std::vector<size_t>> usable;
  AssignmentFront front;
  AssignmentLimits limits;
  /// Of the float model's outputs.
  double signalPower = 0;
  int64_t numSamples = 0;
  std::deque<Trial> trials;
  Trial *chosen = nullptr;
};
} // namespace

//===--- What to search ---===//

bool BudgetSearch::loadCandidate(llvm::StringRef name, std::vector<Candidate> &loaded) {
  llvm::Expected<Recipe> recipe = Recipe::load(name);
  if (!recipe)
    return fail(recipe.takeError());
  auto refuse = [&](llvm::StringRef what) { return fail("candidate '" + name + "' " + what); };
  if (recipe->getSmoothing())
    return refuse("smooths the model before it is quantized, which no layer can have alone; leave "
                  "'smoothing' out");
  if (recipe->needsInputs())
    return refuse("rounds weights, or chooses their formats, by the layers' inputs, which the "
                  "search does not measure; search with 'rounding: nearest', and add the rounding "
                  "to the recipe that --write-recipe writes");
  if (!recipe->getCacheFormat().empty())
    return refuse("changes the model's inputs by 'cache'; leave it out");
  loaded.push_back(
      {llvm::sys::path::filename(name).str(), std::make_shared<const Recipe>(std::move(*recipe))});
  return true;
}

bool BudgetSearch::prepare() {
  llvm::Expected<mlir::halftone::Budget> parsed = mlir::halftone::Budget::parse(options.budgets);
  if (!parsed)
    return fail(parsed.takeError());
  budget = *parsed;
  std::vector<std::string> names = options.candidates;
  if (names.empty())
    for (llvm::StringRef name : kDefaultCandidates)
      names.push_back(name.str());
  for (llvm::StringRef name : names)
    if (!loadCandidate(name, list))
      return false;
  // A path that cannot be written is said before the work, not after it.
  if (options.writeRecipe.empty())
    return true;
  llvm::Expected<AtomicFile> file = AtomicFile::create(options.writeRecipe);
  if (!file)
    return fail(file.takeError());
  recipeFile.emplace(std::move(*file));
  return true;
}

bool BudgetSearch::buildFront() {
  std::vector<std::vector<AssignmentCost>> costs;
  for (const LayerChoices &layer : layers) {
    std::vector<size_t> &numbers = usable.emplace_back();
    std::vector<AssignmentCost> &choices = costs.emplace_back();
    for (auto [number, choice] : llvm::enumerate(layer.choices)) {
      if (choice.candidates.empty() || !std::isfinite(choice.error))
        continue;
      numbers.push_back(number);
      choices.push_back({choice.bytes, choice.error, choice.seconds});
    }
    if (choices.empty())
      return fail(
          "node '" + layer.node +
          "': no candidate leaves the model's outputs numbers; add 'float' to --candidates");
  }
  llvm::Expected<AssignmentFront> built = AssignmentFront::build(costs);
  if (!built)
    return fail(built.takeError());
  front = std::move(*built);
  return true;
}

AssignmentCost BudgetSearch::predict(const Assignment &assignment) const {
  AssignmentCost sum;
  for (auto [layer, choice] : llvm::zip_equal(layers, assignment)) {
    sum.bytes += layer.choices[choice].bytes;
    sum.error += layer.choices[choice].error;
    sum.seconds += layer.choices[choice].seconds;
  }
  return sum;
}

//===--- What really comes out ---===//

/// The errors of the candidates for all layers alike were measured already.
bool BudgetSearch::addUniformTrials() {
  for (auto [number, candidate] : llvm::enumerate(candidates)) {
    Assignment assignment = assignUniformly(number);
    trials.push_back({assignment, predict(assignment), uniform[number].metrics.errorPower,
                      "all " + candidate.name});
    if (!timeTrial(trials.back()))
      return false;
  }
  signalPower = uniform.front().metrics.expectedPower;
  numSamples = uniform.front().numSamples;
  return true;
}

/// A second measurement counts if it is worse.
bool BudgetSearch::timeTrial(Trial &trial) {
  mlir::halftone::AssignmentTime time;
  if (!budget.seconds)
    return true;
  if (!timeAssignment(trial.assignment, time))
    return false;
  if (time.bound > trial.time.bound)
    trial.time = time;
  return true;
}

mlir::halftone::SensitivityTask::Assignment BudgetSearch::getAssignment(size_t point) const {
  Assignment assignment = front.getChoices(point);
  for (auto [choice, numbers] : llvm::zip_equal(assignment, usable))
    choice = numbers[choice];
  return assignment;
}

/// Compiles and runs each assignment once.
bool BudgetSearch::measureTrial(const Assignment &assignment, const Trial *&trial) {
  auto known =
      llvm::find_if(trials, [&](const Trial &each) { return each.assignment == assignment; });
  if (known == trials.end()) {
    OutputError measured;
    if (!measureAssignment(assignment, measured))
      return false;
    trials.push_back({assignment, predict(assignment), measured.metrics.errorPower, "mixed"});
    if (!timeTrial(trials.back()))
      return false;
    known = std::prev(trials.end());
  }
  trial = &*known;
  return true;
}

bool BudgetSearch::isAllowed(const Trial &trial) const {
  return trial.predicted.bytes <= limits.bytes && trial.error <= limits.error &&
         trial.time.bound <= limits.seconds;
}

/// Looks for the point of the front where the measured error is just what is allowed: first where
/// the predicted one is, then where that would be if all predictions were off by the factor of the
/// latest. What was too much, and what was not, close in on it.
bool BudgetSearch::searchFewestBytes() {
  constexpr int kMostRounds = 8;
  llvm::ArrayRef<AssignmentCost> points = front.getPoints().take_while(
      [&](const AssignmentCost &cost) { return cost.bytes <= limits.bytes; });
  auto size = int64_t(points.size());
  // More bytes, less error.
  auto findPoint = [&](double error) {
    auto found = llvm::partition_point(
        points, [&](const AssignmentCost &cost) { return cost.error > error; });
    return std::min(int64_t(found - points.begin()), size - 1);
  };
  int64_t missed = -1, kept = size, next = findPoint(limits.error);
  for (int round = 0; round != kMostRounds && missed + 1 < kept; ++round) {
    const Trial *trial = nullptr;
    if (!measureTrial(getAssignment(size_t(next)), trial))
      return false;
    (isAllowed(*trial) ? kept : missed) = next;
    bool isNumber = std::isfinite(trial->error) && trial->error > 0;
    next = isNumber ? findPoint(trial->predicted.error * (limits.error / trial->error)) : size;
    if (next <= missed || next >= kept)
      next = (missed + kept) / 2;
  }
  return true;
}

/// The prediction that is asked for after a measurement was too much: less by as much as that was
/// wrong, and less in any case.
static double tighten(double predicted, double allowed, double measured) {
  double scaled = std::isfinite(measured) ? predicted * (allowed / measured) : predicted / 2;
  return std::min(scaled, std::nextafter(predicted, -1.0));
}

/// No trial, and no error, if the front has no point within `asked`.
bool BudgetSearch::measureBest(AssignmentGoal goal, AssignmentLimits asked, size_t &point,
                               const Trial *&trial) {
  trial = nullptr;
  asked.seconds -= otherSeconds;
  std::optional<size_t> best = front.findBest(goal, asked);
  if (!best)
    return true;
  point = *best;
  return measureTrial(getAssignment(point), trial);
}

/// Goes to the best point of the front until what is measured there keeps the budget; what did not
/// is asked for with the factor by which its prediction was wrong. If all fail, or the predictions
/// leave nothing, the fastest ones remain.
bool BudgetSearch::searchLatency() {
  constexpr int kMostRounds = 8;
  AssignmentGoal goal = budget.decibels ? AssignmentGoal::Bytes : AssignmentGoal::Error;
  AssignmentLimits asked = limits;
  size_t point = 0;
  const Trial *trial = nullptr;
  for (int round = 0; round != kMostRounds; ++round) {
    if (!measureBest(goal, asked, point, trial))
      return false;
    if (!trial)
      break;
    if (isAllowed(*trial) && !chooseConfirmed())
      return false;
    if (isAllowed(*trial))
      return true;
    const AssignmentCost &cost = front.getPoints()[point];
    if (!(trial->error <= limits.error))
      asked.error = tighten(cost.error, limits.error, trial->error);
    if (trial->time.bound > limits.seconds)
      asked.seconds = tighten(cost.seconds + otherSeconds, limits.seconds, trial->time.bound);
  }
  AssignmentLimits anyTime{limits.bytes, limits.error}, anyError{limits.bytes};
  return measureBest(AssignmentGoal::Seconds, anyTime, point, trial) &&
         measureBest(AssignmentGoal::Seconds, anyError, point, trial) &&
         measureBest(AssignmentGoal::Error, anyError, point, trial) && chooseConfirmed();
}

/// What is chosen keeps the latency twice, at different times; what does not is not allowed any
/// more.
bool BudgetSearch::chooseConfirmed() {
  while (choose() && !chosen->isConfirmed) {
    if (!timeTrial(*chosen))
      return false;
    chosen->isConfirmed = true;
  }
  return true;
}

bool BudgetSearch::search() {
  if (!addUniformTrials())
    return false;
  if (budget.bytes)
    limits.bytes = *budget.bytes;
  if (budget.decibels)
    limits.error = signalPower / std::pow(10, *budget.decibels / 10);
  std::optional<size_t> leastError =
      front.findBest(AssignmentGoal::Error, AssignmentLimits{limits.bytes});
  if (!leastError)
    return failSize();
  if (budget.seconds) {
    limits.seconds = *budget.seconds;
    return searchLatency() && (chosen || failLatency());
  }
  if (budget.decibels && !searchFewestBytes())
    return false;
  if (budget.decibels && choose())
    return true;
  // The best that there is, also as the last resort of an accuracy that was missed each time.
  const Trial *trial = nullptr;
  return measureTrial(getAssignment(*leastError), trial) && (choose() || failAccuracy());
}

/// Of what was measured and keeps the budget, the one with the fewest bytes, or the least error.
bool BudgetSearch::choose() {
  auto rank = [&](const Trial &trial) {
    auto bytes = double(trial.predicted.bytes);
    return budget.decibels ? std::pair(bytes, trial.error) : std::pair(trial.error, bytes);
  };
  chosen = nullptr;
  for (Trial &trial : trials)
    if (isAllowed(trial) && (!chosen || rank(trial) < rank(*chosen)))
      chosen = &trial;
  return chosen != nullptr;
}

//===--- What is said of it ---===//

std::string BudgetSearch::describe(const Trial &trial) const {
  double decibels = makeTable().getDecibels(trial.error);
  std::string times;
  if (budget.seconds)
    times = ", " + mlir::halftone::formatMilliseconds(trial.time.median) + " ms (in float " +
            mlir::halftone::formatMilliseconds(trial.time.floatMedian) + ")";
  return std::to_string(trial.predicted.bytes) + " bytes of weights" + times + " and " +
         mlir::halftone::formatDecibels(decibels, "infinitely many") + " dB";
}

bool BudgetSearch::failSize() {
  return fail("size=" + std::to_string(*budget.bytes) +
              "B cannot be kept: with these candidates the weights take at least " +
              std::to_string(front.getPoints().front().bytes) +
              " bytes; give --candidates with fewer bits");
}

bool BudgetSearch::failAccuracy() {
  const Trial *best = nullptr;
  for (const Trial &trial : trials)
    if (trial.predicted.bytes <= limits.bytes && (!best || trial.error < best->error))
      best = &trial;
  return fail("accuracy=" + mlir::halftone::formatDecibels(*budget.decibels, "") +
              "dB cannot be kept" + (budget.bytes ? " within that size" : "") +
              ": the best that was reached is " + (best ? describe(*best) : "nothing") +
              "; give --candidates with more bits" + (budget.bytes ? ", or more bytes" : ""));
}

/// What else is asked for can be had, but not in that time, or not at all.
bool BudgetSearch::failLatency() {
  const Trial *fastest = nullptr;
  for (const Trial &trial : trials)
    if (trial.predicted.bytes <= limits.bytes && trial.error <= limits.error &&
        (!fastest || trial.time.bound < fastest->time.bound))
      fastest = &trial;
  if (!fastest)
    return failAccuracy();
  llvm::StringRef text = *llvm::find_if(
      options.budgets, [](llvm::StringRef each) { return each.starts_with("latency="); });
  return fail(text + " cannot be kept" +
              (budget.bytes || budget.decibels ? " with what else the budget asks for" : "") +
              ": the fastest that was reached takes " +
              mlir::halftone::formatMilliseconds(fastest->time.median) +
              " ms in the median, and that may be up to " +
              mlir::halftone::formatMilliseconds(fastest->time.bound) + " ms, with " +
              std::to_string(fastest->predicted.bytes) +
              " bytes of weights; the float model beside it takes " +
              mlir::halftone::formatMilliseconds(fastest->time.floatMedian) +
              " ms; give --candidates with faster formats, more --calibration-threads, or more "
              "time");
}

/// A handful of points of the front, evenly spaced in bytes.
static std::vector<size_t> pickPoints(llvm::ArrayRef<AssignmentCost> points) {
  constexpr int kNumPoints = 8;
  std::vector<size_t> picked;
  double first = double(points.front().bytes), last = double(points.back().bytes);
  for (int step = 0; step != kNumPoints; ++step) {
    double bytes = first + (last - first) * step / (kNumPoints - 1);
    auto above = llvm::partition_point(
        points, [&](const AssignmentCost &cost) { return double(cost.bytes) <= bytes; });
    auto point = size_t(above - points.begin()) - 1;
    if (picked.empty() || picked.back() != point)
      picked.push_back(point);
  }
  return picked;
}

mlir::halftone::BudgetTable BudgetSearch::makeTable() const {
  mlir::halftone::BudgetTable table;
  table.candidates = candidates;
  table.layers = layers;
  table.signalPower = signalPower;
  table.numSamples = numSamples;
  table.hasTimes = budget.seconds.has_value();
  if (chosen)
    table.chosen = chosen->assignment;
  for (const Trial &trial : trials)
    table.rows.push_back({trial.name, trial.predicted.bytes, trial.predicted.error, trial.error,
                          trial.predicted.seconds + otherSeconds, trial.time.median,
                          &trial == chosen});
  for (size_t point : pickPoints(front.getPoints())) {
    const AssignmentCost &cost = front.getPoints()[point];
    bool isListed = llvm::any_of(table.rows, [&](const BudgetRow &row) {
      return row.bytes == cost.bytes && row.predictedError == cost.error;
    });
    if (!isListed)
      table.rows.push_back(
          {"mixed", cost.bytes, cost.error, std::nullopt, cost.seconds + otherSeconds});
  }
  llvm::sort(table.rows, [](const BudgetRow &lhs, const BudgetRow &rhs) {
    return std::tie(lhs.bytes, lhs.predictedError, lhs.name) <
           std::tie(rhs.bytes, rhs.predictedError, rhs.name);
  });
  return table;
}

bool BudgetSearch::write(llvm::StringRef text) {
  if (!recipeFile)
    return true;
  if (llvm::Error error = recipeFile->write(text))
    return fail(std::move(error));
  if (llvm::Error error = recipeFile->commit())
    return fail(std::move(error));
  return true;
}

std::optional<FoundRecipe> BudgetSearch::run() {
  // What the passes have to say they say of the model that is kept.
  mlir::ScopedDiagnosticHandler onlyErrors(&context, [](mlir::Diagnostic &diagnostic) {
    return mlir::success(diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error);
  });
  if (!prepare() || !phase("import", [&] { return importModel(); }) ||
      !phase("simplify", [&] { return simplify(); }) ||
      !measureSensitivity(
          list, {options.samples, options.numSamples, options.calibration, options.observations}) ||
      (budget.seconds && !timeLayers()) || !buildFront() || !search())
    return std::nullopt;
  std::string comment = "--budget " + llvm::join(options.budgets, " ") + ": " + describe(*chosen) +
                        " at the outputs, " + std::to_string(numSamples) + " samples";
  llvm::Expected<std::string> text = writeRecipe(getSchemes(chosen->assignment), comment);
  if (!text) {
    fail(text.takeError());
    return std::nullopt;
  }
  if (!write(*text))
    return std::nullopt;
  return FoundRecipe{*text, makeTable().make()};
}

std::optional<FoundRecipe> halftone::searchBudget(const SearchBudgetOptions &options) {
  return BudgetSearch(options).run();
}
