#include "moviegen/cli/judge_films.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/paths.h"
#include "moviegen/data/clip_tensor.h"
#include "moviegen/data/world/held_out.h"
#include "moviegen/eval/film_page.h"
#include "moviegen/media/image.h"
#include "moviegen/media/video.h"
#include "moviegen/tae/autoencoder.h"
#include "moviegen/train/recipe.h"
#include "moviegen/train/tasks/tae_measure.h"
#include "moviegen/weights/model_folder.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kGridFilms = 24, kPageFilms = 48;  // of judged films, the first

// The part of the world that the model was trained on, of which it is asked captions it has not seen.
data::WorldSettings world_of(const JudgeFilmsOptions& options) {
  data::WorldSettings world;
  if (!options.recipe.empty()) {
    auto settings = train::read_recipe(options.recipe, options.assignments).task_settings;
    if (settings.contains("world")) world = config_from<data::WorldSettings>(settings["world"], options.recipe);
  }
  if (!options.world_folder.empty()) world.folder = options.world_folder;
  return world;
}

// The held-out triples that this part of the world has room for, as scenes.
std::vector<Json> held_out_scenes(const data::WorldSettings& world) {
  auto has = [](const std::vector<std::string>& list, const std::string& name) { return list.empty() || std::find(list.begin(), list.end(), name) != list.end(); };
  std::vector<Json> scenes;
  for (const auto& [subject, place, motion] : world::HeldOut::read(program_folder() + "/recipes/world/held_out.toml").triples)
    if (has(world.subjects, subject) && has(world.places, place) && has(world.motions, motion))
      scenes.push_back({{"subject", subject}, {"place", place}, {"motion", motion}});
  if (scenes.empty()) throw UsageError("eval t2v --compositions: no held-out combination is in this part of the world");
  return scenes;
}

// The JSON scene (docs/world.md) of a line.
Json parsed_scene(const std::string& text, const std::string& file) {
  Json scene = Json::parse(text, nullptr, false);
  if (!scene.is_object()) throw DataError("{}: expected a scene such as {{\"subject\": \"fox\"}}, got '{}'", file, text);
  return scene;
}

// Lines "prompt, subject, place, motion, direction", separated by tabs; what is empty or "none" is not asked for. Or
// "prompt, scene": a JSON scene (docs/world.md). Colours are only asked for by name.
std::vector<Json> labelled_scenes(const std::string& file) {
  std::ifstream lines(file);
  if (!lines) throw NotFound("list of labelled prompts: {} was not found", file);
  std::vector<Json> scenes;
  for (std::string line; std::getline(lines, line);) {
    Json scene = Json::object();
    if (size_t tab = line.find('\t'); tab != std::string::npos && line[tab + 1] == '{') {
      scene = parsed_scene(line.substr(tab + 1), file);
      scene["prompt"] = line.substr(0, tab);
    } else {
      std::istringstream columns(line);
      std::string value;
      for (const char* key : {"prompt", "subject", "place", "motion", "direction"})
        if (std::getline(columns, value, '\t') && !value.empty() && value != "none") scene[key] = value;
    }
    if (scene.empty()) continue;
    if (!scene.contains("color")) scene["color"] = "";
    if (!scene.contains("prompt") || !scene.contains("subject")) throw DataError("{}: expected prompt, subject, place, motion and direction separated by tabs, got '{}'", file, line);
    scenes.push_back(scene);
  }
  if (scenes.empty()) throw DataError("{}: expected one labelled prompt a line, found none", file);
  return scenes;
}

eval::FilmMaker maker_of(const JudgeFilmsOptions& options) {
  if (options.rendered_only) return {};
  if (options.coded_only) {
    auto autoencoder = tae::load_autoencoder(weights::resolve_model(options.model));
    return [autoencoder](const eval::FilmItem& item) mutable { return train::reconstruct(autoencoder, item.pixels); };
  }
  auto session = std::make_shared<generate::Session>(generate::Session::open(options.model));
  return [&options, session](const eval::FilmItem& item) {
    auto request = options.request;
    request.prompt = item.prompt, request.sound = false;
    request.seed += item.index + item.repeat * options.bench.films;
    request.num_frames = options.bench.shape.frames, request.width = options.bench.shape.width, request.height = options.bench.shape.height;
    return data::film_tensor(session->generate(request, {.cancel = &process_cancel()}).frames);
  };
}

std::string cell(const eval::Interval& x) { return std::isfinite(x.value) ? fmt::format("{:.2f} [{:.2f}, {:.2f}]", x.value, x.low, x.high) : "–"; }

