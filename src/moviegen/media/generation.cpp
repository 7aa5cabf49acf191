// The generation record of a finished file: how it was made, as JSON text.
#include <string_view>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/media/libav.h"
#include "moviegen/media/png_text.h"
#include "moviegen/media/video.h"

namespace mg::media {
namespace {

constexpr char kTag[] = "generation";

}  // namespace

std::string read_generation(const std::string& path) {
  {
    MappedFile file(path);
    if (is_png(file.bytes())) {
      if (auto text = png_text(file.bytes(), kTag)) return *text;
      throw NotFound("{}: the picture has no generation record", path);
    }
  }
  InputFile file(path);
  const AVDictionaryEntry* tag = av_dict_get(file->metadata, kTag, nullptr, 0);
  for (unsigned i = 0; i < file->nb_streams && !tag; ++i) tag = av_dict_get(file->streams[i]->metadata, kTag, nullptr, 0);  // Ogg
  if (!tag && std::string_view(file->iformat->name) == "wav") {  // has one line of text only (media/sound.h)
    tag = av_dict_get(file->metadata, "comment", nullptr, 0);
    if (tag && *tag->value != '{') tag = nullptr;
  }
  if (!tag || !*tag->value) throw NotFound("{}: the file has no generation record", path);
  return tag->value;
}

}  // namespace mg::media
