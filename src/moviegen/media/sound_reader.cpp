// SoundReader and read_sound: decoded chunks put in their places on the film's clock, then mixed and resampled.
//
// Places are counted in frames at the file's rate from time 0. Where reading starts late, resampling starts a little before
// start_s, at a frame where the two rates coincide, so that the filter stands as it would when reading from time 0.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"
#include "moviegen/media/resampler.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/sound_stream.h"

namespace mg::media {
namespace {

constexpr double kJitter_s = 0.020;        // times may be this far off without a gap or an overlap being meant
constexpr double kMaxTime_s = 24 * 3600;   // ours: a place beyond is damage
constexpr double kDecodeThrough_s = 20;    // ours: an earlier start is reached by decoding, which is always exact
constexpr double kSeekBefore_s = 1;        // decoders settle (AAC: one frame, Opus: 80 ms, MP3: some frames)
constexpr int64_t kFilter_frames = 256;    // more than the resampler looks back, at the lower of the two rates
constexpr int64_t kSilence_frames = 1 << 14;

void check_options(const std::string& path, const SoundReadOptions& o) {
  check_sound_format(path, o.sample_rate, o.channels == 0 ? 1 : o.channels);
  for (double time : {o.start_s, o.max_s})
    if (!(time >= 0 && time <= kMaxTime_s))
      throw UsageError("{}: a time of {} s; expected 0 to {} s", path, time, kMaxTime_s);
}

}  // namespace

struct SoundReader::Impl {
  Impl(const std::string& from, const SoundReadOptions& o);
  void begin(int rate);
  void fetch();
  void place();
  std::vector<float> step();
  void resample_from(int rate);

