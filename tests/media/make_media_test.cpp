// Writes the films of make_media.h.
#include "make_media.h"

#include <cstring>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
}

namespace mg::media {
namespace {

void must(int code, const char* what) {
  if (code < 0) throw std::runtime_error(fmt::format("{}: {}", what, libav_reason(code)));
}

struct Track {
  Owned<AVCodecContext> codec;
  AVStream* stream = nullptr;
};

Track open_track(OutputFile& file, const std::string& encoder_name, const std::function<void(AVCodecContext&)>& set) {
  const AVCodec* encoder = avcodec_find_encoder_by_name(encoder_name.c_str());
  if (!encoder) throw std::runtime_error("no encoder " + encoder_name);
  Track track{Owned<AVCodecContext>(avcodec_alloc_context3(encoder)), avformat_new_stream(file.get(), nullptr)};
  set(*track.codec);
  if (file->oformat->flags & AVFMT_GLOBALHEADER) track.codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  track.codec->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  Options options;
  if (encoder_name.starts_with("libvpx")) options.set("cpu-used", "8"), options.set("deadline", "realtime");
  must(avcodec_open2(track.codec.get(), encoder, options.get()), encoder_name.c_str());
  must(avcodec_parameters_from_context(track.stream->codecpar, track.codec.get()), "parameters");
  track.stream->time_base = track.codec->time_base;
  return track;
}

void encode(OutputFile& file, Track& track, const AVFrame* frame) {
  must(avcodec_send_frame(track.codec.get(), frame), "encode");
  auto packet = new_packet();
  while (avcodec_receive_packet(track.codec.get(), packet.get()) >= 0) {
    packet->stream_index = track.stream->index;
    if (packet->duration == 0) packet->duration = 1;
    av_packet_rescale_ts(packet.get(), track.codec->time_base, track.stream->time_base);
    file.write(*packet);
  }
}

// The picture in any pixel format, tagged and converted as BT.709, limited range unless the format says otherwise.
Owned<AVFrame> picture_of(const Image& image, const Recipe& recipe, AVPixelFormat format) {
  auto rgba = new_picture(image.width, image.height, AV_PIX_FMT_RGBA);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      uint8_t* to = rgba->data[0] + y * rgba->linesize[0] + 4 * x;
      std::memcpy(to, image.row(y) + 3 * x, 3);
      to[3] = recipe.alpha ? recipe.alpha(x, y) : 255;
    }
  }
  auto out = new_picture(image.width, image.height, format);
  if (format == AV_PIX_FMT_RGB48BE) {  // exactly: swscale would go through YUV
    for (int y = 0; y < image.height; ++y)
      for (int i = 0; i < 6 * image.width; ++i) out->data[0][y * out->linesize[0] + i] = image.row(y)[i / 2];
    return out;
  }
  bool is_full = recipe.pixels.starts_with("yuvj") || recipe.pixels.starts_with("gray");
  Owned<SwsContext> scaler(sws_alloc_context());
  auto set = [&](const char* name, int value) { av_opt_set_int(scaler.get(), name, value, 0); };
  set("srcw", image.width), set("srch", image.height), set("src_format", AV_PIX_FMT_RGBA);
  set("dstw", image.width), set("dsth", image.height), set("dst_format", format);
  set("sws_flags", SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP);
  if (av_pix_fmt_desc_get(format)->log2_chroma_w && !recipe.pixels.starts_with("yuvj")) set("dst_h_chr_pos", 0);
  const int* matrix = sws_getCoefficients(SWS_CS_ITU709);
  sws_setColorspaceDetails(scaler.get(), matrix, 1, matrix, is_full, 0, 1 << 16, 1 << 16);
  if (sws_init_context(scaler.get(), nullptr, nullptr) < 0) throw std::runtime_error("no conversion to " + recipe.pixels);
  sws_scale(scaler.get(), rgba->data, rgba->linesize, 0, image.height, out->data, out->linesize);
  return out;
}

void encode_tone(OutputFile& file, Track& track, double seconds) {
  AVCodecContext& codec = *track.codec;
  int block = codec.frame_size > 0 ? codec.frame_size : 1024;
  for (int64_t at = 0; at < static_cast<int64_t>(seconds * codec.sample_rate); at += block) {
    auto frame = new_frame();
    frame->nb_samples = block;
    frame->format = codec.sample_fmt;
    frame->sample_rate = codec.sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &codec.ch_layout);
    must(av_frame_get_buffer(frame.get(), 0), "sound");
    std::memset(frame->data[0], 0, static_cast<size_t>(frame->linesize[0]));
    frame->pts = at;
    encode(file, track, frame.get());
  }
  encode(file, track, nullptr);
}

Track open_sound(OutputFile& file, const TrackRecipe& recipe) {
  Track track = open_track(file, recipe.codec, [&](AVCodecContext& codec) {
    codec.sample_rate = recipe.sample_rate;
    codec.sample_fmt = recipe.format.empty() ? codec.codec->sample_fmts[0] : av_get_sample_fmt(recipe.format.c_str());
    codec.time_base = {1, recipe.sample_rate};
    codec.bit_rate = 64000 * recipe.channels;
    av_channel_layout_default(&codec.ch_layout, recipe.channels);
  });
  if (!recipe.language.empty()) av_dict_set(&track.stream->metadata, "language", recipe.language.c_str(), 0);
  return track;
}

