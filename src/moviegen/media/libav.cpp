#include "moviegen/media/libav.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <vector>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"

namespace mg::media {
namespace {

constexpr int kIoBytes = 64 << 10;
constexpr size_t kMaxAllocation = size_t{768} << 20;  // the largest picture at 64 bits a pixel, and room
constexpr size_t kMaxReasonBytes = 200;
constexpr int64_t kMaxFrameSamples = 4 << 20;  // of one decoded frame of sound; lossless codecs take up to a second

// Containers that hold their own bytes. Playlists and pattern readers (hls, concat, dash, image2, …), which open other
// files, and readers of plain text are left out on purpose.
constexpr char kContainers[] =
    "mov,mp4,matroska,webm,avi,gif,apng,mpegts,mpegtsraw,mpeg,flv,live_flv,asf,ogg,mxf,nut,ivf,dv,rm,wtv,gxf,yuv4mpegpipe,"
    "h261,h263,h264,hevc,m4v,mpegvideo,mjpeg,mjpeg_2000,vc1,av1,obu,cavsvideo,dirac,dnxhd,amv,bink,smk,flic,roq,swf,nsv,"
    "png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,ppm_pipe,pgm_pipe,pbm_pipe,pam_pipe,pfm_pipe,jpegxl_pipe,jpegls_pipe,"
    "j2k_pipe,exr_pipe,hdr_pipe,qoi_pipe,dds_pipe,dpx_pipe,psd_pipe,sgi_pipe,pcx_pipe,gif_pipe,"
    "mp3,wav,flac,aac,w64,aiff,ac3,caf";

thread_local std::string last_line;

void keep_line(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  if (std::vsnprintf(line, sizeof line, format, arguments) > 0) last_line = line;
}

int read_bytes(void* opaque, uint8_t* out, int size) {
  if (process_cancel().cancelled()) return AVERROR_EXIT;
  for (;;) {
    ssize_t got = ::read(*static_cast<int*>(opaque), out, static_cast<size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR) return AVERROR(errno);
  }
}

int64_t seek_bytes(void* opaque, int64_t offset, int whence) {
  int fd = *static_cast<int*>(opaque);
  if (whence & AVSEEK_SIZE) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 ? info.st_size : AVERROR(errno);
  }
  off_t at = ::lseek(fd, offset, whence & ~AVSEEK_FORCE);
  return at < 0 ? AVERROR(errno) : at;
}

int refuse_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EPERM); }

bool is_matroska(const AVFormatContext& format) {
  std::string_view name = format.oformat->name;
  return name == "matroska" || name == "webm";
}

// Matroska wants the priming of Opus counted in the times it stores, and says beside them how long it is. libav's muxer
// says it but does not count it; left alone it moves the other streams instead, and the sound comes early by the priming.
void count_priming(const AVStream& stream, AVPacket& packet) {
  const AVCodecParameters& codec = *stream.codecpar;
  if (codec.codec_id != AV_CODEC_ID_OPUS || codec.initial_padding <= 0 || codec.sample_rate <= 0) return;
  int64_t priming = av_rescale_q(codec.initial_padding, {1, codec.sample_rate}, stream.time_base);
  packet.pts += priming;
  packet.dts += priming;
}

}  // namespace

void prepare_libav() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_callback(keep_line);
    av_max_alloc(kMaxAllocation);
  });
  last_line.clear();
}

