// Originals and what the sound codec makes of them, to see and to hear.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mg::train {

struct SoundPair {
  at::Tensor original, decoded;  // mono [S]
};

// NAME-original.flac and NAME-decoded.flac in an existing folder.
void write_pair(const std::string& folder, const std::string& name, const SoundPair& pair, int sample_rate);
// Spectrograms, originals in one row and below them what was decoded. Throws UsageError if there is nothing to show.
void write_sheet(const std::string& path, const std::vector<SoundPair>& pairs, int sample_rate);

}  // namespace mg::train