void encode_sound(OutputFile& file, Track& track, const TrackRecipe& recipe) {
  AVCodecContext& codec = *track.codec;
  SwrContext* made = nullptr;
  must(swr_alloc_set_opts2(&made, &codec.ch_layout, codec.sample_fmt, recipe.sample_rate, &codec.ch_layout, AV_SAMPLE_FMT_FLT,
                           recipe.sample_rate, 0, nullptr), "sound");
  Owned<SwrContext> converter(made);
  must(swr_init(made), "sound");
  int64_t frames = static_cast<int64_t>(recipe.samples.size()) / recipe.channels, block = codec.frame_size > 0 ? codec.frame_size : 1024;
  for (int64_t at = 0; at < frames; at += block) {
    auto frame = new_frame();
    frame->nb_samples = static_cast<int>(std::min(block, frames - at));
    frame->format = codec.sample_fmt;
    frame->sample_rate = codec.sample_rate;
    av_channel_layout_copy(&frame->ch_layout, &codec.ch_layout);
    must(av_frame_get_buffer(frame.get(), 0), "sound");
    const auto* from = reinterpret_cast<const uint8_t*>(recipe.samples.data() + at * recipe.channels);
    must(swr_convert(made, frame->extended_data, frame->nb_samples, &from, frame->nb_samples), "sound");
    frame->pts = recipe.start + at + (recipe.gap != 0 && at >= recipe.gap_at ? recipe.gap : 0);
    encode(file, track, frame.get());
  }
  encode(file, track, nullptr);
}

void add_chapters(AVFormatContext& file, const std::vector<std::pair<double, std::string>>& chapters) {
  if (chapters.empty()) return;
  file.chapters = static_cast<AVChapter**>(av_calloc(chapters.size(), sizeof(AVChapter*)));
  for (const auto& [start_s, title] : chapters) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    chapter->id = static_cast<int64_t>(file.nb_chapters) + 1;
    chapter->time_base = {1, 1000};
    chapter->start = std::llround(start_s * 1000);
    chapter->end = chapter->start + 100;
    av_dict_set(&chapter->metadata, "title", title.c_str(), 0);
    file.chapters[file.nb_chapters++] = chapter;
  }
}

}  // namespace

void make_media(const std::string& path, const Recipe& recipe) {
  OutputFile file(path, recipe.container.c_str());
  AVPixelFormat format = av_get_pix_fmt(recipe.pixels.c_str());
  bool is_rgb = av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_RGB;
  Track video = open_track(file, recipe.codec, [&](AVCodecContext& codec) {
    codec.width = recipe.width;
    codec.height = recipe.height;
    codec.pix_fmt = format;
    codec.time_base = recipe.time_base;
    codec.framerate = av_inv_q(recipe.time_base);
    codec.sample_aspect_ratio = recipe.pixel_aspect;
    codec.bit_rate = 4000000;
    codec.thread_count = 1;
    if (recipe.b_frames >= 0) codec.max_b_frames = recipe.b_frames;
    if (recipe.codec == "mpeg4" || recipe.codec == "mjpeg") {
      codec.flags |= AV_CODEC_FLAG_QSCALE;
      codec.global_quality = FF_QP2LAMBDA * 2;
    }
    if (!is_rgb) codec.colorspace = AVCOL_SPC_BT709;
  });
  if (!is_rgb) video.stream->codecpar->color_space = AVCOL_SPC_BT709;
  video.stream->sample_aspect_ratio = recipe.pixel_aspect;
  if (recipe.turn_degrees) {
    auto* side = av_stream_new_side_data(video.stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
    av_display_rotation_set(reinterpret_cast<int32_t*>(side), recipe.turn_degrees);
  }
  Track audio;
  if (!recipe.audio.empty()) {
    audio = open_track(file, recipe.audio, [](AVCodecContext& codec) {
      codec.sample_rate = 48000;
      codec.sample_fmt = codec.codec->sample_fmts[0];
      codec.time_base = {1, 48000};
      av_channel_layout_default(&codec.ch_layout, 1);
    });
  }
  std::vector<Track> tracks;
  for (const TrackRecipe& track : recipe.tracks) tracks.push_back(open_sound(file, track));
  for (const auto& [key, value] : recipe.tags) av_dict_set(&file->metadata, key.c_str(), value.c_str(), 0);
  add_chapters(*file.get(), recipe.chapters);
  Options header;
  if (!recipe.tags.empty()) header.set("movflags", "use_metadata_tags");
  file.write_header(header);
  for (int i = 0; i < recipe.frames; ++i) {
    auto frame = picture_of(recipe.frame ? recipe.frame(i) : clip_frame(recipe.width, recipe.height, i), recipe, format);
    frame->pts = recipe.times.empty() ? i : recipe.times[static_cast<size_t>(i)];
    frame->quality = video.codec->global_quality;
    encode(file, video, frame.get());
  }
  encode(file, video, nullptr);
  if (audio.codec) encode_tone(file, audio, recipe.frames * av_q2d(recipe.time_base));
  for (size_t i = 0; i < tracks.size(); ++i) encode_sound(file, tracks[i], recipe.tracks[i]);
  file.commit();
}

}  // namespace mg::media
