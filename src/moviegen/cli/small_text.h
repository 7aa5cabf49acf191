// Text on pictures for contact sheets: a 5×7 bitmap alphabet of capitals, digits and a little punctuation.
#pragma once
#include <string>
#include <vector>

#include "moviegen/media/image.h"

namespace mg::cli {

inline constexpr int kGlyphAdvance = 6, kLineHeight = 9;

// Breaks a text into lines of at most `width_px` pixels; a word longer than a line is cut.
std::vector<std::string> wrap_text(const std::string& text, int width_px);
// Draws one line in black with its top left corner at (x, y); letters appear as capitals, unknown characters as blanks.
void draw_text(media::Image& image, int x, int y, const std::string& line);

}  // namespace mg::cli
