#include "moviegen/train/tasks/contrastive_pairs.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <tuple>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world_settings.h"
#include "moviegen/text/text_encoders.h"

namespace mg::train {
namespace {

constexpr int kCaptionSide = 16;        // pixels of a picture drawn for its captions alone
constexpr int kSeedBits = 40;           // training seeds: below kValidationSeeds
constexpr int kPlainRate = 16;          // frame rate of the world
constexpr int kRates[] = {16, 16, 24, 0};  // written in front of a caption; 0 = none. A still has no rate: the towers learn to look past it

const std::string& caption_of(const world::Captions& captions, int kind) {
  return kind == 0 ? captions.brief : kind == 1 ? captions.normal : captions.full;
}

bool fits(const world::Captions& captions, const std::string& text) {
  return text == captions.brief || text == captions.normal || text == captions.full;
}

// height × width × 3 → 3 × height × width.
void copy_planes(const world::Clip& clip, uint8_t* out) {
  size_t pixels = static_cast<size_t>(clip.width) * clip.height;
  for (size_t i = 0; i < pixels; ++i)
    for (size_t c = 0; c < 3; ++c) out[c * pixels + i] = clip.rgb[3 * i + c];
}

}  // namespace

at::Tensor Pairs::float_pixels() const { return pixels_BCHW.to(at::kFloat).mul_(2.0f / 255).sub_(1); }

PairSource::PairSource(std::shared_ptr<const world::World> world, world::RenderOptions options,
                       std::shared_ptr<const text::SentencePieceTokenizer> tokenizer, int64_t max_tokens)
    : world_(std::move(world)), options_(std::move(options)), tokenizer_(std::move(tokenizer)), max_tokens_(max_tokens) {
  options_.frames = 1;
}

Pairs PairSource::training_batch(uint64_t run_seed, int64_t step, int64_t count) const {
  Generator generator(run_seed, fmt::format("contrastive batch {}", step));
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  for (auto& seed : seeds) seed = data::kTrainSeeds + (generator.next() >> (64 - kSeedBits));
  return make(seeds, &generator);
}

Pairs PairSource::held_out_group(int64_t group, int64_t count) const {
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  for (size_t i = 0; i < seeds.size(); ++i) seeds[i] = data::kValidationSeeds + static_cast<uint64_t>(group * count) + i;
  return make(seeds, nullptr);
}

Pairs PairSource::make(const std::vector<uint64_t>& seeds, Generator* choose) const {
  auto count = static_cast<int64_t>(seeds.size());
  Pairs pairs;
  pairs.pixels_BCHW = at::empty({count, 3, options_.height, options_.width}, at::kByte);
  std::vector<world::Captions> captions;
  std::vector<std::vector<int64_t>> ids;
  size_t bytes = static_cast<size_t>(options_.height) * options_.width * 3;
  for (size_t i = 0; i < seeds.size(); ++i) {
    auto clip = world_->render(seeds[i], options_);
    check(clip.rgb.size() == bytes, "world: a still of {}×{} has {} bytes", options_.width, options_.height, clip.rgb.size());
    copy_planes(clip, pairs.pixels_BCHW.data_ptr<uint8_t>() + i * bytes);
    pairs.texts.push_back(caption_of(clip.captions, choose ? choose->below(3) : 1));
    int rate = choose ? kRates[choose->below(std::size(kRates))] : kPlainRate;
    ids.push_back(tokenizer_->encode(rate ? text::with_frame_rate(pairs.texts.back(), rate) : pairs.texts.back(), max_tokens_));
    captions.push_back(std::move(clip.captions));
  }
  std::tie(pairs.ids_BL, pairs.mask_BL) = text::pad_tokens(ids, max_tokens_);
  pairs.fits_BB = at::empty({count, count}, at::kBool);
  auto fits_view = pairs.fits_BB.accessor<bool, 2>();
  for (int64_t picture = 0; picture < count; ++picture)
    for (int64_t text = 0; text < count; ++text) fits_view[picture][text] = fits(captions[picture], pairs.texts[text]);
  return pairs;
}

std::vector<std::string> draw_captions(const world::World& world, world::RenderOptions options, int64_t scenes) {
  options.frames = 1, options.width = kCaptionSide, options.height = kCaptionSide;
  Progress progress("captions for the tokenizer", scenes);
  std::vector<std::string> captions;
  for (int64_t i = 0; i < scenes; ++i) {
    process_cancel().throw_if_cancelled();
    auto clip = world.render(data::kTrainSeeds + static_cast<uint64_t>(i), options);
    for (int kind = 0; kind < 3; ++kind) captions.push_back(caption_of(clip.captions, kind));
    progress.update(i + 1);
  }
  progress.finish();
  return captions;
}

std::shared_ptr<const text::SentencePieceTokenizer> open_or_train_tokenizer(const std::string& path, const world::World& world,
                                                                            const world::RenderOptions& options, int64_t scenes,
                                                                            int64_t vocabulary) {
  if (!std::filesystem::exists(path))
    write_text(path, text::train_sentencepiece(draw_captions(world, options, scenes), vocabulary, text::frame_rate_symbols()));
  return std::make_shared<text::SentencePieceTokenizer>(read_text(path), path);
}

}  // namespace mg::train
