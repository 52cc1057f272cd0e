// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Observations.h"

#include "Random.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

namespace {
// A folder that is gone after the test.
class ObservationsFile : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("observations", folder));
  }
  void TearDown() override { EXPECT_FALSE(llvm::sys::fs::remove_directories(folder)); }

  std::string path(llvm::StringRef name) const { return (folder + "/" + name).str(); }
  void write(llvm::StringRef name, llvm::StringRef text) const {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    ASSERT_FALSE(error);
  }
  std::string loadError(llvm::StringRef name,
                        std::optional<llvm::StringRef> hash = std::nullopt) const {
    llvm::Expected<Observations> result = Observations::load(path(name), hash);
    return result ? "" : llvm::toString(result.takeError());
  }

  llvm::SmallString<64> folder;
};
} // namespace

// What sample number `sample` of a made-up model looks like: tensors of different sizes and scales,
// sometimes an outlier, sometimes NaN.
static void observeSample(Observations &observations, uint64_t sample) {
  Random random(1000 + sample);
  std::vector<float> hidden = random.gaussian(6 * 8, std::exp(random.gauss()));
  if (sample % 5 == 0)
    hidden[sample % 48] = float(1000 * random.gauss());
  if (sample % 7 == 0)
    hidden[3] = std::numeric_limits<float>::quiet_NaN();
  if (sample % 11 == 0)
    hidden[4] = -std::numeric_limits<float>::infinity();
  std::vector<float> tiny = random.gaussian(10, 1e-12);
  llvm::cantFail(
      llvm::cantFail(observations.getOrCreate("hidden", -1))->observe(sample, hidden, {6, 8}));
  llvm::cantFail(
      llvm::cantFail(observations.getOrCreate("a/b \"quoted\""))->observe(sample, tiny, {10}));
  observations.addSample(sample);
}

static std::string text(const Observations &observations) {
  return llvm::cantFail(observations.toJSON());
}

TEST(Observations, ShardsMergedInAnyOrderGiveTheBytesOfOneRun) {
  constexpr uint64_t numSamples = 600;
  Observations whole("model");
  for (uint64_t sample = 0; sample != numSamples; ++sample)
    observeSample(whole, sample);
  EXPECT_EQ(whole.getSamples().size(), numSamples);

  Random random(18);
  for (size_t numShards : {1u, 2u, 5u, 16u}) {
    std::vector<uint64_t> order(numSamples);
    for (uint64_t sample = 0; sample != numSamples; ++sample)
      order[sample] = sample;
    for (size_t i = numSamples; i-- > 1;)
      std::swap(order[i], order[random.below(i + 1)]);
    std::vector<Observations> shards(numShards, Observations("model"));
    for (uint64_t sample : order)
      observeSample(shards[random.below(numShards)], sample);
    // Some merges go through a file, some between merged ones.
    while (shards.size() > 1) {
      size_t from = random.below(shards.size() - 1) + 1;
      Observations part = llvm::cantFail(Observations::fromJSON(text(shards[from])));
      llvm::cantFail(shards[random.below(from)].merge(part));
      shards.erase(shards.begin() + from);
    }
    EXPECT_EQ(text(shards[0]), text(whole)) << numShards;
  }
}

TEST_F(ObservationsFile, AResumedRunGivesTheBytesOfAnUnbrokenOne) {
  Observations whole("model"), firstHalf("model");
  for (uint64_t sample = 0; sample != 20; ++sample) {
    observeSample(whole, sample);
    if (sample < 9)
      observeSample(firstHalf, sample);
  }
  llvm::cantFail(firstHalf.save(path("half.json")));
  Observations resumed = llvm::cantFail(Observations::load(path("half.json"), "model"));
  for (uint64_t sample = 0; sample != 20; ++sample)
    if (!resumed.getSamples().contains(sample))
      observeSample(resumed, sample);
  EXPECT_EQ(text(resumed), text(whole));
}

