// libav in owning types, and the rules every use of it here follows: its log is silent (the last line becomes part of our
// errors), and an input is one regular local file that cannot make libav open anything else. Private to this folder.
#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <cstdint>
#include <memory>
#include <string>

namespace mg::media {

inline constexpr int64_t kMaxPixels = 64 << 20;  // of one picture: 8192 × 8192

struct FreeLibav {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(SwrContext* p) const { swr_free(&p); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeLibav>;

Owned<AVFrame> new_frame();
Owned<AVPacket> new_packet();
// A frame with memory for a picture. The sizes are checked by the caller.
Owned<AVFrame> new_picture(int width, int height, AVPixelFormat format);

// A dictionary of options; libav takes out the ones it used.
class Options {
 public:
  Options() = default;
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  void set(const char* key, const std::string& value) { av_dict_set(&dictionary_, key, value.c_str(), 0); }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// Silences libav's log and bounds its allocations; called by everything that uses libav.
void prepare_libav();
// Why the last call failed: the error's name and, if libav logged one, its own line. Printable, one line.
std::string libav_reason(int code);
// The limits every decoder gets, also those libav opens itself to look at the streams.
void limit_decoder(AVDictionary** options);

// An opened container. Throws NotFound, DataError.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  AVFormatContext* get() const { return format_; }
  AVFormatContext* operator->() const { return format_; }
  // Reads as far as it takes to know every stream's codec, format and start. Throws DataError.
  void find_streams();
  // Whether the container's index names bytes beyond the end of the file.
  bool is_cut_off(AVStream* stream) const;

 private:
  void close();
  std::string path_;
  int fd_ = -1;
  int64_t size_ = 0;
  AVIOContext* io_ = nullptr;
  AVFormatContext* format_ = nullptr;
};

// A container being written to `temporary`, which exists until commit() renames it to `path`. Throws
// ResourceError; DataError for packets that the container cannot hold.
class OutputFile {
 public:
  OutputFile(const std::string& path, const char* format);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  AVFormatContext* get() const { return format_; }
  AVFormatContext* operator->() const { return format_; }
  void write_header(Options& options);
  void write(AVPacket& packet);
  void commit();  // trailer, flush, rename

 private:
  [[noreturn]] void fail(int code) const;
  std::string path_, temporary_;
  AVFormatContext* format_ = nullptr;
  bool is_committed_ = false;
};

}  // namespace mg::media
