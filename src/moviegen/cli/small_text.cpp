#include "moviegen/cli/small_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

namespace mg::cli {
namespace {

struct Glyph {
  char letter;
  std::array<unsigned char, 7> rows;  // five bits each, the highest is the leftmost pixel
};

constexpr Glyph kGlyphs[] = {
    {'A', {14, 17, 17, 31, 17, 17, 17}},
    {'B', {30, 17, 17, 30, 17, 17, 30}},
    {'C', {15, 16, 16, 16, 16, 16, 15}},
    {'D', {30, 17, 17, 17, 17, 17, 30}},
    {'E', {31, 16, 16, 30, 16, 16, 31}},
    {'F', {31, 16, 16, 30, 16, 16, 16}},
    {'G', {15, 16, 16, 19, 17, 17, 15}},
    {'H', {17, 17, 17, 31, 17, 17, 17}},
    {'I', {14, 4, 4, 4, 4, 4, 14}},
    {'J', {7, 2, 2, 2, 2, 18, 12}},
    {'K', {17, 18, 20, 24, 20, 18, 17}},
    {'L', {16, 16, 16, 16, 16, 16, 31}},
    {'M', {17, 27, 21, 21, 17, 17, 17}},
    {'N', {17, 25, 21, 21, 19, 17, 17}},
    {'O', {14, 17, 17, 17, 17, 17, 14}},
    {'P', {30, 17, 17, 30, 16, 16, 16}},
    {'Q', {14, 17, 17, 17, 21, 18, 13}},
    {'R', {30, 17, 17, 30, 20, 18, 17}},
    {'S', {15, 16, 16, 14, 1, 1, 30}},
    {'T', {31, 4, 4, 4, 4, 4, 4}},
    {'U', {17, 17, 17, 17, 17, 17, 14}},
    {'V', {17, 17, 17, 17, 10, 10, 4}},
    {'W', {17, 17, 17, 21, 21, 27, 17}},
    {'X', {17, 10, 4, 4, 4, 10, 17}},
    {'Y', {17, 17, 10, 4, 4, 4, 4}},
    {'Z', {31, 1, 2, 4, 8, 16, 31}},
    {'0', {14, 19, 21, 21, 21, 25, 14}},
    {'1', {4, 12, 4, 4, 4, 4, 14}},
    {'2', {14, 17, 1, 6, 8, 16, 31}},
    {'3', {30, 1, 1, 14, 1, 1, 30}},
    {'4', {18, 18, 18, 31, 2, 2, 2}},
    {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {14, 16, 16, 30, 17, 17, 14}},
    {'7', {31, 1, 2, 4, 4, 8, 8}},
    {'8', {14, 17, 17, 14, 17, 17, 14}},
    {'9', {14, 17, 17, 15, 1, 1, 14}},
    {'.', {0, 0, 0, 0, 0, 12, 12}},
    {',', {0, 0, 0, 0, 12, 4, 8}},
    {'-', {0, 0, 0, 31, 0, 0, 0}},
    {'\'', {4, 4, 0, 0, 0, 0, 0}},
    {':', {0, 12, 12, 0, 12, 12, 0}},
    {'(', {2, 4, 4, 4, 4, 4, 2}},
    {')', {8, 4, 4, 4, 4, 4, 8}},
    {'/', {1, 2, 2, 4, 8, 8, 16}},
    {'=', {0, 0, 31, 0, 31, 0, 0}},
    {'+', {0, 4, 4, 31, 4, 4, 0}},
};

const Glyph* glyph_of(char letter) {
  letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  for (const Glyph& glyph : kGlyphs)
    if (glyph.letter == letter) return &glyph;
  return nullptr;
}

}  // namespace

std::vector<std::string> wrap_text(const std::string& text, int width_px) {
  size_t most = static_cast<size_t>(std::max(1, width_px / kGlyphAdvance));
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    word.resize(std::min(word.size(), most));
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > most) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

void draw_text(media::Image& image, int x, int y, const std::string& line) {
  for (char letter : line) {
    const Glyph* glyph = glyph_of(letter);
    for (int row = 0; glyph && row < 7; ++row)
      for (int column = 0; column < 5; ++column) {
        int px = x + column, py = y + row;
        bool inside = px >= 0 && py >= 0 && px < image.width && py < image.height;
        if (inside && (glyph->rows[row] >> (4 - column) & 1)) std::fill_n(image.row(py) + 3 * px, 3, uint8_t{0});
      }
    x += kGlyphAdvance;
  }
}

}  // namespace mg::cli