TEST_F(ObservationsFile, SavingReplacesTheFileAndLeavesNoOther) {
  Observations observations("model");
  write("file.json", "an older file");
  observeSample(observations, 0);
  llvm::cantFail(observations.save(path("file.json")));
  auto buffer = llvm::MemoryBuffer::getFile(path("file.json"));
  ASSERT_TRUE(bool(buffer));
  EXPECT_EQ((*buffer)->getBuffer(), text(observations));
  std::error_code error;
  int numFiles = 0;
  for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end; it.increment(error))
    ++numFiles;
  EXPECT_EQ(numFiles, 1);
}

TEST_F(ObservationsFile, SavingToNowhereIsAnError) {
  std::string error = llvm::toString(Observations("model").save(path("missing/file.json")));
  EXPECT_TRUE(llvm::StringRef(error).contains("missing/file.json: cannot be written")) << error;
}

TEST(Observations, FloatsComeBackExactly) {
  std::vector<float> values = {0.1f, 1e-45f, 3.4028235e38f, 16777217.0f, 1.17549435e-38f};
  Random random(32);
  while (values.size() != 3000) // One in a hundred needs all nine digits.
    values.push_back(std::ldexp(float(random.gauss()), int(random.below(200)) - 100));
  Observations observations("model");
  TensorStatistics &channels = *llvm::cantFail(observations.getOrCreate("x", 0));
  TensorStatistics &samples = *llvm::cantFail(observations.getOrCreate("y"));
  llvm::cantFail(channels.observe(0, values, {3000}));
  for (uint64_t i = 0; i != 200; ++i)
    llvm::cantFail(samples.observe(i, values[i], {}));
  Observations restored = llvm::cantFail(Observations::fromJSON(text(observations)));
  EXPECT_EQ(restored.find("x")->getRange(), findRange(values));
  for (size_t i = 0; i != values.size(); ++i)
    EXPECT_EQ(restored.find("x")->getChannels()->absmax[i], std::fabs(values[i]));
  for (uint64_t i = 0; i != 200; ++i)
    EXPECT_EQ(restored.find("y")->getRecentSamples().at(i), (Range{values[i], values[i]}));
  EXPECT_EQ(restored.getModelHash(), "model");
  EXPECT_EQ(restored.find("z"), nullptr);
}

TEST_F(ObservationsFile, ATruncatedFileIsRefusedWhereverItEnds) {
  Observations observations("model");
  observeSample(observations, 0);
  std::string whole = text(observations);
  for (size_t size = 0; size + 1 < whole.size(); size += 1 + size / 40) {
    llvm::Expected<Observations> result =
        Observations::fromJSON(llvm::StringRef(whole).take_front(size));
    ASSERT_FALSE(bool(result)) << size;
    EXPECT_TRUE(llvm::StringRef(llvm::toString(result.takeError())).contains("cut off")) << size;
  }
  write("cut.json", llvm::StringRef(whole).take_front(100));
  EXPECT_TRUE(llvm::StringRef(loadError("cut.json"))
                  .starts_with(path("cut.json") + ": not an observations file, or cut off"));
}

TEST_F(ObservationsFile, OtherFilesVersionsAndModelsAreRefused) {
  Observations observations("model");
  observeSample(observations, 0);
  std::string good = text(observations);
  write("good.json", good);
  EXPECT_EQ(loadError("good.json", "model"), "");
  EXPECT_EQ(loadError("good.json", "other"),
            path("good.json") +
                ": made from another model: its hash is 'model', this one's 'other'");
  EXPECT_EQ(loadError("none.json"),
            path("none.json") + ": cannot be read: No such file or directory");
  write("json.json", "[1, 2]");
  EXPECT_EQ(loadError("json.json"), path("json.json") + ": not an observations file: it has no "
                                                        "'halftone-observations'");
  std::string old = good;
  old.replace(old.find("\": 1"), 4, "\": 2");
  write("version.json", old);
  EXPECT_EQ(loadError("version.json"),
            path("version.json") +
                ": version 2 of observations, but this program reads version 1; observe again");
}

