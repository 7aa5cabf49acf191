// The corpus of forged media files: each is made from a good film or picture and lies about something.
#pragma once
#include <map>
#include <string>

#include "make_sound.h"

namespace mg::media {

// Good files of every kind, as bytes: what the forgeries and mutations start from.
inline std::map<std::string, std::string> good_files() {
  TestFolder folder;
  std::map<std::string, std::string> files;
  auto film = [&](const std::string& name, const Recipe& recipe) {
    make_media(folder / name, recipe);
    files[name] = bytes_of(folder / name);
  };
  film("film.mp4", {});
  film("sound.mp4", {.audio = "aac"});
  film("film.mkv", {.container = "matroska"});
  film("film.avi", {.container = "avi", .codec = "mpeg4"});
  film("film.ts", {.container = "mpegts", .codec = "mpeg2video"});
  film("film.gif", {.container = "gif", .codec = "gif", .pixels = "rgb8"});
  write_video(folder / "faststart.mp4", clip(64, 48, 8), {.width = 64, .height = 48});
  files["faststart.mp4"] = bytes_of(folder / "faststart.mp4");
  for (const char* name : {"sound.wav", "sound.flac", "sound.m4a", "sound.opus"}) {
    write_sound(folder / name, noise(16000, 2, 0.25));
    files[name] = bytes_of(folder / name);
  }
  for (const char* name : {"picture.png", "picture.jpg", "picture.webp"}) {
    write_image(folder / name, clip_frame(64, 48, 3));
    files[name] = bytes_of(folder / name);
  }
  return files;
}

// `bytes` with what stands `offset` after the first `tag` replaced.
inline std::string forge(std::string bytes, const std::string& tag, size_t offset, const std::string& lie) {
  size_t at = bytes.find(tag);
  if (at == std::string::npos || at + offset + lie.size() > bytes.size()) throw DataError("forge: nothing to change at {}", tag);
  return bytes.replace(at + offset, lie.size(), lie);
}

// Flips bits, overwrites numbers with extremes, repeats and removes stretches: all from the generator.
inline std::string mutate(std::string bytes, Generator& g) {
  static const std::string kExtremes[] = {std::string(4, '\0'), std::string(4, '\xff'), "\x7f\xff\xff\xff", std::string("\x80\0\0\0", 4),
                                          std::string("\0\0\0\1", 4)};
  for (int change = 1 + g.below(4); change > 0 && bytes.size() > 16; --change) {
    auto at = static_cast<size_t>(g.below(static_cast<int>(std::min<size_t>(bytes.size() - 8, g.chance(0.5) ? 512 : bytes.size() - 8))));
    auto length = std::min<size_t>(1 + static_cast<size_t>(g.below(64)), bytes.size() - at);
    switch (g.below(5)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << g.below(8))); break;
      case 1: bytes.replace(at, 4, kExtremes[g.below(5)]); break;
      case 2: bytes.insert(at, bytes.substr(at, length)); break;
      case 3: bytes.erase(at, length); break;
      default: bytes.resize(std::max<size_t>(at, 1));
    }
  }
  return bytes;
}

inline std::map<std::string, std::string> forged_files() {
  auto good = good_files();
  const std::string four_ff(4, '\xff');
  std::map<std::string, std::string> files{
      {"empty", ""},
      {"one byte", "x"},
      {"text.mp4", "this is not a film\n"},
      {"zeros.mp4", std::string(100'000, '\0')},
      // Lists that name other files: never followed.
      {"concat.mp4", "ffconcat version 1.0\nfile /etc/passwd\n"},
      {"playlist.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"},
      {"description.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"},
      // MP4: sizes, counts and dimensions.
      {"mp4 of 65535 by 65535", forge(good["film.mp4"], "avc1", 28, four_ff)},
      {"mp4 with 4 billion durations", forge(good["film.mp4"], "stts", 8, four_ff)},
      {"mp4 with 4 billion sample sizes", forge(good["film.mp4"], "stsz", 12, four_ff)},
      {"mp4 with 4 billion chunks", forge(good["film.mp4"], "stco", 8, four_ff)},
      {"mp4 with chunks beyond the end", forge(good["film.mp4"], "stco", 12, "\x7f\xff\xff\xf0")},
      {"mp4 with a time base of zero", forge(good["film.mp4"], "mdhd", 16, std::string(4, '\0'))},
      {"mp4 without decoder settings", forge(good["film.mp4"], "avcC", 0, "free")},
      // Sound: rates, channels and lengths.
      {"wav of 4 billion hertz", forge(good["sound.wav"], "fmt ", 12, four_ff)},
      {"wav of 1 hertz", forge(good["sound.wav"], "fmt ", 12, std::string("\1\0\0\0", 4))},
      {"wav of 65535 channels", forge(good["sound.wav"], "fmt ", 10, "\xff\xff")},
      {"wav with 4 billion bytes", forge(good["sound.wav"], "data", 4, "\xf0\xff\xff\xff")},
      {"m4a with 4 billion sample sizes", forge(good["sound.m4a"], "stsz", 12, four_ff)},
      {"m4a with a time base of zero", forge(good["sound.m4a"], "mdhd", 16, std::string(4, '\0'))},
      {"opus of 255 channels", forge(good["sound.opus"], "OpusHead", 9, "\xff")},
      // Pictures.
      {"png of 2 billion by 2 billion", forge(good["picture.png"], "IHDR", 4, "\x7f\xff\xff\xff\x7f\xff\xff\xff")},
      {"png of zero width", forge(good["picture.png"], "IHDR", 4, std::string(4, '\0'))},
      {"gif of 65535 by 65535", forge(good["film.gif"], "GIF89a", 6, four_ff)},
      {"mkv with an endless segment", forge(good["film.mkv"], "\x18\x53\x80\x67", 4, std::string("\x01\xff\xff\xff\xff\xff\xff\xff"))},
  };
  // Box sizes stand before their names.
  auto with_size = [&](const std::string& lie) {
    std::string bytes = good["film.mp4"];
    return bytes.replace(bytes.find("moov") - 4, 4, lie);
  };
  files["mp4 with a huge moov"] = with_size("\x7f\xff\xff\xff");
  files["mp4 with a box of size zero"] = with_size(std::string(4, '\0'));
  for (const auto& [name, bytes] : good)
    for (double part : {0.1, 0.5, 0.9}) files[fmt::format("{:.0f} % of {}", part * 100, name)] = bytes.substr(0, static_cast<size_t>(static_cast<double>(bytes.size()) * part));
  return files;
}

}  // namespace mg::media
