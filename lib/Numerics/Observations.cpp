// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Observations.h"

using namespace halftone;

const TensorStatistics *Observations::find(llvm::StringRef name) const {
  auto entry = tensors.find(std::string_view(name));
  return entry == tensors.end() ? nullptr : &entry->second;
}

llvm::Expected<TensorStatistics *> Observations::getOrCreate(llvm::StringRef name,
                                                             std::optional<int64_t> channelAxis) {
  auto entry = tensors.find(std::string_view(name));
  if (entry == tensors.end()) {
    TensorStatistics statistics =
        channelAxis ? TensorStatistics::withChannels(*channelAxis) : TensorStatistics();
    return &tensors.emplace(name.str(), std::move(statistics)).first->second;
  }
  const std::optional<ChannelStatistics> &channels = entry->second.getChannels();
  bool agrees = channels.has_value() == channelAxis.has_value() &&
                (!channels || channels->axis == *channelAxis);
  if (!agrees)
    return llvm::createStringError("tensor '%s' was observed with other channels before",
                                   name.str().c_str());
  return &entry->second;
}

llvm::Error Observations::merge(const Observations &other) {
  if (modelHash != other.modelHash)
    return llvm::createStringError(
        "observations of different models cannot be merged: model '%s' and model '%s'",
        modelHash.c_str(), other.modelHash.c_str());
  if (std::optional<uint64_t> common = samples.findCommon(other.samples))
    return llvm::createStringError("sample %llu is in both observations and would count twice",
                                   (unsigned long long)*common);
  std::map<std::string, TensorStatistics, std::less<>> merged = tensors;
  for (auto &[name, statistics] : other.tensors) {
    auto [entry, isNew] = merged.try_emplace(name, statistics);
    if (isNew)
      continue;
    if (llvm::Error error = entry->second.merge(statistics))
      return llvm::createStringError("tensor '%s' cannot be merged: %s", name.c_str(),
                                     llvm::toString(std::move(error)).c_str());
  }
  tensors = std::move(merged);
  samples.merge(other.samples);
  return llvm::Error::success();
}
