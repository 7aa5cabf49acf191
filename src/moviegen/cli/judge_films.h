// The judged half of `moviegen eval t2v`: films for the captions of clips that no training saw, and what a network sees in them.
#pragma once
#include <string>
#include <vector>

#include "moviegen/eval/film_bench.h"
#include "moviegen/generate/movie.h"

namespace mg::cli {

struct JudgeFilmsOptions {
  generate::Request request{};
  std::string model = "mini", judge, output, recipe = "video/mini-joint", world_folder;
  std::vector<std::string> assignments;
  eval::FilmBenchOptions bench{.films = 0};
  int frames_shown = 4, columns = 2;
  int64_t size = 0;  // height and width; 0 = the model's own, and 128 where films are judged
  std::string labelled;  // prompts with subject, place, motion and direction after tabs; empty = captions of clips
  bool rendered_only = false, coded_only = false, compositions = false, json = false;
};

// Leaves grid.jpg, prompts.txt, metrics.json and index.html with the first films in the output folder.
void judge_films(JudgeFilmsOptions options);

}  // namespace mg::cli
