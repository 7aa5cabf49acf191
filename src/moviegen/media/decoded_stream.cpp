#include "moviegen/media/decoded_stream.h"

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"

namespace mg::media {
namespace {

constexpr int64_t kMaxBlindPackets = 1000;  // ours: a stream that gives nothing for so long is damage

}  // namespace

DecodedStream::DecodedStream(const std::string& path, const char* what, const Choose& choose)
    : path_(path), what_(what), file_(path) {
  file_.find_streams();
  stream_ = choose(file_.get(), path_);
  for (unsigned i = 0; i < file_->nb_streams; ++i)
    if (file_->streams[i] != stream_) file_->streams[i]->discard = AVDISCARD_ALL;
  open_decoder();
  if (next()) return;
  process_cancel().throw_if_cancelled();
  throw DataError("{}: no {} could be decoded: {}", path_, what_, reason_.empty() ? "the file ends first" : reason_);
}

void DecodedStream::open_decoder() {
  AVCodecParameters& parameters = *stream_->codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (!decoder) throw DataError("{}: no decoder for {}", path_, avcodec_get_name(parameters.codec_id));
  codec_.reset(avcodec_alloc_context3(decoder));
  if (!codec_) throw ResourceError("{}: out of memory", path_);
  int code = avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->pkt_timebase = stream_->time_base;
  Options options;
  limit_decoder(options.get());
  if (code >= 0) code = avcodec_open2(codec_.get(), decoder, options.get());
  if (code < 0) throw DataError("{}: {} cannot be decoded: {}", path_, decoder->name, libav_reason(code));
}

bool DecodedStream::next() {
  while (!is_ended_) {
    int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code == 0) {
      bool is_damaged = frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT);
      if (!is_damaged) {
        if (frame_->best_effort_timestamp != AV_NOPTS_VALUE) last_stamp_ = frame_->best_effort_timestamp;
        return has_first_ = true;
      }
      end_after_damage(fmt::format("a {} is damaged", what_));
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

bool DecodedStream::seek(int64_t stamp) {
  if (avformat_seek_file(file_.get(), stream_->index, INT64_MIN, stamp, stamp, 0) < 0) return false;
  avcodec_flush_buffers(codec_.get());
  packets_ = 0;
  has_first_ = is_draining_ = is_ended_ = false;
  return true;
}

// Gives the decoder the next packet of the stream, or tells it that there are no more.
void DecodedStream::feed() {
  av_packet_unref(packet_.get());
  int code = av_read_frame(file_.get(), packet_.get());
  process_cancel().throw_if_cancelled();
  if (code < 0) {
    bool is_cut = file_.is_cut_off(stream_);
    if (code != AVERROR_EOF || is_cut) end_after_damage(is_cut ? "the file is cut off" : libav_reason(code));
    if (!is_draining_) avcodec_send_packet(codec_.get(), nullptr);
    is_draining_ = true;
    return;
  }
  if (packet_->stream_index != stream_->index) return;
  if (!has_first_ && ++packets_ > kMaxBlindPackets)
    throw DataError("{}: no {} in the first {} packets: {}", path_, what_, kMaxBlindPackets, reason_);
  if (packet_->flags & AV_PKT_FLAG_CORRUPT) return end_after_damage("the file is cut off or damaged");
  code = avcodec_send_packet(codec_.get(), packet_.get());
  if (code < 0) end_after_damage(libav_reason(code));
}

void DecodedStream::end_after_damage(const std::string& what) {
  if (!has_first_) {
    if (reason_.empty()) reason_ = what;
    return;
  }
  if (is_draining_) return;
  double time_s = static_cast<double>(last_stamp_) * av_q2d(stream_->time_base);
  log_warning(fmt::format("{}: the last {} is that of {:.2f} s: {}", path_, what_, time_s, what));
  avcodec_send_packet(codec_.get(), nullptr);
  is_draining_ = true;
}

}  // namespace mg::media
