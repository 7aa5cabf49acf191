#include "moviegen/generate/output.h"

#include <algorithm>
#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/generate/record.h"
#include "moviegen/generate/stages.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;
constexpr size_t kSlugLength = 60;

std::string ending_of(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending;
}

bool holds_films(const std::string& ending) { return ending == ".mp4" || ending == ".gif"; }
bool holds_pictures(const std::string& ending) {
  return holds_films(ending) || ending == ".png" || ending == ".webp" || ending == ".jpg" || ending == ".jpeg";
}
bool holds_records(const std::string& ending) { return ending == ".mp4" || ending == ".png"; }

void write_pictures(const Movie& movie, const std::string& path, const Done& done) {
  const auto& first = movie.frames.front();
  media::VideoWriter writer(path, {.width = first.width, .height = first.height, .fps = movie.fps, .generation = movie.record.dump(),
                                   .comment = describe_record(movie.record)});
  for (size_t i = 0; i < movie.frames.size(); ++i) {
    writer.write(movie.frames[i]);
    done(static_cast<int64_t>(i + 1));
  }
  writer.finish();
}

// The picture first, then its packets beside the sound.
void write_mp4(const Movie& movie, const std::string& path, const Done& done) {
  if (movie.sound.samples.empty()) return write_pictures(movie, path, done);
  TemporaryFile silent(temporary_for(path) + ".mp4");
  write_pictures(movie, silent.path(), done);
  media::write_soundtrack(silent.path(), movie.sound, path);
}

void write_sidecar(const Movie& movie, const std::string& path) {
  Json tree = movie.record;
  tree["timings_s"] = movie.timings_s;
  write_text(sidecar_path(path), tree.dump(2) + "\n");
}

}  // namespace

std::string slug(const std::string& prompt) {
  std::string out;
  for (unsigned char c : prompt) {
    bool keep = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (keep && out.size() < kSlugLength) out += static_cast<char>(std::tolower(c));
    if (!keep && !out.empty() && out.back() != '-' && out.size() < kSlugLength) out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "film" : out;
}

std::string output_path(const std::string& asked, const Request& film, int64_t num_frames, int64_t count) {
  std::error_code error;
  if (asked.empty() || asked.back() == '/' || fs::is_directory(asked, error))
    return (fs::path(asked) / fmt::format("{}-{}{}", slug(film.prompt), film.seed, num_frames == 1 ? ".png" : ".mp4")).string();
  if (count == 1) return asked;
  fs::path path(asked);
  return (path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), film.seed, path.extension().string())).string();
}

void check_output(const std::string& path, int64_t num_frames, bool force) {
  std::string ending = ending_of(path);
  if (!holds_pictures(ending))
    throw UsageError("{}: expected a name ending in .mp4 or .gif, or .png, .jpg or .webp for a picture", path);
  if (num_frames > 1 && !holds_films(ending))
    throw UsageError("{}: a {} file holds one picture, the film has {} frames; use .mp4 or .gif, or --frames 1", path, ending, num_frames);
  std::error_code error;
  if (fs::is_directory(path, error)) throw UsageError("{}: a folder has this name", path);
  if (!force && fs::exists(path, error)) throw UsageError("{}: the file exists; choose another name or overwrite it with --force", path);
}

void save_movie(Movie& movie, const std::string& path, bool sidecar, const Callbacks& callbacks) {
  check(!movie.frames.empty(), "save_movie: no frames");
  std::string ending = ending_of(path);
  if (auto folder = fs::path(path).parent_path(); !folder.empty()) make_folder(folder.string());
  Stages stages(callbacks);
  stages.run("encode video", static_cast<int64_t>(movie.frames.size()), [&](const Done& done) {
    if (ending == ".mp4") write_mp4(movie, path, done);
    else if (ending == ".gif") media::write_gif(path, movie.frames, movie.fps);
    else media::write_image(path, movie.frames.front(), movie.record.dump());
    return true;
  });
  movie.timings_s.insert(stages.timings_s().begin(), stages.timings_s().end());
  if (sidecar || !holds_records(ending)) write_sidecar(movie, path);
}

}  // namespace mg::generate
