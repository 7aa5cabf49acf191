#include "moviegen/media/frame_stream.h"

#include <cctype>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"

namespace mg::media {
namespace {

constexpr int64_t kMaxBlindPackets = 1000;  // ours: a film that shows nothing for so long is damage
constexpr double kUnknownStep_s = 1.0 / 25;

// The limits every decoder gets, also those libav opens itself to look at the streams.
void limit(AVDictionary** options) {
  av_dict_set_int(options, "max_pixels", kMaxPixels, 0);
  av_dict_set_int(options, "threads", 1, 0);
}

void find_streams(AVFormatContext* format, const std::string& path) {
  std::vector<AVDictionary*> limits(format->nb_streams);
  for (AVDictionary*& dictionary : limits) limit(&dictionary);
  int code = avformat_find_stream_info(format, limits.empty() ? nullptr : limits.data());
  for (AVDictionary*& dictionary : limits) av_dict_free(&dictionary);
  process_cancel().throw_if_cancelled();
  if (code < 0) throw DataError("{}: its streams cannot be read: {}", path, libav_reason(code));
}

AVStream* picture_stream(AVFormatContext* format, const std::string& path) {
  int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || (format->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC))
    throw DataError("{}: holds no film or picture (container {})", path, format->iformat->name);
  for (unsigned i = 0; i < format->nb_streams; ++i)
    if (static_cast<int>(i) != index) format->streams[i]->discard = AVDISCARD_ALL;
  return format->streams[index];
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

FrameStream::FrameStream(const std::string& path) : path_(path), file_(path) {
  find_streams(file_.get(), path_);
  stream_ = picture_stream(file_.get(), path_);
  open_decoder();
  if (!decode()) {
    process_cancel().throw_if_cancelled();
    throw DataError("{}: no picture could be decoded: {}", path_, reason_.empty() ? "the file ends first" : reason_);
  }
  has_first_ = true;
  describe();
  set_time();
}

void FrameStream::open_decoder() {
  AVCodecParameters& parameters = *stream_->codecpar;
  if (parameters.width > 0 && parameters.height > 0) check_picture_size(parameters.width, parameters.height, path_);
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (!decoder) throw DataError("{}: no decoder for {}", path_, avcodec_get_name(parameters.codec_id));
  codec_.reset(avcodec_alloc_context3(decoder));
  if (!codec_) throw ResourceError("{}: out of memory", path_);
  int code = avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->pkt_timebase = stream_->time_base;
  Options options;
  limit(options.get());
  if (code >= 0) code = avcodec_open2(codec_.get(), decoder, options.get());
  if (code < 0) throw DataError("{}: {} cannot be decoded: {}", path_, decoder->name, libav_reason(code));
}

void FrameStream::describe() {
  shown_ = presentation_of(*frame_, file_.get(), stream_, path_);
  info_.width = shown_.is_turned() ? shown_.height : shown_.width;
  info_.height = shown_.is_turned() ? shown_.width : shown_.height;
  AVRational rate = stream_->avg_frame_rate.num > 0 && stream_->avg_frame_rate.den > 0 ? stream_->avg_frame_rate : stream_->r_frame_rate;
  if (rate.num > 0 && rate.den > 0) info_.frame_rate = av_q2d(rate);
  if (stream_->duration > 0)
    info_.duration_s = static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
  else if (file_->duration > 0)
    info_.duration_s = static_cast<double>(file_->duration) / AV_TIME_BASE;
  for (unsigned i = 0; i < file_->nb_streams; ++i)
    if (file_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) info_.has_audio = true;
  info_.container = file_->iformat->name;
  info_.codec = avcodec_get_name(stream_->codecpar->codec_id);
  if (const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame_->format))) info_.pixel_format = name;
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(file_->metadata, "", tag, AV_DICT_IGNORE_SUFFIX))) info_.tags[lower(tag->key)] = tag->value;
}

void FrameStream::set_time() {
  double tick = av_q2d(stream_->time_base);
  double step = frame_->pkt_duration > 0 ? static_cast<double>(frame_->pkt_duration) * tick
                : info_.frame_rate > 0   ? 1 / info_.frame_rate
                                         : kUnknownStep_s;
  int64_t stamp = frame_->best_effort_timestamp;
  bool is_first = !origin_;
  double expected = is_first ? 0 : time_s_ + step_s_;
  step_s_ = step;
  if (stamp == AV_NOPTS_VALUE) {
    if (is_first) origin_ = 0;
    time_s_ = expected;
    return;
  }
  if (is_first) origin_ = stamp;
  double time = (static_cast<double>(stamp) - static_cast<double>(*origin_)) * tick;
  time_s_ = is_first || time > time_s_ ? time : expected;  // stamps that stand still or go back are damage
}

bool FrameStream::advance() {
  if (!decode()) return false;
  set_time();
  return true;
}

Owned<AVFrame> FrameStream::frame() const {
  Owned<AVFrame> kept(av_frame_clone(frame_.get()));
  if (!kept) throw ResourceError("{}: out of memory", path_);
  return kept;
}

bool FrameStream::decode() {
  while (!is_ended_) {
    int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code == 0) {
      bool is_damaged = frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT);
      if (!is_damaged) return true;
      end_after_damage("a picture is damaged");
    } else if (code == AVERROR(EAGAIN) && !is_draining_) {
      feed();
    } else if (code == AVERROR_EOF || is_draining_) {
      is_ended_ = true;
    } else {
      end_after_damage(libav_reason(code));
      if (!is_draining_) feed();  // a decoder that fails again without new bytes must not hold us here
    }
  }
  return false;
}

// Gives the decoder the next packet of the stream, or tells it that there are no more.
void FrameStream::feed() {
  av_packet_unref(packet_.get());
  int code = av_read_frame(file_.get(), packet_.get());
  process_cancel().throw_if_cancelled();
  if (code < 0) {
    int entries = avformat_index_get_entries_count(stream_);
    const AVIndexEntry* last = entries > 0 ? avformat_index_get_entry(stream_, entries - 1) : nullptr;
    bool is_cut = last && last->pos > file_.size_bytes() - last->size;
    if (code != AVERROR_EOF || is_cut) end_after_damage(is_cut ? "the file is cut off" : libav_reason(code));
    if (!is_draining_) avcodec_send_packet(codec_.get(), nullptr);
    is_draining_ = true;
    return;
  }
  if (packet_->stream_index != stream_->index) return;
  if (!has_first_ && ++packets_ > kMaxBlindPackets)
    throw DataError("{}: no picture in the first {} packets: {}", path_, kMaxBlindPackets, reason_);
  if (packet_->flags & AV_PKT_FLAG_CORRUPT) return end_after_damage("the file is cut off or damaged");
  code = avcodec_send_packet(codec_.get(), packet_.get());
  if (code < 0) end_after_damage(libav_reason(code));
}

// Before the first frame damage is skipped (recordings may start in the middle of a group of pictures) but remembered;
// after it the stream ends with what the decoder still holds.
void FrameStream::end_after_damage(const std::string& what) {
  if (!has_first_) {
    if (reason_.empty()) reason_ = what;
    return;
  }
  if (is_draining_) return;
  log_warning(fmt::format("{}: ends at {:.2f} s: {}", path_, time_s_, what));
  avcodec_send_packet(codec_.get(), nullptr);
  is_draining_ = true;
}

}  // namespace mg::media