TEST_F(ObservationsFile, AlteredNumbersAreRefused) {
  Observations observations("model");
  llvm::cantFail(llvm::cantFail(observations.getOrCreate("x", 0))->observe(4, {1, -2, 0}, {3}));
  observations.addSample(4);
  std::string good = text(observations);
  const std::pair<const char *, const char *> alterations[] = {
      {"\"zeros\": 1", "\"zeros\": 9"},
      {"\"zeros\": 1", "\"zeros\": 2"},
      {"\"zeros\": 1", "\"zeros\": -1"},
      {"\"zeros\": 1", "\"zero\": 1"},
      {"\"range\": [-2, 1]", "\"range\": [1, -2]"},
      {"\"range\": [-2, 1]", "\"range\": [-2, 1, 1]"},
      {"\"range\": [-2, 1]", "\"range\": [-2, 8]"},
      {"\"range\": [-2, 1]", "\"range\": [-1e99, 1]"},
      {"\"exponent\": -10", "\"exponent\": -9"},
      {"\"exponent\": -10", "\"exponent\": 1000"},
      {"\"positive\": [1,-1023,1]", "\"positive\": [1,-8000,1]"},
      {"\"positive\": [1,-1023,1]", "\"positive\": \"all\""},
      {"\"positive\": [1,-1023,1]", "\"positive\": [1.5]"},
      {"\"recent\": [[4, -2, 1]]", "\"recent\": []"},
      {"\"recent\": [[4, -2, 1]]", "\"recent\": [[4, -2]]"},
      {"\"samples\": [[4, 4]]", "\"samples\": [[4, 3]]"},
      {"\"channel-absmax\": [1,2,0]", "\"channel-absmax\": [1,-2,0]"},
      {"\"tensors\": {", "\"tensor\": {"},
  };
  for (auto &[from, to] : alterations) {
    std::string bad = good;
    size_t position = bad.find(from);
    ASSERT_NE(position, std::string::npos) << from << " in " << good;
    bad.replace(position, llvm::StringRef(from).size(), to);
    write("bad.json", bad);
    EXPECT_NE(loadError("bad.json"), "") << to;
  }
  write("good.json", good);
  EXPECT_EQ(loadError("good.json"), "");
}

TEST(Observations, MergeRefusesWhatDoesNotBelongTogetherAndChangesNothing) {
  Observations observations("model"), otherModel("other"), sameSample("model"),
      otherChannels("model");
  observeSample(observations, 1);
  observeSample(sameSample, 1);
  llvm::cantFail(otherChannels.getOrCreate("hidden", 0));
  std::string before = text(observations);
  EXPECT_EQ(llvm::toString(observations.merge(otherModel)),
            "observations of different models cannot be merged: model 'model' and model 'other'");
  EXPECT_EQ(llvm::toString(observations.merge(sameSample)),
            "sample 1 is in both observations and would count twice");
  EXPECT_EQ(llvm::toString(observations.merge(otherChannels)),
            "tensor 'hidden' cannot be merged: channels are of axis -1 in one and 0 in the other");
  EXPECT_EQ(text(observations), before);
}

TEST(Observations, ATensorKeepsItsChannelAxis) {
  Observations observations("model");
  llvm::cantFail(observations.getOrCreate("x", -1));
  llvm::Expected<TensorStatistics *> again = observations.getOrCreate("x");
  ASSERT_FALSE(bool(again));
  EXPECT_EQ(llvm::toString(again.takeError()),
            "tensor 'x' was observed with other channels before");
  EXPECT_TRUE(bool(observations.getOrCreate("x", -1)));
}

TEST(Observations, NamesMustBeText) {
  Observations observations("model");
  llvm::cantFail(observations.getOrCreate("\xff"));
  llvm::Expected<std::string> result = observations.toJSON();
  ASSERT_FALSE(bool(result));
  llvm::consumeError(result.takeError());
}
