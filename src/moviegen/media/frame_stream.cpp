#include "moviegen/media/frame_stream.h"

#include <cctype>

#include "moviegen/core/error.h"

namespace mg::media {
namespace {

constexpr double kUnknownStep_s = 1.0 / 25;

AVStream* choose_picture(AVFormatContext* format, const std::string& path) {
  int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || (format->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC))
    throw DataError("{}: holds no film or picture (container {})", path, format->iformat->name);
  const AVCodecParameters& parameters = *format->streams[index]->codecpar;
  if (parameters.width > 0 && parameters.height > 0) check_picture_size(parameters.width, parameters.height, path);
  return format->streams[index];
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

FrameStream::FrameStream(const std::string& path) : path_(path), decoded_(path, "picture", choose_picture) {
  describe();
  set_time();
}

void FrameStream::describe() {
  AVFormatContext* file = decoded_.file();
  AVStream* stream = decoded_.stream();
  shown_ = presentation_of(decoded_.frame(), file, stream, path_);
  info_.width = shown_.is_turned() ? shown_.height : shown_.width;
  info_.height = shown_.is_turned() ? shown_.width : shown_.height;
  AVRational rate = stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0 ? stream->avg_frame_rate : stream->r_frame_rate;
  if (rate.num > 0 && rate.den > 0) info_.frame_rate = av_q2d(rate);
  if (stream->duration > 0)
    info_.duration_s = static_cast<double>(stream->duration) * av_q2d(stream->time_base);
  else if (file->duration > 0)
    info_.duration_s = static_cast<double>(file->duration) / AV_TIME_BASE;
  for (unsigned i = 0; i < file->nb_streams; ++i)
    if (file->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) info_.has_audio = true;
  info_.container = file->iformat->name;
  info_.codec = avcodec_get_name(stream->codecpar->codec_id);
  if (const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(decoded_.frame().format))) info_.pixel_format = name;
  const AVDictionaryEntry* tag = nullptr;
  while ((tag = av_dict_get(file->metadata, "", tag, AV_DICT_IGNORE_SUFFIX))) info_.tags[lower(tag->key)] = tag->value;
}

void FrameStream::set_time() {
  double tick = tick_s();
  const AVFrame& frame = decoded_.frame();
  double step = frame.pkt_duration > 0 ? static_cast<double>(frame.pkt_duration) * tick
                : info_.frame_rate > 0   ? 1 / info_.frame_rate
                                         : kUnknownStep_s;
  int64_t stamp = frame.best_effort_timestamp;
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
  if (!decoded_.next()) return false;
  set_time();
  return true;
}

Owned<AVFrame> FrameStream::frame() const {
  Owned<AVFrame> kept(av_frame_clone(&decoded_.frame()));
  if (!kept) throw ResourceError("{}: out of memory", path_);
  return kept;
}

}  // namespace mg::media
