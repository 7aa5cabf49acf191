#include "moviegen/train/tasks/dac_sheet.h"

#include <algorithm>

#include "moviegen/core/error.h"
#include "moviegen/media/spectrogram.h"

namespace mg::train {
namespace {

constexpr size_t kColumns = 4;

media::Sound sound_of(const at::Tensor& mono_S, int sample_rate) {
  auto values = mono_S.clamp(-1, 1).contiguous();
  media::Sound sound;
  sound.sample_rate = sample_rate;
  sound.samples.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
  return sound;
}

}  // namespace

void write_pair(const std::string& folder, const std::string& name, const SoundPair& pair, int sample_rate) {
  media::write_sound(folder + "/" + name + "-original.flac", sound_of(pair.original, sample_rate));
  media::write_sound(folder + "/" + name + "-decoded.flac", sound_of(pair.decoded, sample_rate));
}

void write_sheet(const std::string& path, const std::vector<SoundPair>& pairs, int sample_rate) {
  if (pairs.empty()) throw UsageError("{}: there are no sounds to show", path);
  size_t columns = std::min(kColumns, pairs.size());
  media::SpectrogramOptions options;
  std::vector<media::Image> cells;
  for (size_t first = 0; first < pairs.size(); first += columns)
    for (bool decoded : {false, true})
      for (size_t i = first; i < first + columns; ++i) {
        if (i >= pairs.size()) cells.emplace_back(options.width, options.height);
        else cells.push_back(media::draw_spectrogram(sound_of(decoded ? pairs[i].decoded : pairs[i].original, sample_rate), options));
      }
  media::write_image(path, media::grid(cells, static_cast<int>(columns)));
}

}  // namespace mg::train
