#include "moviegen/media/sound_stream.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/frame_stream.h"
#include "moviegen/media/resampler.h"
#include "moviegen/media/sound.h"

namespace mg::media {
namespace {

constexpr int kMaxChannels = 64;

std::vector<AVStream*> tracks_of(AVFormatContext* file) {
  std::vector<AVStream*> tracks;
  for (unsigned i = 0; i < file->nb_streams; ++i)
    if (file->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) tracks.push_back(file->streams[i]);
  return tracks;
}

AVStream* choose_track(AVFormatContext* file, const std::string& path, int track) {
  auto tracks = tracks_of(file);
  if (tracks.empty()) throw NotFound("{}: has no sound track", path);
  if (track < 0 || static_cast<size_t>(track) >= tracks.size())
    throw NotFound("{}: has {} sound track{}, number {} (from 0) was asked for", path, tracks.size(),
                   tracks.size() == 1 ? "" : "s", track);
  return tracks[static_cast<size_t>(track)];
}

double seconds(int64_t stamp, const AVStream* stream) { return static_cast<double>(stamp) * av_q2d(stream->time_base); }

// When the first picture of a film is shown, on the file's clock; nothing if there is no film (cover art is none).
std::optional<double> first_picture_s(AVFormatContext* file, const std::string& path) {
  int index = av_find_best_stream(file, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || (file->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC)) return std::nullopt;
  try {
    return FrameStream(path).origin_s();
  } catch (const DataError&) {  // damaged pictures do not keep the sound from being heard
    const AVStream* stream = file->streams[index];
    if (stream->start_time == AV_NOPTS_VALUE) return std::nullopt;
    return seconds(stream->start_time, stream);
  }
}

}  // namespace

std::vector<SoundTrackInfo> sound_tracks(const std::string& path) {
  InputFile file(path);
  file.find_streams();
  std::vector<SoundTrackInfo> list;
  for (const AVStream* stream : tracks_of(file.get())) {
    SoundTrackInfo info;
    info.sample_rate = stream->codecpar->sample_rate;
    info.channels = stream->codecpar->ch_layout.nb_channels;
    if (stream->duration > 0)
      info.duration_s = seconds(stream->duration, stream);
    else if (file->duration > 0)
      info.duration_s = static_cast<double>(file->duration) / AV_TIME_BASE;
    info.codec = avcodec_get_name(stream->codecpar->codec_id);
    const AVDictionaryEntry* language = av_dict_get(stream->metadata, "language", nullptr, 0);
    if (language && std::string(language->value) != "und") info.language = language->value;
    list.push_back(info);
  }
  return list;
}

SoundStream::SoundStream(const std::string& path, int track)
    : path_(path), decoded_(path, "sound", [track](AVFormatContext* file, const std::string& name) {
        return choose_track(file, name, track);
      }) {
  first_sample_rate_ = decoded_.frame().sample_rate;
  has_exact_times_ = tick_s() * first_sample_rate_ <= 1;
  auto picture = first_picture_s(decoded_.file(), path);
  origin_s_ = picture ? *picture : chunk().time_s.value_or(0);
}

bool SoundStream::seek(double time_s) {
  is_fresh_ = false;
  return decoded_.seek(static_cast<int64_t>(std::floor(time_s / tick_s())));
}

std::optional<SoundChunk> SoundStream::next() {
  if (!is_fresh_ && !decoded_.next()) return std::nullopt;
  is_fresh_ = false;
  return chunk();
}

// The current frame as interleaved float. The frame may differ in kind from those before it.
SoundChunk SoundStream::chunk() {
  const AVFrame& frame = decoded_.frame();
  if (!converter_ || frame.format != format_ || frame.sample_rate != sample_rate_ || frame.ch_layout.nb_channels != channels_)
    open_converter(frame);
  SoundChunk chunk;
  chunk.sample_rate = frame.sample_rate;
  chunk.channels = std::min(frame.ch_layout.nb_channels, 2);
  chunk.samples.resize(static_cast<size_t>(frame.nb_samples) * static_cast<size_t>(chunk.channels));
  auto* out = reinterpret_cast<uint8_t*>(chunk.samples.data());
  int made = swr_convert(converter_.get(), &out, frame.nb_samples, const_cast<const uint8_t**>(frame.extended_data), frame.nb_samples);
  if (made != frame.nb_samples) throw DataError("{}: its sound cannot be converted: {}", path_, libav_reason(made));
  for (float& sample : chunk.samples)
    if (!std::isfinite(sample)) sample = 0;
  if (frame.best_effort_timestamp != AV_NOPTS_VALUE) chunk.time_s = seconds(frame.best_effort_timestamp, decoded_.stream());
  if (frame.pkt_duration > 0)
    chunk.stated = std::llround(std::min(seconds(frame.pkt_duration, decoded_.stream()), 60.0) * frame.sample_rate);
  return chunk;
}

void SoundStream::open_converter(const AVFrame& frame) {
  int channels = frame.ch_layout.nb_channels;
  if (frame.sample_rate < kMinSampleRate || frame.sample_rate > kMaxSampleRate || channels < 1 || channels > kMaxChannels)
    throw DataError("{}: sound of {} Hz with {} channels; expected {} to {} Hz and 1 to {} channels", path_, frame.sample_rate,
                    channels, kMinSampleRate, kMaxSampleRate, kMaxChannels);
  AVChannelLayout from{}, to{};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
    av_channel_layout_default(&from, channels);
  else if (av_channel_layout_copy(&from, &frame.ch_layout) < 0)
    throw ResourceError("{}: out of memory", path_);
  av_channel_layout_default(&to, std::min(channels, 2));
  format_ = static_cast<AVSampleFormat>(frame.format);
  sample_rate_ = frame.sample_rate;
  channels_ = channels;
  // One and two channels stay as they are, whatever they are called; only more are mixed.
  AVChannelLayout& source = channels > 2 ? from : to;
  SwrContext* converter = nullptr;
  int code = swr_alloc_set_opts2(&converter, &to, AV_SAMPLE_FMT_FLT, sample_rate_, &source, format_, sample_rate_, 0, nullptr);
  converter_.reset(converter);
  if (code >= 0) code = av_opt_set_double(converter, "rematrix_maxval", 1, 0);  // a loud mix stays within ±1
  if (code >= 0) code = swr_init(converter);
  av_channel_layout_uninit(&from);
  if (code < 0)
    throw DataError("{}: its {} channels cannot be mixed down to {}: {}", path_, channels, std::min(channels, 2), libav_reason(code));
}

}  // namespace mg::media