  std::string path;
  SoundReadOptions options;
  std::unique_ptr<SoundStream> stream;
  std::unique_ptr<Resampler> resampler;
  int sample_rate = 0, channels = 0;      // of the file now; of the output
  std::optional<SoundChunk> chunk, ahead; // to be given out next, and the one after it
  int64_t silence = 0;                    // frames to give out before the chunk
  int64_t next_frame = 0;                 // place of the next frame for the resampler
  std::optional<int64_t> chunk_end;       // place where the last chunk ended
  int64_t skip = 0, left = 0;             // output frames to drop, then to give out
  bool is_ended = false;
};

SoundReader::Impl::Impl(const std::string& from, const SoundReadOptions& o)
    : path(from), options((check_options(from, o), o)), stream(std::make_unique<SoundStream>(from, o.track)) {
  begin(stream->first_sample_rate());
  double start_s = static_cast<double>(next_frame) / sample_rate;
  if (start_s > kDecodeThrough_s && stream->has_exact_times() && !stream->seek(stream->origin_s() + start_s - kSeekBefore_s))
    stream = std::make_unique<SoundStream>(from, o.track);
  ahead = stream->next();
  if (ahead && ahead->sample_rate != sample_rate) begin(ahead->sample_rate);
  fetch();
}

// Sets the first frame to be read and how many output frames come of it before start_s.
void SoundReader::Impl::begin(int rate) {
  int64_t common = std::gcd(rate, options.sample_rate);
  int64_t in_step = rate / common, out_step = options.sample_rate / common;  // in_step frames become out_step
  int64_t first = std::llround(options.start_s * options.sample_rate);
  int64_t lower = std::min(rate, options.sample_rate);
  int64_t margin = rate == options.sample_rate ? 0 : kFilter_frames * options.sample_rate / lower;
  int64_t steps = std::max<int64_t>(0, first - margin) / out_step;
  next_frame = steps * in_step;
  skip = first - steps * out_step;
  left = options.max_s > 0 ? std::llround(options.max_s * options.sample_rate) : INT64_MAX;
  sample_rate = rate;
}

void SoundReader::Impl::resample_from(int rate) {
  resampler = std::make_unique<Resampler>(rate, options.sample_rate, channels);
}

// Takes the next chunk and cuts what the container calls padding at the very end.
void SoundReader::Impl::fetch() {
  chunk = std::move(ahead);
  if (!chunk) return;
  ahead = stream->next();
  if (!ahead && chunk->stated && stream->has_exact_times())
    chunk->samples.resize(static_cast<size_t>(std::min(*chunk->stated, chunk->frames()) * chunk->channels));
  if (channels == 0) channels = options.channels ? options.channels : chunk->channels;
  chunk->samples = mix(std::move(chunk->samples), chunk->channels, channels);
  chunk->channels = channels;
  place();
}

// Finds the chunk's place: where the last one ended, unless its time says otherwise. Cuts what lies before the next frame
// to be read and sets the silence to be filled in.
void SoundReader::Impl::place() {
  if (!resampler) resample_from(sample_rate);
  int64_t at = chunk_end.value_or(0);
  if (chunk->time_s) {
    double place = (*chunk->time_s - stream->origin_s()) * sample_rate;
    if (!(std::abs(place) <= kMaxTime_s * sample_rate)) {
      log_warning(fmt::format("{}: the sound ends at {:.2f} s: a time of {} s follows", path,
                              static_cast<double>(next_frame) / sample_rate, place / sample_rate));
      chunk.reset();
      ahead.reset();
      return;
    }
    double tolerance_s = chunk_end ? kJitter_s : stream->has_exact_times() ? 0 : stream->tick_s();
    if (std::abs(place - static_cast<double>(at)) > tolerance_s * sample_rate) at = std::llround(place);
  }
  chunk_end = at + chunk->frames();
  int64_t cut = std::clamp<int64_t>(next_frame - at, 0, chunk->frames());
  chunk->samples.erase(chunk->samples.begin(), chunk->samples.begin() + cut * channels);
  silence = chunk->samples.empty() ? 0 : std::max<int64_t>(0, at - next_frame);
}

// Output samples of one piece of input: silence, a chunk, or the end.
std::vector<float> SoundReader::Impl::step() {
  if (!chunk) {
    is_ended = true;
    return resampler ? resampler->finish() : std::vector<float>{};
  }
  if (silence > 0) {
    int64_t frames = std::min(silence, kSilence_frames);
    silence -= frames;
    next_frame += frames;
    return resampler->push(std::vector<float>(static_cast<size_t>(frames * channels)));
  }
  auto out = resampler->push(chunk->samples);
  next_frame += chunk->frames();
  if (ahead && ahead->sample_rate != sample_rate) {  // the file changes its rate here
    auto rest = resampler->finish();
    out.insert(out.end(), rest.begin(), rest.end());
    next_frame = av_rescale(next_frame, ahead->sample_rate, sample_rate);
    chunk_end = next_frame;
    sample_rate = ahead->sample_rate;
    resample_from(sample_rate);
  }
  fetch();
  return out;
}

SoundReader::SoundReader(const std::string& path, const SoundReadOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {}
SoundReader::~SoundReader() = default;

std::optional<Sound> SoundReader::next() {
  Impl& r = *impl_;
  while (!r.is_ended && r.left > 0) {
    auto samples = r.step();
    int64_t frames = static_cast<int64_t>(samples.size()) / std::max(r.channels, 1);
    int64_t drop = std::min(r.skip, frames), keep = std::min(frames - drop, r.left);
    r.skip -= drop;
    if (keep == 0) continue;
    r.left -= keep;
    samples.resize(static_cast<size_t>((drop + keep) * r.channels));
    samples.erase(samples.begin(), samples.begin() + drop * r.channels);
    clip(samples);
    return Sound{r.options.sample_rate, r.channels, std::move(samples)};
  }
  return std::nullopt;
}

Sound read_sound(const std::string& path, const SoundReadOptions& options, int64_t max_frames) {
  SoundReader reader(path, options);
  Sound sound{.sample_rate = options.sample_rate, .channels = std::max(options.channels, 1)};
  while (auto block = reader.next()) {
    sound.channels = block->channels;
    sound.samples.insert(sound.samples.end(), block->samples.begin(), block->samples.end());
    if (sound.frames() > max_frames)
      throw DataError("{}: its sound is longer than {:.0f} s, too long to be held at once; read a part of it", path,
                      static_cast<double>(max_frames) / options.sample_rate);
  }
  return sound;
}

}  // namespace mg::media
