#include "moviegen/generate/soundtrack.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/generate/record.h"
#include "moviegen/generate/stages.h"
#include "moviegen/media/limiter.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;
constexpr double kStill_s = 5, kStillFps = 16, kHighestGain_db = 30, kLimiterMargin_db = 0.3;
constexpr int64_t kBlockFrames = 48000;

double from_db(double db) { return std::pow(10, db / 20); }

std::string ending_of(const std::string& path) {
  auto ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool is_one_of(const std::string& ending, std::initializer_list<const char*> list) {
  return std::any_of(list.begin(), list.end(), [&](const char* name) { return ending == name; });
}
bool holds_picture(const std::string& path) { return is_one_of(ending_of(path), {".mp4", ".m4v", ".mov", ".mkv", ".webm"}); }
bool holds_sound_alone(const std::string& path) { return is_one_of(ending_of(path), {".wav", ".flac", ".m4a", ".ogg", ".opus"}); }

std::string beside(const std::string& output, const char* ending) { return temporary_for(output) + ending; }

// What there is to see.
struct Watched {
  double duration_s = 0;
  bool is_still = false;
};

int64_t expected_frames(const media::VideoInfo& info) { return std::max<int64_t>(1, std::llround(info.duration_s * info.frame_rate)); }

Watched watch_film(media::VideoReader& reader, const SoundtrackJob& job, SeenFrames& seen, const Done& done) {
  Watched film;
  int64_t frames = 0;
  double time_s = 0, step_s = 1 / (reader.info().frame_rate > 0 ? reader.info().frame_rate : kStillFps);
  while (auto frame = reader.next()) {
    if (frames++ > 0 && frame->time_s > time_s) step_s = frame->time_s - time_s;
    time_s = frame->time_s;
    seen.add(frame->image, time_s);
    done(std::min(frames, expected_frames(reader.info())));
  }
  film.is_still = frames == 1 && reader.info().duration_s <= step_s;
  film.duration_s = film.is_still ? (job.seconds > 0 ? job.seconds : kStill_s) : time_s + step_s;
  return film;
}

// A still picture as a film of that length, in the nearest even size.
void write_still(const std::string& input, const std::string& path, double duration_s) {
  auto image = media::read_image(input);
  int width = std::max(16, image.width / 2 * 2), height = std::max(16, image.height / 2 * 2);
  if (width != image.width || height != image.height) image = media::resize(image, width, height);
  media::VideoWriter writer(path, {.width = width, .height = height, .fps = kStillFps});
  for (int64_t i = 0; i < std::llround(duration_s * kStillFps); ++i) writer.write(image);
  writer.finish();
}

// The existing sound, mono at the session's rate, that is kept and continued.
media::Sound read_kept(const SoundtrackJob& job, double duration_s, int rate) {
  double end_s = *job.extend_s > 0 ? std::min(*job.extend_s, duration_s) : duration_s;
  return media::read_sound(job.input, {.sample_rate = rate, .channels = 1, .track = job.track, .max_s = end_s});
}

// Reads a file's sound in steps of any size; silence after its end.
class SoundFeed {
 public:
  SoundFeed(const std::string& path, const media::SoundReadOptions& options) : reader_(path, options), channels_(options.channels) {}
  // Adds the next frames, times `gain`, to `out`; returns how many were there.
  int64_t add_to(media::Sound& out, double gain) {
    auto wanted = out.samples.size();
    while (held_.size() - at_ < wanted && !ended_) {
      auto block = reader_.next();
      if (!block) { ended_ = true; break; }
      held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(at_)), at_ = 0;
      held_.insert(held_.end(), block->samples.begin(), block->samples.end());
    }
    auto count = std::min(wanted, held_.size() - at_);
    for (size_t i = 0; i < count; ++i) out.samples[i] += static_cast<float>(gain) * held_[at_ + i];
    at_ += count;
    return static_cast<int64_t>(count) / channels_;
  }

 private:
  media::SoundReader reader_;
  int channels_;
  std::vector<float> held_;
  size_t at_ = 0;
  bool ended_ = false;
};

// Where finished sound goes: into a film or a sound file.
class Sink {
 public:
  Sink(const SoundtrackJob& job, const std::string& picture, int rate, int channels, const std::string& record, const std::string& comment) {
    if (holds_picture(job.output))
      film_.emplace(picture, job.output, rate, media::SoundtrackOptions{.channels = channels, .keep_tracks = job.keep_tracks, .generation = record, .comment = comment});
    else
      sound_.emplace(job.output, media::SoundWriteOptions{.sample_rate = rate, .channels = channels, .generation = record, .comment = comment});
  }
  void write(const media::Sound& block) {
    if (block.samples.empty()) return;
    if (film_) film_->write(block);
    else sound_->write(block);
  }
  void finish() {
    if (film_) film_->finish();
    else sound_->finish();
  }

 private:
  std::optional<media::SoundtrackWriter> film_;
  std::optional<media::SoundWriter> sound_;
};

double gain_for(const media::Loudness& loudness, double lufs) {
  return loudness.integrated_lufs <= -70 ? 1 : from_db(std::min(lufs - loudness.integrated_lufs, kHighestGain_db));
}

