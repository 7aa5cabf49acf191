// A page to look at: films beside the rendered clips of the same captions, with what the judge saw in them.
#pragma once
#include <string>
#include <vector>

#include "moviegen/eval/film_bench.h"

namespace mg::eval {

struct FilmCard {
  std::string prompt, made, rendered;          // files beside the page
  std::vector<std::array<std::string, 4>> seen;  // attribute, what is true, seen in the film, seen in the rendered clip
};

// What the judge takes for likeliest, as many values as are true; attributes that the labels say nothing about are left out.
FilmCard card_of(const JudgedFilm& judged, const video::VideoJudgeConfig& judge);

// The whole page. `figures` is the table as text.
std::string film_page(const std::string& title, const std::string& figures, const std::vector<FilmCard>& cards);

}  // namespace mg::eval
