#include "moviegen/train/tasks/sound_samples.h"

#include <algorithm>
#include <cmath>

#include "moviegen/media/sound.h"
#include "moviegen/media/spectrogram.h"

namespace mg::train {
namespace {

using at::Tensor;

constexpr uint8_t kMark[] = {90, 220, 255};

media::Sound decode(audio::DacVae& codec, const Tensor& latents_CS, int64_t samples) {
  auto sound = codec->decode(latents_CS.unsqueeze(0), samples).flatten().to(at::kFloat).contiguous();
  return {world::kSoundRate, 1, {sound.data_ptr<float>(), sound.data_ptr<float>() + sound.numel()}};
}

Tensor make_latents(audio::SoundModel& model, const data::SoundCache& cache, int64_t clip, double fps) {
  audio::SoundRequest request;
  request.times_s = audio::frame_times(cache.frames(), fps);
  auto pixels = data::pixels_of(cache.pictures(clip, 0, cache.frames()));
  request.features_FV = model.conditioner->frames(pixels, pixels.index_select(0, torch::tensor(audio::earlier_frames(request.times_s))));
  request.duration_s = static_cast<double>(cache.frames()) / fps;
  request.caption = caption_text(cache.item(clip).caption), request.seed = static_cast<uint64_t>(clip);
  std::vector<Tensor> parts;
  audio::generate_sound(model, request, model.sampling, [&](const Tensor& latents_CS) { parts.push_back(latents_CS); });
  return at::cat(parts, 1);
}

media::Image draw(const media::Sound& sound, const Json& events, double fps) {
  auto picture = media::draw_spectrogram(sound);
  for (const auto& event : events) {
    if (!event.is_object() || event.value("loop", false) || !event.contains("frame") || !event["frame"].is_number()) continue;
    auto x = static_cast<int>(event["frame"].get<double>() / fps / sound.duration_s() * picture.width);
    if (x < 0 || x >= picture.width) continue;
    for (int y = 0; y < picture.height / 8; ++y) std::copy_n(kMark, 3, picture.row(y) + 3 * x);
  }
  return picture;
}

}  // namespace

void write_sound_samples(const std::string& folder, audio::SoundModel& model, audio::DacVae& codec, const SoundBucket& bucket, int64_t count,
                         double fps) {
  at::NoGradGuard no_grad;
  const auto& cache = *bucket.held_out;
  auto samples = std::llround(static_cast<double>(cache.frames()) / fps * world::kSoundRate);
  std::vector<media::Image> sheet;
  std::string captions;
  for (int64_t i = 0; i < std::min(count, cache.size()); ++i) {
    auto made = decode(codec, make_latents(model, cache, i, fps), samples), own = decode(codec, cache.latents(i, 0, cache.steps()), samples);
    media::write_sound(fmt::format("{}/{}-{}.wav", folder, bucket.name, i), made);
    for (const auto* sound : {&own, &made}) sheet.push_back(draw(*sound, cache.item(i).events, fps));
    captions += fmt::format("{}-{}\t{}\n", bucket.name, i, caption_text(cache.item(i).caption));
  }
  if (sheet.empty()) return;
  media::write_image(fmt::format("{}/{}-sheet.png", folder, bucket.name), media::grid(sheet, 2));
  write_text(fmt::format("{}/{}-captions.txt", folder, bucket.name), captions);
}

}  // namespace mg::train