std::string table_of(const eval::FilmBench& bench, const JudgeFilmsOptions& options) {
  const char* made = options.rendered_only ? "rendered" : options.coded_only ? "rendered, coded" : "made";
  auto table = fmt::format("{} films; share judged right [95 % interval]\n  {:<12}{:<20}{:<20}{:<20}films\n", options.bench.films * options.bench.repeats, "", made,
                           "of other captions", "rendered");
  for (const auto& a : bench.attributes) table += fmt::format("  {:<12}{:<20}{:<20}{:<20}{}\n", a.name, cell(a.made), cell(a.other), cell(a.rendered), a.made.count);
  for (const auto& e : bench.ends) table += fmt::format("{} in the first second {}, in the last {}\n", e.name, cell(e.first), cell(e.last));
  table += fmt::format("own labels fit best among {} prompts: {}; rendered {}; by chance {:.3f}\n", bench.retrieval_of, cell(bench.retrieval), cell(bench.retrieval_rendered),
                       1 / static_cast<double>(bench.retrieval_of));
  table += fmt::format("Fréchet distance to rendered films of other captions: {:.1f}; rendered ones have {:.1f}\n", bench.frechet, bench.frechet_floor);
  table += fmt::format("change from frame to frame {:.2f} and flicker {:.2f} times rendered; nearly still {:.2f} of the films\n", bench.motion_ratio, bench.flicker_ratio,
                       bench.still_share);
  return table;
}

// Writes a film or a picture beside the page; → its name.
std::string save_clip(const std::string& folder, const std::string& stem, const at::Tensor& film, double fps) {
  auto frames = data::images_of(film);
  auto name = stem + (frames.size() == 1 ? ".png" : ".mp4");
  if (frames.size() == 1)
    media::write_image(folder + "/" + name, frames[0]);
  else
    media::write_video(folder + "/" + name, frames, {.width = frames[0].width, .height = frames[0].height, .fps = fps});
  return name;
}

}  // namespace

void judge_films(JudgeFilmsOptions options) {
  if (options.request.num_frames > 0) options.bench.shape.frames = options.request.num_frames;
  if (options.size > 0) options.bench.shape.width = options.bench.shape.height = options.size;
  auto settings = world_of(options);
  auto world = settings.open();
  auto judge = video::load_video_judge(weights::resolve_model(options.judge.empty() ? options.model : options.judge));
  if (options.compositions) options.bench.scenes = held_out_scenes(settings);
  if (!options.labelled.empty()) {
    options.bench.scenes = labelled_scenes(options.labelled);
    if (options.bench.films == 0) options.bench.films = std::ssize(options.bench.scenes);
  }
  auto make = maker_of(options);
  make_folder(options.output);
  std::map<int64_t, std::vector<media::Image>> rows;  // by prompt: frames of its films, seed after seed
  std::vector<eval::FilmCard> cards;
  std::string captions;
  options.bench.cancel = &process_cancel();
  auto bench = eval::run_film_bench(*world, settings, make, judge, options.bench, [&](const eval::JudgedFilm& judged) {
    const auto& [item, film, made, rendered] = judged;
    if (item.index < kGridFilms)
      for (int i = 0; i < options.frames_shown; ++i)
        rows[item.index].push_back(data::image_of(film, options.frames_shown > 1 ? i * (film.size(1) - 1) / (options.frames_shown - 1) : film.size(1) / 2));
    if (item.repeat > 0) return;
    captions += item.prompt + "\n";
    if (item.index >= kPageFilms) return;
    auto card = eval::card_of(judged, judge->config);
    auto fps = options.bench.shape.fps;
    card.made = save_clip(options.output, fmt::format("{:04}-made", item.index + 1), film, fps);
    card.rendered = save_clip(options.output, fmt::format("{:04}-rendered", item.index + 1), item.pixels, fps);
    cards.push_back(card);
  });
  auto file = [&](const char* name) { return (fs::path(options.output) / name).string(); };
  auto table = table_of(bench, options);
  std::vector<media::Image> cells;
  for (auto& [index, row] : rows) cells.insert(cells.end(), row.begin(), row.end());
  media::write_image(file("grid.jpg"), media::grid(cells, options.frames_shown * options.columns));
  write_text(file("prompts.txt"), captions);
  write_text(file("index.html"), eval::film_page(fmt::format("Films of {}, judged", options.model), table, cards));
  auto metrics = to_json(bench).dump(2) + "\n";
  write_text(file("metrics.json"), metrics);
  if (options.json) return fmt::print("{}", metrics);
  fmt::print("{}{}\n{}\n", table, file("grid.jpg"), file("index.html"));
}

}  // namespace mg::cli
