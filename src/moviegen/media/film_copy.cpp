#include "moviegen/media/film_copy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"
#include "moviegen/media/frame_stream.h"

namespace mg::media {
namespace {

constexpr double kMaxTime_s = 24 * 3600;  // ours: a time beyond is damage
constexpr double kMaxHold_s = 600;        // ours: so is a picture that stands longer
constexpr unsigned kMaxChapters = 1000;
// What the muxer writes itself, or would be wrong in the copy.
constexpr const char* kOwnTags[] = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"};

void copy_tags(AVDictionary** to, const AVDictionary* from) {
  av_dict_copy(to, from, 0);
  for (const char* tag : kOwnTags) av_dict_set(to, tag, nullptr, 0);
}

bool holds(const OutputFile& out, const AVStream& stream) {
  return avformat_query_codec(out->oformat, stream.codecpar->codec_id, FF_COMPLIANCE_NORMAL) == 1;
}

// Turned or mirrored by a display matrix. libav writes it to MP4 and MOV only.
bool is_turned(const AVStream& stream) {
  static constexpr int32_t kUpright[9] = {1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30};
  size_t size = 0;
  const uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return matrix && size >= sizeof kUpright && std::memcmp(matrix, kUpright, sizeof kUpright) != 0;
}

double seconds(int64_t stamp, const AVStream& stream) { return static_cast<double>(stamp) * av_q2d(stream.time_base); }

}  // namespace

FilmCopy::FilmCopy(const std::string& path) : path_(path), file_(path) {
  if (std::string_view(file_->iformat->name).ends_with("_pipe"))
    throw UsageError("{}: is a still picture and has no length; make it a film first", path_);
  origin_s_ = FrameStream(path).origin_s();  // throws if there is no picture
  file_->flags |= AVFMT_FLAG_GENPTS;
  file_.find_streams();
  int index = av_find_best_stream(file_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  check(index >= 0, "{}: the picture stream is gone", path_);
  picture_ = file_->streams[index];
  copies_.resize(file_->nb_streams);
}

void FilmCopy::add_picture(OutputFile& out, const std::string& ending) {
  if (!holds(out, *picture_))
    throw UsageError("{}: {} cannot hold its picture ({}); save the film as .mkv or encode the picture anew", path_, ending,
                     avcodec_get_name(picture_->codecpar->codec_id));
  if (is_turned(*picture_) && ending != ".mp4" && ending != ".m4v" && ending != ".mov")
    throw UsageError("{}: its picture is turned or mirrored when shown, which {} cannot say; save the film as .mp4 or .mov", path_,
                     ending);
  add(out, *picture_);
}

void FilmCopy::add_sound(OutputFile& out, const std::string& ending) {
  for (unsigned i = 0; i < copies_.size(); ++i) {
    const AVStream& stream = *file_->streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    if (!holds(out, stream))
      throw UsageError("{}: {} cannot hold its sound track ({}); save the film as .mkv or leave the old sound out", path_, ending,
                       avcodec_get_name(stream.codecpar->codec_id));
    add(out, stream);
    copies_[i].to->disposition &= ~AV_DISPOSITION_DEFAULT;  // the new sound is played
  }
}

void FilmCopy::add_subtitles(OutputFile& out, const std::string& ending) {
  for (unsigned i = 0; i < copies_.size(); ++i) {
    const AVStream& stream = *file_->streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_SUBTITLE) continue;
    if (holds(out, stream))
      add(out, stream);
    else
      log_warning(fmt::format("{}: {} subtitles are left out, {} cannot hold them", path_,
                              avcodec_get_name(stream.codecpar->codec_id), ending));
  }
}

void FilmCopy::add(OutputFile& out, const AVStream& from) {
  AVStream* to = avformat_new_stream(out.get(), nullptr);
  if (!to || avcodec_parameters_copy(to->codecpar, from.codecpar) < 0) throw ResourceError("{}: out of memory", path_);
  const AVCodecTag* const* tags = out->oformat->codec_tag;
  bool is_known = tags && av_codec_get_id(tags, from.codecpar->codec_tag) == from.codecpar->codec_id;
  if (!is_known) to->codecpar->codec_tag = 0;  // the container's own name for the codec
  to->time_base = from.time_base;
  to->avg_frame_rate = from.avg_frame_rate;
  to->r_frame_rate = from.r_frame_rate;
  to->sample_aspect_ratio = from.sample_aspect_ratio;
  to->disposition = from.disposition;
  copy_tags(&to->metadata, from.metadata);
  for (int i = 0; i < from.nb_side_data; ++i) {
    const AVPacketSideData& side = from.side_data[i];
    uint8_t* copied = av_stream_new_side_data(to, side.type, side.size);
    if (!copied) throw ResourceError("{}: out of memory", path_);
    std::memcpy(copied, side.data, side.size);
  }
  copies_[static_cast<size_t>(from.index)].to = to;
}

void FilmCopy::add_tags_and_chapters(OutputFile& out) const {
  copy_tags(&out->metadata, file_->metadata);
  unsigned count = std::min(file_->nb_chapters, kMaxChapters);
  if (count == 0) return;
  out->chapters = static_cast<AVChapter**>(av_calloc(count, sizeof(AVChapter*)));  // libav frees them with the file
  if (!out->chapters) throw ResourceError("{}: out of memory", path_);
  for (unsigned i = 0; i < count; ++i) {
    const AVChapter& from = *file_->chapters[i];
    if (from.time_base.num <= 0 || from.time_base.den <= 0) continue;
    double tick = av_q2d(from.time_base), start = static_cast<double>(from.start) - origin_s_ / tick;
    double end = static_cast<double>(from.end) - origin_s_ / tick;
    if (!(end > 0 && end >= start && end * tick <= kMaxTime_s)) continue;
    auto* to = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (!to) throw ResourceError("{}: out of memory", path_);
    to->id = from.id;
    to->time_base = from.time_base;
    to->start = std::llround(std::max(start, 0.0));
    to->end = std::llround(end);
    av_dict_copy(&to->metadata, from.metadata, 0);
    out->chapters[out->nb_chapters++] = to;
  }
}

void FilmCopy::copy_until(OutputFile& out, double time_s) {
  while (!is_ended_ && end_s_ < time_s) {
    av_packet_unref(packet_.get());
    int code = av_read_frame(file_.get(), packet_.get());
    process_cancel().throw_if_cancelled();
    if (code == AVERROR_EOF && !file_.is_cut_off(picture_)) {
      is_ended_ = true;
    } else if (code < 0) {
      throw DataError("{}: cannot be copied beyond {:.2f} s: {}", path_, end_s_,
                      code == AVERROR_EOF ? "the file is cut off" : libav_reason(code));
    } else {
      copy(out);
    }
  }
}

void FilmCopy::copy(OutputFile& out) {
  auto index = static_cast<size_t>(packet_->stream_index);
  if (index >= copies_.size() || !copies_[index].to || packet_->size == 0) return;  // streams may appear late
  if (packet_->flags & AV_PKT_FLAG_CORRUPT)
    throw DataError("{}: cannot be copied beyond {:.2f} s: the file is cut off or damaged", path_, end_s_);
  const AVStream& from = *file_->streams[index];
  Copied& copied = copies_[index];
  set_times(from, copied);
  if (&from == picture_) extend_end(from);
  av_packet_rescale_ts(packet_.get(), from.time_base, copied.to->time_base);
  packet_->stream_index = copied.to->index;
  packet_->pos = -1;
  out.write(*packet_);
}

// When to decode a packet that does not say, on the input's clock. Matroska leaves it out for the first pictures, which wait
// for those that are decoded before they are shown.
int64_t FilmCopy::missing_dts(const AVStream& from, const Copied& copied) const {
  int64_t hold = std::clamp<int64_t>(packet_->duration, 1, INT32_MAX);
  if (copied.last_dts == AV_NOPTS_VALUE) return packet_->pts - from.codecpar->video_delay * hold;
  return copied.last_dts + shift_of(from) + hold;
}

int64_t FilmCopy::shift_of(const AVStream& from) const { return std::llround(origin_s_ / av_q2d(from.time_base)); }

// Moves the packet to the copy's clock. Shown times are never changed beyond that; decoding times, which many containers do
// not store, are made to rise.
void FilmCopy::set_times(const AVStream& from, Copied& copied) {
  AVPacket& packet = *packet_;
  if (packet.pts == AV_NOPTS_VALUE) packet.pts = packet.dts;
  if (packet.pts == AV_NOPTS_VALUE) throw DataError("{}: a packet after {:.2f} s says no time", path_, end_s_);
  int64_t dts = packet.dts == AV_NOPTS_VALUE ? missing_dts(from, copied) : packet.dts;
  if (!(std::abs(seconds(packet.pts, from) - origin_s_) <= kMaxTime_s && std::abs(seconds(dts, from) - origin_s_) <= kMaxTime_s))
    throw DataError("{}: a packet after {:.2f} s says a time of {} s", path_, end_s_, seconds(packet.pts, from));
  int64_t shift = shift_of(from);
  packet.pts -= shift;
  bool is_first = copied.last_dts == AV_NOPTS_VALUE;
  packet.dts = std::min(is_first ? dts - shift : std::max(dts - shift, copied.last_dts + 1), packet.pts);
  if (!is_first && packet.dts <= copied.last_dts)
    throw DataError("{}: the times of its packets go backwards at {:.2f} s", path_, seconds(packet.pts, from));
  copied.last_dts = packet.dts;
}

void FilmCopy::extend_end(const AVStream& from) {
  if (packet_->flags & AV_PKT_FLAG_DISCARD) return;  // decoded, not shown
  double start = seconds(packet_->pts, from), hold = seconds(packet_->duration, from);
  if (hold <= 0) hold = from.avg_frame_rate.num > 0 && from.avg_frame_rate.den > 0 ? 1 / av_q2d(from.avg_frame_rate) : 0;
  if (start - last_s_ > kMaxHold_s || hold > kMaxHold_s)
    throw DataError("{}: the picture at {:.2f} s stands for more than {} s", path_, last_s_, kMaxHold_s);
  last_s_ = std::max(last_s_, start);
  end_s_ = std::max(end_s_, start + hold);
}

}  // namespace mg::media
