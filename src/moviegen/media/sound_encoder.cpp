#include "moviegen/media/sound_encoder.h"

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::media {
namespace {

constexpr int kAnySize_frames = 4096;       // for encoders that take frames of any size
constexpr int kMinBitRate = 8000, kMaxBitRate = 1000000;
constexpr int kMaxBitsPerSample = 4;        // ours: lossy encoders refuse or waste more

// The kind of sample to give an encoder: the widest it takes of those we write.
AVSampleFormat sample_format(const AVCodec& encoder) {
  for (AVSampleFormat wanted : {AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_S16})
    for (const AVSampleFormat* has = encoder.sample_fmts; has && *has != AV_SAMPLE_FMT_NONE; ++has)
      if (*has == wanted) return wanted;
  throw InternalError(fmt::format("encoder {} takes no kind of sample that we write", encoder.name));
}

// The rate itself, or the next higher one the encoder knows, or its highest.
int sample_rate_of(const AVCodec& encoder, int rate) {
  if (!encoder.supported_samplerates) return rate;
  int above = 0, highest = 0;
  for (const int* has = encoder.supported_samplerates; *has; ++has) {
    if (*has >= rate && (above == 0 || *has < above)) above = *has;
    highest = std::max(highest, *has);
  }
  return above ? above : highest;
}

// x in [−1, 1] as a whole number of `bits` bits; the inverse of what decoders do.
int32_t quantize(float x, int bits) {
  double scale = std::ldexp(1.0, bits - 1);
  return static_cast<int32_t>(std::lround(std::min(x * scale, scale - 1)));
}

void fill(AVFrame& frame, const float* samples, int channels) {
  auto count = static_cast<size_t>(frame.nb_samples) * static_cast<size_t>(channels);
  switch (frame.format) {
    case AV_SAMPLE_FMT_FLTP:
      for (int c = 0; c < channels; ++c) {
        auto* to = reinterpret_cast<float*>(frame.extended_data[c]);
        for (int i = 0; i < frame.nb_samples; ++i) to[i] = samples[i * channels + c];
      }
      break;
    case AV_SAMPLE_FMT_FLT: std::copy_n(samples, count, reinterpret_cast<float*>(frame.data[0])); break;
    case AV_SAMPLE_FMT_S32:  // 24 bits, at the top
      for (size_t i = 0; i < count; ++i) reinterpret_cast<int32_t*>(frame.data[0])[i] = quantize(samples[i], 24) * 256;
      break;
    default:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<int16_t*>(frame.data[0])[i] = static_cast<int16_t>(quantize(samples[i], 16));
  }
}

}  // namespace

SoundEncoder::SoundEncoder(OutputFile& file, const std::string& path, const Settings& settings) : file_(file), path_(path) {
  check_sound_format(path, settings.sample_rate, settings.channels);
  if (settings.bit_rate < kMinBitRate || settings.bit_rate > kMaxBitRate)
    throw UsageError("{}: {} bits a second of sound; expected {} to {}", path, settings.bit_rate, kMinBitRate, kMaxBitRate);
  open(settings);
  stream_ = avformat_new_stream(file_.get(), nullptr);
  if (!stream_ || avcodec_parameters_from_context(stream_->codecpar, codec_.get()) < 0)
    throw ResourceError("{}: out of memory", path_);
  stream_->time_base = codec_->time_base;
  channels_ = settings.channels;
  frame_size_ = codec_->frame_size > 0 ? codec_->frame_size : kAnySize_frames;
  resampler_ = std::make_unique<Resampler>(settings.sample_rate, codec_->sample_rate, channels_);
}

void SoundEncoder::open(const Settings& settings) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(settings.encoder);
  if (!encoder) throw ResourceError("{}: the installed libavcodec has no encoder {}", path_, settings.encoder);
  codec_.reset(avcodec_alloc_context3(encoder));
  if (!codec_) throw ResourceError("{}: out of memory", path_);
  codec_->sample_rate = sample_rate_of(*encoder, settings.sample_rate);
  codec_->time_base = {1, codec_->sample_rate};
  codec_->sample_fmt = sample_format(*encoder);
  if (codec_->sample_fmt == AV_SAMPLE_FMT_S32) codec_->bits_per_raw_sample = 24;
  av_channel_layout_default(&codec_->ch_layout, settings.channels);
  codec_->bit_rate = std::min(settings.bit_rate, kMaxBitsPerSample * codec_->sample_rate * settings.channels);
  codec_->thread_count = 1;
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (file_->oformat->flags & AVFMT_GLOBALHEADER) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  int code = avcodec_open2(codec_.get(), encoder, nullptr);
  if (code < 0)
    throw ResourceError("{}: the sound encoder {} does not start at {} Hz, {} channels and {} bits a second: {}", path_, encoder->name,
                        codec_->sample_rate, settings.channels, codec_->bit_rate, libav_reason(code));
}

void SoundEncoder::set_mp4_options(Options& header) const {
  header.set("movflags", "+faststart+use_metadata_tags");
  header.set("movie_timescale", std::to_string(codec_->sample_rate));
}

void SoundEncoder::write(std::span<const float> samples) {
  auto resampled = resampler_->push(samples);
  waiting_.insert(waiting_.end(), resampled.begin(), resampled.end());
  encode_full_frames();
}

void SoundEncoder::encode_full_frames() {
  size_t step = static_cast<size_t>(frame_size_) * static_cast<size_t>(channels_), at = 0;
  for (; waiting_.size() - at >= step; at += step) encode(waiting_.data() + at, frame_size_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(at));
}

void SoundEncoder::finish() {
  auto rest = resampler_->finish();
  waiting_.insert(waiting_.end(), rest.begin(), rest.end());
  encode_full_frames();
  if (!waiting_.empty()) encode(waiting_.data(), static_cast<int>(waiting_.size()) / channels_);
  waiting_.clear();
  send(nullptr);
}

void SoundEncoder::encode(const float* samples, int frames) {
  std::vector<float> clipped(samples, samples + frames * channels_);
  bool is_number = std::all_of(clipped.begin(), clipped.end(), [](float x) { return std::isfinite(x); });
  check(is_number, "{}: the sound after {:.2f} s holds samples that are not numbers", path_,
        static_cast<double>(frames_) / codec_->sample_rate);
  clip(clipped);
  auto frame = new_frame();
  frame->nb_samples = frames;
  frame->format = codec_->sample_fmt;
  frame->sample_rate = codec_->sample_rate;
  frame->pts = frames_;
  if (av_channel_layout_copy(&frame->ch_layout, &codec_->ch_layout) < 0 || av_frame_get_buffer(frame.get(), 0) < 0)
    throw ResourceError("{}: out of memory", path_);
  fill(*frame, clipped.data(), channels_);
  frames_ += frames;
  send(frame.get());
}

void SoundEncoder::send(const AVFrame* frame) {
  int code = avcodec_send_frame(codec_.get(), frame);
  while (code >= 0) {
    code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    if (code < 0) break;
    packet_->stream_index = stream_->index;
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    file_.write(*packet_);
  }
  throw ResourceError("{}: the sound could not be encoded: {}", path_, libav_reason(code));
}

}  // namespace mg::media
