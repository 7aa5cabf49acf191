#include "moviegen/train/tasks/video_judge_task.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/weights/state.h"

namespace mg::train {
namespace {

// A bright square, red or blue, that goes to the left or right over a dark or a green ground.
class SquareWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& options) const override {
    Generator generator(seed, "square");
    bool is_red = generator.chance(0.5), goes_right = generator.chance(0.5), is_green = generator.chance(0.5);
    world::Clip clip;
    clip.width = options.width, clip.height = options.height, clip.frames = options.frames, clip.fps = options.fps;
    clip.labels = {{"place", is_green ? "meadow" : "space"}, {"camera", {{"move", "static"}}},
                   {"subjects", {{{"subject", is_red ? "red square" : "blue square"}, {"motion", "slide"}, {"direction", goes_right ? "right" : "left"}, {"color", ""}}}}};
    int side = options.width / 4, range = options.width - side, top = generator.below(options.height - side + 1);
    auto& boxes = clip.labels["subjects"][0]["boxes"] = nlohmann::json::array();
    for (int t = 0; t < options.frames; ++t) {
      int step = t * range / std::max(options.frames - 1, 1), left = goes_right ? step : range - step;
      auto share = [&](int pixels) { return static_cast<double>(pixels) / options.width; };
      boxes.push_back({share(left), share(top), share(left + side), share(top + side)});
      if (!options.pictures) continue;
      for (int y = 0; y < options.height; ++y)
        for (int x = 0; x < options.width; ++x) {
          bool inside = x >= left && x < left + side && y >= top && y < top + side;
          clip.rgb.push_back(inside && is_red ? 250 : 10);
          clip.rgb.push_back(!inside && is_green ? 120 : 10);
          clip.rgb.push_back(inside && !is_red ? 250 : 10);
        }
    }
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& options) const override { return render(seed, options); }
};

VideoJudgeSettings small_settings() {
  return config_from<VideoJudgeSettings>(Json::parse(R"({
    "model": {"size": 32, "frames": 8, "stills": 2, "picture_widths": [8, 16, 24], "widths": [8, 16, 24], "features": 16, "spots": true, "film_spots": true},
    "batches": {"batch": 8, "pool_clips": 16, "pool_steps": 2}, "vocabulary_clips": 40, "validation_clips": 24})"),
                                         "test");
}

VideoJudgeTask make(uint64_t seed = 7) { return {small_settings(), std::make_shared<SquareWorld>(), seed}; }