// Second pass over the sound that was made: its loudness, the input's sound under or before it, limited peaks.
void master(const SoundtrackJob& job, const std::string& made_path, int64_t frames, double gain, int rate, int channels, Sink& sink, const Done& done) {
  SoundFeed made(made_path, {.sample_rate = rate, .channels = channels});
  std::optional<SoundFeed> given;
  if (job.mix_db || job.extend_s) given.emplace(job.input, media::SoundReadOptions{.sample_rate = rate, .channels = channels, .track = job.track});
  int64_t kept_end = job.extend_s ? (*job.extend_s > 0 ? std::llround(*job.extend_s * rate) : frames) : 0;
  media::Limiter limiter(rate, channels, from_db(kPeak_db - kLimiterMargin_db));
  for (int64_t at = 0; at < frames; at += kBlockFrames) {
    media::Sound block{.sample_rate = rate, .channels = channels};
    block.samples.assign(static_cast<size_t>(std::min(kBlockFrames, frames - at) * channels), 0.0f);
    made.add_to(block, gain);
    if (job.mix_db) given->add_to(block, from_db(*job.mix_db));
    if (at < kept_end) {  // the original, in all its channels, instead of what went through the codec
      auto original = block;
      std::fill(original.samples.begin(), original.samples.end(), 0.0f);
      int64_t count = std::min(given->add_to(original, 1), kept_end - at);
      std::copy_n(original.samples.begin(), count * channels, block.samples.begin());
    }
    sink.write(limiter.push(block));
    done(std::min(frames, at + kBlockFrames));
  }
  sink.write(limiter.finish());
  sink.finish();
}

int channels_of(const SoundtrackJob& job) {
  if (holds_picture(job.output)) return 2;
  if (!job.mix_db && !job.extend_s) return 1;
  auto tracks = media::sound_tracks(job.input);
  return job.track < static_cast<int>(tracks.size()) && tracks[static_cast<size_t>(job.track)].channels > 1 ? 2 : 1;
}

// The input's own record, if it is one of our films, with the sound in it; else one about the sound alone.
Json soundtrack_record(const std::string& input, const SoundReport& report) {
  Json record;
  try {
    record = read_record(input);
  } catch (const Error&) {
    record = {{"schema_version", kRecordSchema}, {"software", {{"name", "moviegen"}, {"version", MG_VERSION}}}};
  }
  record["sound"] = report.record;
  return record;
}

std::string describe_sound(const Json& sound) {
  auto prompt = sound.at("prompt").get<std::string>();
  return fmt::format("sound: {} (made by moviegen {}, seed {})", prompt.empty() ? "no prompt" : prompt, MG_VERSION, sound.at("seed").get<int64_t>());
}

}  // namespace

void SoundtrackJob::check() const {
  sound.check();
  if (!holds_picture(output) && !holds_sound_alone(output))
    throw UsageError("{}: expected a name ending in .mp4, .m4v, .mov, .mkv or .webm, or .wav, .flac, .m4a, .ogg or .opus for the sound alone", output);
  if (mix_db && extend_s) throw UsageError("mix and extend are two uses of the sound that is there; give one of them");
  if (mix_db && !(*mix_db >= -60 && *mix_db <= 12)) throw UsageError("mix: expected a gain of -60 to 12 dB, got {:g}", *mix_db);
  if (extend_s && !(*extend_s >= 0)) throw UsageError("extend: expected seconds of sound to keep, got {:g}", *extend_s);
  if (!(seconds >= 0 && seconds <= 3600)) throw UsageError("seconds: expected 0 to 3600, got {:g}", seconds);
  if (!(loudness_lufs >= -60 && loudness_lufs <= -5)) throw UsageError("loudness: expected -60 to -5 LUFS, got {:g}", loudness_lufs);
  std::error_code error;
  if (fs::equivalent(input, output, error)) throw UsageError("{}: input and output are the same file", output);
}

media::Sound at_loudness(const media::Sound& sound, double loudness_lufs) {
  media::Sound loud = sound;
  double gain = gain_for(media::measure_loudness(sound), loudness_lufs);
  for (float& x : loud.samples) x = static_cast<float>(gain * static_cast<double>(x));
  media::Limiter limiter(sound.sample_rate, sound.channels, from_db(kPeak_db - kLimiterMargin_db));
  auto out = limiter.push(loud);
  auto rest = limiter.finish();
  out.samples.insert(out.samples.end(), rest.samples.begin(), rest.samples.end());
  return out;
}

SoundReport make_soundtrack(SoundSession& session, const SoundtrackJob& job, const Callbacks& callbacks) {
  job.check();
  Stages stages(callbacks);
  SeenFrames seen = session.watch();
  media::VideoReader reader(job.input);
  auto film = stages.run("read film", expected_frames(reader.info()), [&](const Done& done) { return watch_film(reader, job, seen, done); });
  int rate = session.sample_rate(), channels = channels_of(job);
  if (auto folder = fs::path(job.output).parent_path(); !folder.empty()) make_folder(folder.string());

  TemporaryFile made(beside(job.output, ".wav")), still(beside(job.output, ".mp4"));
  media::LoudnessMeter meter(rate, 1);
  SoundInput input{.seen = &seen, .duration_s = film.duration_s};
  if (job.extend_s) input.kept = read_kept(job, film.duration_s, rate);
  media::SoundWriter writer(made.path(), {.sample_rate = rate, .channels = 1, .float_samples = true});
  int64_t frames = 0;
  auto report = session.make(job.sound, input, [&](const media::Sound& block) { writer.write(block), meter.add(block), frames += block.frames(); }, callbacks);
  writer.finish();

  std::string picture = job.input;
  if (film.is_still && holds_picture(job.output)) {
    write_still(job.input, still.path(), film.duration_s);
    picture = still.path();
  }
  // Sound that continues another one keeps its level.
  double gain = job.extend_s ? 1 : gain_for(meter.result(), job.loudness_lufs);
  Sink sink(job, picture, rate, channels, soundtrack_record(job.input, report).dump(), describe_sound(report.record));
  stages.run("write", frames, [&](const Done& done) { master(job, made.path(), frames, gain, rate, channels, sink, done); return true; });
  for (const auto& [stage, seconds] : stages.timings_s()) report.timings_s[stage] += seconds;
  return report;
}

}  // namespace mg::generate
