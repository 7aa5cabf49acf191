// SoundWriter and write_sound: a sound file of its own.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "moviegen/core/error.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/sound_encoder.h"

namespace mg::media {
namespace {

struct FileKind {
  const char *ending, *container, *encoder;
};
constexpr FileKind kKinds[] = {{".wav", "wav", "pcm_s16le"}, {".flac", "flac", "flac"},    {".m4a", "ipod", "aac"},
                               {".mp4", "mp4", "aac"},       {".ogg", "ogg", "libvorbis"}, {".opus", "opus", "libopus"}};

const FileKind& kind_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const FileKind& kind : kKinds)
    if (ending == kind.ending) return kind;
  throw UsageError("{}: a sound file must end in .wav, .flac, .m4a, .mp4, .ogg or .opus", path);
}

SoundEncoder::Settings settings_of(const std::string& path, const SoundWriteOptions& o) {
  bool is_wav = std::string_view(kind_of(path).container) == "wav";
  if (o.float_samples && !is_wav) throw UsageError("{}: only .wav can hold float samples", path);
  return {.encoder = o.float_samples ? "pcm_f32le" : kind_of(path).encoder,
          .sample_rate = o.sample_rate, .channels = o.channels, .bit_rate = o.bit_rate};
}

}  // namespace

struct SoundWriter::Impl {
  Impl(const std::string& to, const SoundWriteOptions& o)
      : path(to), options(o), file(to, kind_of(to).container), encoder(file, to, settings_of(to, o)) {}

  std::string path;
  SoundWriteOptions options;
  OutputFile file;
  SoundEncoder encoder;
  bool is_finished = false;
};

SoundWriter::SoundWriter(const std::string& path, const SoundWriteOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {
  OutputFile& file = impl_->file;
  file->flags |= AVFMT_FLAG_BITEXACT;
  bool is_wav = std::string_view(file->oformat->name) == "wav";
  const std::string& comment = is_wav && !options.generation.empty() ? options.generation : options.comment;
  if (!options.generation.empty() && !is_wav) av_dict_set(&file->metadata, "generation", options.generation.c_str(), 0);
  if (!comment.empty()) av_dict_set(&file->metadata, "comment", comment.c_str(), 0);
  Options header;
  if (is_wav) header.set("rf64", "auto");  // over 4 GB
  if (std::string_view(kind_of(path).encoder) == "aac") impl_->encoder.set_mp4_options(header);
  file.write_header(header);
}
SoundWriter::~SoundWriter() = default;

void SoundWriter::write(const Sound& block) {
  Impl& w = *impl_;
  check(!w.is_finished, "{}: sound after the file was finished", w.path);
  if (block.sample_rate != w.options.sample_rate || block.channels != w.options.channels)
    throw UsageError("{}: a block of {} Hz with {} channels, the file has {} Hz with {}", w.path, block.sample_rate,
                     block.channels, w.options.sample_rate, w.options.channels);
  w.encoder.write(block.samples);
}

void SoundWriter::finish() {
  Impl& w = *impl_;
  if (w.is_finished) return;
  w.encoder.finish();
  w.file.commit();
  w.is_finished = true;
}

void write_sound(const std::string& path, const Sound& sound, const SoundWriteOptions& options) {
  SoundWriteOptions own = options;
  own.sample_rate = sound.sample_rate;
  own.channels = sound.channels;
  SoundWriter writer(path, own);
  writer.write(sound);
  writer.finish();
}

}  // namespace mg::media
