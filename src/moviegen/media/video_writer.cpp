// VideoWriter: RGB pictures → H.264 in MP4. The same pictures and options give the same bytes: x264 runs on one
// thread and without the processor-dependent code whose results vary from call to call, and neither times of day nor
// program versions of libavformat are written. The picture conversion is our own (media/picture.h).
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/media/libav.h"
#include "moviegen/media/picture.h"
#include "moviegen/media/video.h"

namespace mg::media {
namespace {

constexpr int kThreads = 1;       // part of the result, so the same on every machine
constexpr double kGop_s = 2;      // seconds between key frames, at most
constexpr double kMaxRate = 1000;

void check_options(const std::string& path, const WriteOptions& o) {
  auto side_ok = [](int side) { return side >= 16 && side <= kMaxSide && side % 2 == 0; };
  if (!side_ok(o.width) || !side_ok(o.height) || int64_t{o.width} * o.height > kMaxPixels)
    throw UsageError("{}: a film of {} × {}; sides must be even and between 16 and {}, with at most {} million pixels", path,
                     o.width, o.height, kMaxSide, kMaxPixels / 1000000);
  if (!(o.fps > 0 && o.fps <= kMaxRate))
    throw UsageError("{}: {} frames a second; expected more than 0 and at most {}", path, o.fps, kMaxRate);
  if (o.crf < 0 || o.crf > 51) throw UsageError("{}: crf {}; expected 0 (lossless) to 51", path, o.crf);
}

// 23.976, 29.97 and 59.94 mean 24000/1001 and so on.
AVRational exact_rate(double fps) {
  double whole = std::round(fps);
  if (whole >= 1 && std::abs(fps - whole) > 1e-6 && std::abs(fps - whole * 1000 / 1001) < 0.005)
    return {static_cast<int>(whole) * 1000, 1001};
  return av_d2q(fps, 100000);
}

Owned<AVCodecContext> open_encoder(const std::string& path, const WriteOptions& o) {
  const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
  if (!encoder) throw ResourceError("{}: the installed libavcodec has no H.264 encoder (libx264)", path);
  Owned<AVCodecContext> codec(avcodec_alloc_context3(encoder));
  if (!codec) throw ResourceError("{}: out of memory", path);
  codec->width = o.width;
  codec->height = o.height;
  codec->pix_fmt = AV_PIX_FMT_YUV420P;
  codec->framerate = exact_rate(o.fps);
  codec->time_base = av_inv_q(codec->framerate);
  codec->sample_aspect_ratio = {1, 1};
  codec->gop_size = std::max(1, static_cast<int>(std::lround(kGop_s * o.fps)));
  codec->thread_count = kThreads;
  codec->flags |= AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_GLOBAL_HEADER;
  codec->color_primaries = AVCOL_PRI_BT709;
  codec->color_trc = AVCOL_TRC_BT709;
  codec->colorspace = AVCOL_SPC_BT709;
  codec->color_range = AVCOL_RANGE_MPEG;
  codec->chroma_sample_location = AVCHROMA_LOC_LEFT;
  Options options;
  options.set("preset", "medium");
  options.set("x264-params", "cpu-independent=1");
  options.set("crf", std::to_string(o.crf));
  options.set("profile", o.crf == 0 ? "high444" : "high");  // High knows no lossless coding
  int code = avcodec_open2(codec.get(), encoder, options.get());
  if (code < 0) throw ResourceError("{}: the H.264 encoder does not start: {}", path, libav_reason(code));
  return codec;
}

}  // namespace

struct VideoWriter::Impl {
  Impl(const std::string& to, const WriteOptions& o);
  void encode(const AVFrame* next);  // nullptr: the end

  std::string path;
  WriteOptions options;
  Owned<AVCodecContext> codec;
  OutputFile file;
  AVStream* stream = nullptr;
  Owned<AVFrame> frame;
  Owned<AVPacket> packet = new_packet();
  int64_t frames = 0;
  bool is_finished = false;
};

VideoWriter::Impl::Impl(const std::string& to, const WriteOptions& o)
    : path(to), options((prepare_libav(), check_options(to, o), o)), codec(open_encoder(to, o)), file(to, "mp4") {
  stream = avformat_new_stream(file.get(), nullptr);
  if (!stream || avcodec_parameters_from_context(stream->codecpar, codec.get()) < 0)
    throw ResourceError("{}: out of memory", path);
  stream->time_base = codec->time_base;
  stream->avg_frame_rate = codec->framerate;
  file->flags |= AVFMT_FLAG_BITEXACT;
  if (!o.generation.empty()) av_dict_set(&file->metadata, "generation", o.generation.c_str(), 0);
  if (!o.comment.empty()) av_dict_set(&file->metadata, "comment", o.comment.c_str(), 0);
  Options header;
  header.set("movflags", "+faststart+use_metadata_tags");
  file.write_header(header);
  frame = new_picture(o.width, o.height, AV_PIX_FMT_YUV420P);
}

void VideoWriter::Impl::encode(const AVFrame* next) {
  int code = avcodec_send_frame(codec.get(), next);
  while (code >= 0) {
    code = avcodec_receive_packet(codec.get(), packet.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    if (code < 0) break;
    packet->duration = 1;  // libx264 leaves it out; without it the last frame would have no length
    packet->stream_index = stream->index;
    av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
    file.write(*packet);
  }
  throw ResourceError("{}: frame {} could not be encoded: {}", path, frames, libav_reason(code));
}

VideoWriter::VideoWriter(const std::string& path, const WriteOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const Image& image) {
  Impl& w = *impl_;
  check(!w.is_finished, "{}: a frame after the film was finished", w.path);
  if (image.width != w.options.width || image.height != w.options.height)
    throw UsageError("{}: frame {} is {} × {}, the film is {} × {}", w.path, w.frames, image.width, image.height,
                     w.options.width, w.options.height);
  if (av_frame_make_writable(w.frame.get()) < 0) throw ResourceError("{}: out of memory", w.path);
  to_yuv420_bt709(image, *w.frame);
  w.frame->pts = w.frames++;
  w.encode(w.frame.get());
}

void VideoWriter::finish() {
  Impl& w = *impl_;
  if (w.is_finished) return;
  if (w.frames == 0) throw UsageError("{}: a film needs at least one frame", w.path);
  w.encode(nullptr);
  w.file.commit();
  w.is_finished = true;
}

void write_video(const std::string& path, const std::vector<Image>& frames, const WriteOptions& options) {
  VideoWriter writer(path, options);
  for (const Image& frame : frames) writer.write(frame);
  writer.finish();
}

}  // namespace mg::media
