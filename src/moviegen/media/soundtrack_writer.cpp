// SoundtrackWriter: a film's picture packets copied, with another sound beside them. Sound drives: before a piece of it is
// encoded the pictures are copied up to its end, so neither runs far ahead, memory stays bounded for films of any length,
// and sound beyond the last picture is known to be beyond it.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "moviegen/core/error.h"
#include "moviegen/media/film_copy.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/sound_encoder.h"

namespace mg::media {
namespace {

constexpr int64_t kPiece_frames = 1024;
constexpr double kStep_s = 1;  // of picture copied at once when no sound is left

struct FilmKind {
  const char *ending, *container, *encoder;
};
constexpr FilmKind kKinds[] = {{".mp4", "mp4", "aac"}, {".m4v", "mp4", "aac"}, {".mov", "mov", "aac"},
                               {".mkv", "matroska", "flac"}, {".webm", "webm", "libopus"}};

const FilmKind& kind_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const FilmKind& kind : kKinds)
    if (ending == kind.ending) return kind;
  throw UsageError("{}: a film with sound must end in .mp4, .m4v, .mov, .mkv or .webm", path);
}

}  // namespace

struct SoundtrackWriter::Impl {
  Impl(const std::string& picture_path, const std::string& to, int rate, const SoundtrackOptions& o);
  void put(std::span<const float> samples);
  int64_t picture_frames() const { return std::llround(film.end_s() * sample_rate); }

  std::string path;
  SoundtrackOptions options;
  int sample_rate;
  const FilmKind& kind;
  FilmCopy film;
  OutputFile file;
  std::optional<SoundEncoder> sound;
  int64_t frames = 0;  // of sound so far
  bool is_finished = false;
};

SoundtrackWriter::Impl::Impl(const std::string& picture_path, const std::string& to, int rate, const SoundtrackOptions& o)
    : path(to), options(o), sample_rate(rate), kind(kind_of(to)), film(picture_path), file(to, kind.container) {
  film.add_picture(file, kind.ending);
  sound.emplace(file, path, SoundEncoder::Settings{kind.encoder, rate, o.channels, o.bit_rate});
  sound->stream()->disposition = AV_DISPOSITION_DEFAULT;
  if (o.keep_tracks) film.add_sound(file, kind.ending);
  film.add_subtitles(file, kind.ending);
  film.add_tags_and_chapters(file);
  if (!o.generation.empty()) av_dict_set(&file->metadata, "generation", o.generation.c_str(), 0);
  if (!o.comment.empty()) av_dict_set(&file->metadata, "comment", o.comment.c_str(), 0);
  file->flags |= AVFMT_FLAG_BITEXACT;
  Options header;
  if (std::string_view(kind.encoder) == "aac") sound->set_mp4_options(header);
  file.write_header(header);
}

// Sound in the writer's format; what lies beyond the last picture is dropped.
void SoundtrackWriter::Impl::put(std::span<const float> samples) {
  auto total = static_cast<int64_t>(samples.size()) / options.channels;
  for (int64_t at = 0; at < total;) {
    int64_t piece = std::min(kPiece_frames, total - at);
    film.copy_until(file, static_cast<double>(frames + piece) / sample_rate);
    if (film.is_ended()) piece = std::min(piece, picture_frames() - frames);
    if (piece <= 0) return;
    sound->write(samples.subspan(static_cast<size_t>(at * options.channels), static_cast<size_t>(piece * options.channels)));
    at += piece;
    frames += piece;
  }
}

SoundtrackWriter::SoundtrackWriter(const std::string& picture_path, const std::string& path, int sample_rate,
                                   const SoundtrackOptions& options)
    : impl_(std::make_unique<Impl>(picture_path, path, sample_rate, options)) {}
SoundtrackWriter::~SoundtrackWriter() = default;

void SoundtrackWriter::write(const Sound& block) {
  Impl& w = *impl_;
  check(!w.is_finished, "{}: sound after the film was finished", w.path);
  if (block.sample_rate != w.sample_rate || block.channels != w.options.channels)
    throw UsageError("{}: a block of {} Hz with {} channels, the soundtrack has {} Hz with {}", w.path, block.sample_rate,
                     block.channels, w.sample_rate, w.options.channels);
  w.put(block.samples);
}

void SoundtrackWriter::finish() {
  Impl& w = *impl_;
  if (w.is_finished) return;
  const std::vector<float> silence(static_cast<size_t>(kPiece_frames * w.options.channels));
  do {
    w.film.copy_until(w.file, static_cast<double>(w.frames) / w.sample_rate + kStep_s);
    while (w.frames < w.picture_frames()) {
      int64_t piece = std::min(kPiece_frames, w.picture_frames() - w.frames);
      w.put({silence.data(), static_cast<size_t>(piece * w.options.channels)});
    }
  } while (!w.film.is_ended());
  w.sound->finish();
  w.file.commit();
  w.is_finished = true;
}

void write_soundtrack(const std::string& picture_path, const Sound& sound, const std::string& path, const SoundtrackOptions& options) {
  SoundtrackOptions own = options;
  own.channels = sound.channels;
  SoundtrackWriter writer(picture_path, path, sound.sample_rate, own);
  writer.write(sound);
  writer.finish();
}

}  // namespace mg::media
