// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The text form of observations, to and from files.

#include "TensorStatisticsJSON.h"

#include "halftone/Numerics/Observations.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace halftone;
namespace json = llvm::json;

static constexpr llvm::StringLiteral versionKey = "halftone-observations";

llvm::Expected<std::string> Observations::toJSON() const {
  // A name that is not UTF-8 could not be told from another one in the file.
  if (!json::isUTF8(modelHash))
    return llvm::createStringError("the model hash is not valid UTF-8");
  for (auto &[name, statistics] : tensors)
    if (!json::isUTF8(name))
      return llvm::createStringError("tensor name '%s' is not valid UTF-8", name.c_str());
  std::string text;
  llvm::raw_string_ostream stream(text);
  json::OStream out(stream, /*IndentSize=*/1);
  out.objectBegin();
  out.attribute(versionKey, fileVersion);
  out.attribute("model", modelHash);
  writeAttribute(out, "samples", [&](llvm::raw_ostream &os) {
    os << '[';
    llvm::StringRef separator = "";
    for (auto [first, last] : samples.getIntervals()) {
      os << separator << '[' << first << ", " << last << ']';
      separator = ", ";
    }
    os << ']';
  });
  out.attributeObject("tensors", [&] {
    for (auto &tensor : tensors)
      out.attributeObject(tensor.first, [&] { TensorStatisticsJSON::write(out, tensor.second); });
  });
  out.objectEnd();
  stream << '\n';
  return text;
}

llvm::Error Observations::save(llvm::StringRef path) const {
  llvm::Expected<std::string> text = toJSON();
  if (!text)
    return text.takeError();
  llvm::Error error = llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << *text;
    return llvm::Error::success();
  });
  if (error)
    return llvm::createStringError("%s: cannot be written: %s", path.str().c_str(),
                                   llvm::toString(std::move(error)).c_str());
  return llvm::Error::success();
}

static bool readSamples(const std::vector<std::vector<uint64_t>> &intervals, SampleSet &samples,
                        json::Path path) {
  for (const std::vector<uint64_t> &interval : intervals) {
    if (interval.size() != 2 || interval[0] > interval[1]) {
      path.report("expected intervals of samples");
      return false;
    }
    samples.insert(interval[0], interval[1]);
  }
  return true;
}

static llvm::Error checkVersion(const json::Value &root) {
  const json::Object *object = root.getAsObject();
  std::optional<int64_t> version;
  if (object)
    version = object->getInteger(versionKey);
  if (!version)
    return llvm::createStringError("not an observations file: it has no '%s'", versionKey.data());
  if (*version != Observations::fileVersion)
    return llvm::createStringError(
        "version %lld of observations, but this program reads version %lld; observe again",
        (long long)*version, (long long)Observations::fileVersion);
  return llvm::Error::success();
}

llvm::Expected<Observations> Observations::fromJSON(llvm::StringRef text) {
  llvm::Expected<json::Value> root = json::parse(text);
  if (!root)
    return llvm::createStringError("not an observations file, or cut off: %s",
                                   llvm::toString(root.takeError()).c_str());
  if (llvm::Error error = checkVersion(*root))
    return std::move(error);
  Observations result("");
  std::vector<std::vector<uint64_t>> intervals;
  json::Path::Root pathRoot("observations");
  json::Path path = pathRoot;
  json::ObjectMapper mapper(*root, path);
  if (!mapper || !mapper.map("model", result.modelHash) || !mapper.map("samples", intervals) ||
      !readSamples(intervals, result.samples, path.field("samples")))
    return pathRoot.getError();
  json::Path tensorsPath = path.field("tensors");
  const json::Object *tensors = root->getAsObject()->getObject("tensors");
  if (!tensors) {
    tensorsPath.report("expected object");
    return pathRoot.getError();
  }
  for (auto &[name, entry] : *tensors) {
    TensorStatistics &statistics = result.tensors[name.str()];
    if (!TensorStatisticsJSON::read(entry, statistics, tensorsPath.field(name)))
      return pathRoot.getError();
  }
  return result;
}

llvm::Expected<Observations> Observations::load(llvm::StringRef path,
                                                std::optional<llvm::StringRef> expectedModelHash) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError("%s: cannot be read: %s", path.str().c_str(),
                                   buffer.getError().message().c_str());
  llvm::Expected<Observations> result = fromJSON((*buffer)->getBuffer());
  if (!result)
    return llvm::createStringError("%s: %s", path.str().c_str(),
                                   llvm::toString(result.takeError()).c_str());
  if (expectedModelHash && result->modelHash != *expectedModelHash)
    return llvm::createStringError("%s: made from another model: its hash is '%s', this one's '%s'",
                                   path.str().c_str(), result->modelHash.c_str(),
                                   expectedModelHash->str().c_str());
  return result;
}
