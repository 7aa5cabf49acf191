// Films as files: names, refusal to overwrite, formats, records and sidecars.
//   MP4 (H.264) and GIF hold films and pictures, PNG, JPEG and WebP hold pictures. MP4 and PNG carry the generation record;
//   the others get it as a sidecar FILE.json.
#pragma once
#include <string>

#include "moviegen/generate/movie.h"

namespace mg::generate {

// The prompt as a file name: lower-case ASCII letters and digits, at most 60; "film" if nothing is left.
std::string slug(const std::string& prompt);

// Where film `index` of `count` goes. `asked` may be empty (slug and seed in the current folder), a folder, or a file; a
// file name gets "-SEED" before its ending when there are several films.
std::string output_path(const std::string& asked, const Request& film, int64_t num_frames, int64_t count);

// Throws UsageError if a film of `num_frames` cannot be written there: unknown ending, or the file exists and `force` is off.
void check_output(const std::string& path, int64_t num_frames, bool force);

// Stage "encode video": writes the file (atomic; its folder is made), and a sidecar where `sidecar` asks for it or the
// format needs it. Adds its time to movie.timings_s.
void save_movie(Movie& movie, const std::string& path, bool sidecar = false, const Callbacks& callbacks = {});

}  // namespace mg::generate