std::string libav_reason(int code) {
  char name[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, name, sizeof name);
  std::string text = name;
  if (!last_line.empty()) text += " (" + last_line.substr(0, kMaxReasonBytes) + ")";
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  std::replace_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

void limit_decoder(AVDictionary** options) {
  av_dict_set_int(options, "max_pixels", kMaxPixels, 0);
  av_dict_set_int(options, "max_samples", kMaxFrameSamples, 0);
  av_dict_set_int(options, "threads", 1, 0);
}

Owned<AVFrame> new_frame() {
  Owned<AVFrame> frame(av_frame_alloc());
  if (!frame) throw ResourceError("out of memory for a frame");
  return frame;
}

Owned<AVPacket> new_packet() {
  Owned<AVPacket> packet(av_packet_alloc());
  if (!packet) throw ResourceError("out of memory for a packet");
  return packet;
}

Owned<AVFrame> new_picture(int width, int height, AVPixelFormat format) {
  auto frame = new_frame();
  frame->width = width;
  frame->height = height;
  frame->format = format;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw ResourceError("out of memory for a picture of {} × {}", width, height);
  return frame;
}

InputFile::InputFile(const std::string& path) : path_(path) {
  prepare_libav();
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // does not wait on a pipe
  if (fd_ < 0) throw NotFound("{}: {}", path, std::strerror(errno));
  try {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) throw DataError("{}: {}", path, std::strerror(errno));
    if (!S_ISREG(info.st_mode)) throw DataError("{}: expected a media file, got a folder or device", path);
    if (info.st_size == 0) throw DataError("{}: the file is empty, expected a film, picture or sound", path);
    size_ = info.st_size;
    auto* buffer = static_cast<uint8_t*>(av_malloc(kIoBytes));
    io_ = buffer ? avio_alloc_context(buffer, kIoBytes, 0, &fd_, read_bytes, nullptr, seek_bytes) : nullptr;
    format_ = avformat_alloc_context();
    if (!io_ || !format_) throw ResourceError("{}: out of memory", path);
    format_->pb = io_;
    format_->io_open = refuse_open;
    Options options;
    options.set("format_whitelist", kContainers);
    options.set("protocol_whitelist", "none");
    options.set("max_streams", "64");
    int code = avformat_open_input(&format_, "", nullptr, options.get());  // frees format_ on failure
    if (code < 0) {
      process_cancel().throw_if_cancelled();
      throw DataError("{}: not a film, picture or sound we can read: {}", path, libav_reason(code));
    }
  } catch (...) {
    close();
    throw;
  }
}

InputFile::~InputFile() { close(); }

void InputFile::find_streams() {
  std::vector<AVDictionary*> limits(format_->nb_streams);
  for (AVDictionary*& dictionary : limits) limit_decoder(&dictionary);
  int code = avformat_find_stream_info(format_, limits.empty() ? nullptr : limits.data());
  for (AVDictionary*& dictionary : limits) av_dict_free(&dictionary);
  process_cancel().throw_if_cancelled();
  if (code < 0) throw DataError("{}: its streams cannot be read: {}", path_, libav_reason(code));
}

void InputFile::close() {
  avformat_close_input(&format_);
  if (io_) av_freep(&io_->buffer);
  avio_context_free(&io_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool InputFile::is_cut_off(AVStream* stream) const {
  int entries = avformat_index_get_entries_count(stream);
  const AVIndexEntry* last = entries > 0 ? avformat_index_get_entry(stream, entries - 1) : nullptr;
  return last && last->pos > size_ - last->size;
}

OutputFile::OutputFile(const std::string& path, const char* format) : path_(path), temporary_(temporary_for(path)) {
  prepare_libav();
  int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) throw ResourceError("{}: could not be written: {}", path_, std::strerror(errno));
  ::close(fd);
  std::string url = "file:" + temporary_;  // a name with a colon is no protocol
  int code = avformat_alloc_output_context2(&format_, nullptr, format, url.c_str());
  if (code >= 0) code = avio_open(&format_->pb, url.c_str(), AVIO_FLAG_WRITE);
  if (code >= 0) return;
  avformat_free_context(format_);
  format_ = nullptr;
  ::unlink(temporary_.c_str());
  fail(code);
}

OutputFile::~OutputFile() {
  if (format_) avio_closep(&format_->pb);
  avformat_free_context(format_);
  if (!is_committed_) ::unlink(temporary_.c_str());
}

void OutputFile::fail(int code) const {
  if (code == AVERROR_INVALIDDATA || code == AVERROR(EINVAL) || code == AVERROR_PATCHWELCOME)
    throw DataError("{}: the {} container cannot hold this: {}", path_, format_ ? format_->oformat->name : "", libav_reason(code));
  throw ResourceError("{}: could not be written: {}", path_, libav_reason(code));
}

void OutputFile::write_header(Options& options) {
  if (is_matroska(*format_)) format_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  int code = avformat_write_header(format_, options.get());
  if (code < 0) fail(code);
}

void OutputFile::write(AVPacket& packet) {
  if (is_matroska(*format_)) count_priming(*format_->streams[packet.stream_index], packet);
  int code = av_interleaved_write_frame(format_, &packet);
  if (code >= 0) code = format_->pb->error;
  if (code < 0) fail(code);
}

void OutputFile::commit() {
  int code = av_write_trailer(format_);
  if (code >= 0) code = format_->pb->error;
  int closed = avio_closep(&format_->pb);
  if (code >= 0) code = closed;
  if (code < 0) fail(code);
  is_committed_ = true;  // from here commit_file removes the temporary itself
  commit_file(temporary_, path_);
}

}  // namespace mg::media