StepReport run(VideoJudgeTask& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(VideoJudgeBatches, CollectsWhatTheWorldShows) {
  video::VideoJudgeConfig config;
  collect_values(SquareWorld(), {}, 40, config);
  EXPECT_EQ(config.subjects, (std::vector<std::string>{"blue square", "red square"}));
  EXPECT_EQ(config.directions, (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(config.places, (std::vector<std::string>{"meadow", "space"}));
  EXPECT_EQ(config.cameras, std::vector<std::string>{"static"});
  EXPECT_TRUE(config.colors.empty() && config.weathers.empty());
  config.places = {"space"};
  collect_values(SquareWorld(), {}, 40, config);
  EXPECT_EQ(config.places, std::vector<std::string>{"space"});  // what is given stays
}

TEST(VideoJudgeBatches, AreAFunctionOfSeedAndStep) {
  auto settings = small_settings();
  auto world = std::make_shared<SquareWorld>();
  collect_values(*world, {}, 40, settings.model);
  VideoJudgeBatches one(settings.batches, {}, settings.model, world, 1), other(settings.batches, {}, settings.model, world, 1);
  std::vector<VideoJudgeBatch> in_order;
  for (int64_t step = 0; step < 6; ++step) in_order.push_back(one.take(step));
  for (int64_t step : {5, 2, 3}) {
    auto batch = other.take(step);
    EXPECT_TRUE(at::equal(batch.pixels_BCTHW, in_order[static_cast<size_t>(step)].pixels_BCTHW)) << step;
    EXPECT_TRUE(at::equal(batch.true_BN, in_order[static_cast<size_t>(step)].true_BN)) << step;
  }
  EXPECT_EQ(in_order[0].pixels_BCTHW.sizes().vec(), (std::vector<int64_t>{8, 3, 8, 32, 32}));
  EXPECT_TRUE((in_order[0].true_BN.sum(1) == 5).all().item<bool>());  // subject, motion, direction, place, camera
  EXPECT_LE(in_order[0].pixels_BCTHW.abs().max().item<double>(), 1);
}

TEST(VideoJudgeBatches, MirrorFilmsWithTheirDirections) {
  auto settings = small_settings();
  auto world = std::make_shared<SquareWorld>();
  collect_values(*world, {}, 40, settings.model);
  settings.batches.pool_clips = 1, settings.batches.batch = 16;
  VideoJudgeBatches batches(settings.batches, {}, settings.model, world, 1);
  auto batch = batches.take(0);
  auto across = torch::arange(32).to(at::kFloat);
  int64_t directions = std::ssize(settings.model.subjects) + std::ssize(settings.model.colors) + std::ssize(settings.model.motions);
  std::set<bool> ways;
  for (int64_t i = 0; i < 16; ++i) {
    auto square = (batch.pixels_BCTHW[i].select(0, 0) > 0.5).logical_or(batch.pixels_BCTHW[i].select(0, 2) > 0.5).to(at::kFloat).sum(1);  // [T,W]
    auto middle = (square * across).sum(1) / square.sum(1);
    bool goes_right = middle[7].item<float>() > middle[0].item<float>();
    EXPECT_EQ(batch.true_BN[i][directions + 1].item<float>() == 1, goes_right) << i;
    ways.insert(goes_right);
  }
  EXPECT_EQ(ways.size(), 2u) << "of one film";
}

// Where a place is told a subject, the picture is red or blue there; its colour, of which the world has none, is nothing everywhere.
TEST(VideoJudgeBatches, TellPlacesWhatStandsThere) {
  auto settings = small_settings();
  auto world = std::make_shared<SquareWorld>();
  collect_values(*world, {}, 40, settings.model);
  VideoJudgeBatches batches(settings.batches, {}, settings.model, world, 1);
  auto batch = batches.take(0);
  auto stills = video::still_spot_grid(settings.model), film = video::film_spot_grid(settings.model);
  ASSERT_EQ(stills.frames, (std::vector<int64_t>{2, 6}));
  ASSERT_EQ(film.frames, (std::vector<int64_t>{1, 3, 5, 7}));
  ASSERT_EQ(stills.side, 4);
  ASSERT_EQ(batch.spots_MAHW.sizes().vec(), (std::vector<int64_t>{16, 2, 4, 4}));
  ASSERT_EQ(batch.film_spots_BATHW.sizes().vec(), (std::vector<int64_t>{8, 2, 4, 4, 4}));
  // Of the 8×8 pixels of each place one of the middle: there are two in a row, the one in mirrored films being the other in the film itself.
  auto pixels = [&](int64_t film_index, int64_t channel, int64_t frame, int64_t x) { return batch.pixels_BCTHW[film_index][channel][frame].slice(0, 4, 32, 8).slice(1, x, 32, 8) > 0.5; };
  auto agree = [&](const at::Tensor& truth, const at::Tensor& seen, const at::Tensor& seen_beside) { return at::equal(truth, seen) || at::equal(truth, seen_beside); };
  int64_t directions = std::ssize(settings.model.subjects) + std::ssize(settings.model.motions);
  for (int64_t i = 0; i < 8; ++i) {
    for (int64_t s = 0; s < 2; ++s) {
      auto truth = batch.spots_MAHW[2 * i + s];
      auto frame = stills.frames[static_cast<size_t>(s)];
      EXPECT_TRUE((truth[1] == 0).all().item<bool>());
      EXPECT_GT((truth[0] < 2).sum().item<int64_t>(), 0) << i;
      auto seen = [&](int64_t x) { return at::where(pixels(i, 0, frame, x), 1, at::where(pixels(i, 2, frame, x), 0, 2)); };
      EXPECT_TRUE(agree(truth[0], seen(4), seen(3))) << i;
    }
    auto goes_right = batch.true_BN[i][directions + 1].item<int64_t>();
    for (int64_t t = 0; t < 4; ++t) {
      auto frame = film.frames[static_cast<size_t>(t)];
      auto is_square = [&](int64_t x) { return pixels(i, 0, frame, x).logical_or(pixels(i, 2, frame, x)); };
      EXPECT_TRUE(agree(batch.film_spots_BATHW[i][0][t], at::where(is_square(4), 0, 1), at::where(is_square(3), 0, 1))) << i;
      EXPECT_TRUE(agree(batch.film_spots_BATHW[i][1][t], at::where(is_square(4), goes_right, 2), at::where(is_square(3), goes_right, 2))) << i;
    }
  }
}

TEST(VideoJudgeBatches, OfTwoBoxesTheSmallerOneIsInFront) {
  video::VideoJudgeConfig model;
  model.subjects = {"cat", "dog"}, model.colors = {"red"};
  auto subject = [](const char* name, const char* color, std::array<float, 4> box) { return Json{{"subject", name}, {"color", color}, {"boxes", {box, box}}}; };
  Json labels;
  labels["subjects"] = {subject("cat", "red", {0, 0, 0.25, 0.25}), subject("dog", "", {0, 0, 0.5, 1}), subject("bird", "red", {0.75, 0, 1, 0.25})};
  auto truths = spot_truths(labels, {{1}, 8}, video::attributes_of(model), kSpotAttributes);
  auto of = [&](int64_t attribute, int64_t y, int64_t x) { return truths[0][attribute][y][x].item<int64_t>(); };
  EXPECT_EQ(of(0, 0, 0), 0);
  EXPECT_EQ(of(1, 0, 0), 0);
  EXPECT_EQ(of(0, 5, 1), 1);
  EXPECT_EQ(of(1, 5, 1), 1);
  EXPECT_EQ(of(0, 5, 6), 2);
  EXPECT_EQ(of(1, 5, 6), 1);
  EXPECT_EQ(of(0, 0, 7), 2);
  EXPECT_EQ(of(1, 0, 7), 0);  // a subject the judge has no word for
}

TEST(VideoJudgeTask, SameSeedAndStepGiveTheSameLoss) {
  auto one = make(), other = make();
  for (int64_t step : {0, 3, 4}) EXPECT_EQ(run(one, step).scalars.at("loss"), run(other, step).scalars.at("loss")) << step;
}

TEST(VideoJudgeTask, LearnsWhoWhereAndWhichWay) {
  auto task = make();
  nn::AdamW optimizer(task.groups()[0].module->parameters(), {.weight_decay = 0});
  for (int64_t step = 0; step < 120; ++step) {
    EXPECT_TRUE(std::isfinite(run(task, step).scalars.at("loss")));
    optimizer.step(4e-3, 1 / std::max(1.0, optimizer.gradient_norm() / 5));
  }
  auto after = task.validate();
  for (const char* attribute : {"subject", "direction", "place"}) EXPECT_GT(after.at(attribute), 0.9) << attribute;
  EXPECT_EQ(after.at("camera"), 1);  // there is only one
  EXPECT_FALSE(after.contains("color"));
}

// Films to learn from are softened, those that are held out never are.
TEST(VideoJudgeBatches, SoftenWhatIsLearnedFromAlone) {
  auto settings = small_settings();
  auto world = std::make_shared<SquareWorld>();
  collect_values(*world, {}, 40, settings.model);
  VideoJudgeBatches sharp(settings.batches, {}, settings.model, world, 1);
  settings.batches.soft = 1;
  VideoJudgeBatches soft(settings.batches, {}, settings.model, world, 1);
  auto sharp_batch = sharp.take(0), soft_batch = soft.take(0);
  EXPECT_TRUE(at::equal(soft_batch.true_BN, sharp_batch.true_BN)) << "the same films";
  auto steps = [](const at::Tensor& pixels) { return pixels.diff(1, -1).abs().amax({1, 2, 3, 4}); };  // the sharpest edge of each film
  EXPECT_TRUE((steps(soft_batch.pixels_BCTHW) < steps(sharp_batch.pixels_BCTHW)).all().item<bool>());
  EXPECT_TRUE(at::equal(soft.held_out(0, 4).pixels_BCTHW, sharp.held_out(0, 4).pixels_BCTHW));
  settings.batches.soft = 1.5;
  EXPECT_THROW(settings.check(), UsageError);
}

// After training places have their own square and nothing else; with weight 0 nobody asks them.
TEST(VideoJudgeTask, PlacesLearnWhatStandsThere) {
  auto settings = small_settings();
  settings.spot_weight = 0;
  VideoJudgeTask unasked(settings, std::make_shared<SquareWorld>(), 7);
  EXPECT_FALSE(run(unasked, 0).scalars.contains("loss/spots"));
  auto task = make();
  nn::AdamW optimizer(task.groups()[0].module->parameters(), {.weight_decay = 0});
  double before = run(task, 0).scalars.at("loss/spots"), after = 0, film_before = run(task, 0).scalars.at("loss/film_spots"), film_after = 0;
  for (auto& p : task.groups()[0].module->parameters()) p.mutable_grad().reset();
  for (int64_t step = 0; step < 120; ++step) {
    auto scalars = run(task, step).scalars;
    after = scalars.at("loss/spots"), film_after = scalars.at("loss/film_spots");
    optimizer.step(4e-3, 1 / std::max(1.0, optimizer.gradient_norm() / 5));
  }
  EXPECT_NEAR(before, std::log(3), 1e-4);  // two squares or nothing, all alike; there are no colours
  EXPECT_LT(after, 0.4 * before);
  EXPECT_GT(after, 0);
  EXPECT_LT(film_after, 0.7 * film_before);
}

TEST(VideoJudgeTask, ExportsAndReadsBack) {
  auto folder = (std::filesystem::temp_directory_path() / ("moviegen-video-judge-" + std::to_string(::getpid()))).string();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto task = make(7), other = make(8);
  task.export_model(folder);
  auto judge = video::load_video_judge(folder);
  EXPECT_EQ(judge->config.directions, (std::vector<std::string>{"left", "right"}));
  EXPECT_NE(run(task, 0).scalars.at("loss"), run(other, 0).scalars.at("loss"));
  other.import_model(folder);
  auto of_one = weights::state_of(*task.groups()[0].module), of_other = weights::state_of(*other.groups()[0].module);
  for (const auto& [key, tensor] : of_one) EXPECT_TRUE(at::equal(tensor, of_other.at(key))) << key;
  task.sample(folder);
  EXPECT_NE(read_text(folder + "/values.tsv").find("direction\tleft"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mg::train
