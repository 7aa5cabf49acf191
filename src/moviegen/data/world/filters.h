// Filters over whole frames: looks of film, print and paint. They are styles of scenes, and targets of edits.
#pragma once
#include <cstdint>
#include <string_view>

#include "moviegen/data/world/canvas.h"

namespace mg::world {

enum class Filter { kNone, kBlackAndWhite, kOldFilm, kPencil, kWatercolour, kPixelArt, kComic };
inline constexpr int kFilters = 6;  // without kNone
std::string_view name_of(Filter);
Filter filter_named(std::string_view name);  // throws NotFound

// Changes a finished frame; what flickers is a function of (seed, frame).
void apply_filter(Canvas& canvas, Filter filter, int frame, uint64_t seed);

}  // namespace mg::world
