// moviegen generate and inspect as a user runs them, on a tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "../generate/tiny_model.h"
#include "moviegen/core/config.h"
#include "moviegen/media/video.h"
#include "moviegen/video/video_judge.h"
#include "process.h"

namespace mg::cli {
namespace {

namespace fs = std::filesystem;
using generate::Scratch;
using testing::HasSubstr;
const auto* const kCleanup = testing::AddGlobalTestEnvironment(new generate::TinyModelCleanup);

Finished run(const Scratch& scratch, std::vector<std::string> arguments) { return Program(scratch.folder, arguments).wait(); }

// `generate` with the tiny model and one step.
Finished make(const Scratch& scratch, std::vector<std::string> arguments) {
  std::vector<std::string> all{"generate", "--model", generate::tiny_model(), "--steps", "1", "--threads", "1"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(scratch, all);
}

int count_frames(const std::string& path) {
  media::VideoReader reader(path);
  int frames = 0;
  while (reader.next()) ++frames;
  return frames;
}

TEST(Generate, WritesTheFilmAndSaysHow) {
  Scratch scratch;
  auto result = make(scratch, {"a red fox runs to the left through snow", "-o", "fox.mp4", "--size", "96x64", "--seconds", "1", "--fps", "12",
                               "--seed", "7", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  Json out = Json::parse(result.out);
  EXPECT_EQ(out["path"], "fox.mp4");
  EXPECT_EQ(out["seed"], 7);
  for (const char* stage : {"encode text", "denoise", "decode", "encode video"}) {
    EXPECT_TRUE(out["timings_s"].contains(stage)) << stage;
    EXPECT_THAT(result.err, HasSubstr(stage));
  }
  media::VideoReader reader(scratch / "fox.mp4");
  EXPECT_EQ(std::make_pair(reader.info().width, reader.info().height), std::make_pair(96, 64));
  EXPECT_NEAR(reader.info().frame_rate, 12, 1e-6);
  EXPECT_EQ(count_frames(scratch / "fox.mp4"), 12);

  auto table = run(scratch, {"inspect", "fox.mp4"});
  EXPECT_EQ(table.code, 0) << table.err;
  for (const char* word : {"a red fox runs", "tiny", "seed", "96x64", "h264"}) EXPECT_THAT(table.out, HasSubstr(word));
  Json record = Json::parse(run(scratch, {"inspect", "--json", "fox.mp4"}).out);
  EXPECT_EQ(record["seed"], 7);
  EXPECT_EQ(record["resolved"]["num_frames"], 12);
  EXPECT_EQ(record["model"], out["model"]);
  EXPECT_EQ(record["media"]["width"], 96);
}

TEST(Generate, SameSeedSameFileAndTheShownSeedMakesItAgain) {
  Scratch scratch;
  auto first = make(scratch, {"a red fox", "--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  Json out = Json::parse(first.out);
  std::string path = out["path"], seed = std::to_string(out["seed"].get<int64_t>());
  EXPECT_EQ(path, "a-red-fox-" + seed + ".mp4");
  EXPECT_EQ(make(scratch, {"--prompt", "a red fox", "--seed", seed, "-o", "again.mp4"}).code, 0);
  EXPECT_EQ(read_text(scratch / path), read_text(scratch / "again.mp4"));
  EXPECT_EQ(make(scratch, {"a red fox", "--seed", "123456", "-o", "other.mp4"}).code, 0);
  EXPECT_NE(read_text(scratch / path), read_text(scratch / "other.mp4"));
}

TEST(Generate, SeveralFilmsAreThoseOfTheirSeeds) {
  Scratch scratch;
  auto result = make(scratch, {"a car", "--num-videos", "3", "--seed", "5", "-o", "car.mp4", "--quiet"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "car-5.mp4\ncar-6.mp4\ncar-7.mp4\n");
  EXPECT_EQ(result.err, "");
  make(scratch, {"a car", "--seed", "7", "-o", "single.mp4"});
  EXPECT_EQ(read_text(scratch / "car-7.mp4"), read_text(scratch / "single.mp4"));
}

TEST(Generate, PicturesGifsPreviewsAndSidecars) {
  Scratch scratch;
  auto picture = make(scratch, {"a fox", "--frames", "1", "--seed", "3", "--preview"});
  EXPECT_EQ(picture.out, "a-fox-3.png\n") << picture.err;
  EXPECT_EQ(media::read_image(scratch / "a-fox-3.png").width, 64);
  EXPECT_TRUE(fs::exists(scratch / "a-fox-3.preview.png"));
  EXPECT_THAT(run(scratch, {"inspect", "a-fox-3.png"}).out, HasSubstr("a fox"));
  EXPECT_EQ(make(scratch, {"a fox", "--seed", "3", "-o", "fox.gif", "--preview=gif"}).code, 0);
  EXPECT_EQ(count_frames(scratch / "fox.gif"), 9);
  EXPECT_EQ(count_frames(scratch / "fox.preview.gif"), 2);
  EXPECT_THAT(run(scratch, {"inspect", "fox.gif"}).out, HasSubstr("a fox"));
  EXPECT_EQ(make(scratch, {"a fox", "-o", "fox.mp4", "--sidecar"}).code, 0);
  EXPECT_TRUE(Json::parse(read_text(scratch / "fox.mp4.json")).contains("timings_s"));
}

TEST(Generate, NeverOverwritesUnlessTold) {
  Scratch scratch;
  write_text(scratch / "fox.mp4", "mine");
  auto refused = make(scratch, {"a fox", "-o", "fox.mp4"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(read_text(scratch / "fox.mp4"), "mine");
  EXPECT_EQ(make(scratch, {"a fox", "-o", "fox.mp4", "--force"}).code, 0);
  EXPECT_EQ(count_frames(scratch / "fox.mp4"), 9);
}

TEST(Generate, WrongUseIsTwoMissingModelIsThree) {
  Scratch scratch;
  auto code = [&](std::vector<std::string> arguments) {
    auto result = make(scratch, arguments);
    EXPECT_NE(result.err, "");
    EXPECT_EQ(result.out, "");
    return result.code;
  };
  EXPECT_EQ(code({"a fox", "--size", "100x100"}), 2);
  EXPECT_EQ(code({"a fox", "--size", "big"}), 2);
  EXPECT_EQ(code({"a fox", "--size", "9999999999999999999x64"}), 2);
  EXPECT_EQ(code({"a fox", "--frames", "41"}), 2);
  EXPECT_EQ(code({"a fox", "--frames", "many"}), 2);
  EXPECT_EQ(code({"a fox", "--seconds", "100"}), 2);
  EXPECT_EQ(code({"a fox", "--seconds", "1", "--frames", "9"}), 2);
  EXPECT_EQ(code({"a fox", "--seconds", "nan"}), 2);
  EXPECT_EQ(code({"a fox", "--solver", "heun"}), 2);
  EXPECT_EQ(code({"a fox", "--seed", "-2"}), 2);
  EXPECT_EQ(code({"a fox", "-o", "fox.avi"}), 2);
  EXPECT_EQ(code({"a fox", "-o", "fox.png"}), 2);
  EXPECT_EQ(code({"a fox", "--compute", "f64"}), 2);
  EXPECT_EQ(code({"a fox", "--preview=bmp"}), 2);
  EXPECT_EQ(code({"a fox", "a second prompt"}), 2);
  EXPECT_EQ(code({}), 2);
  EXPECT_EQ(run(scratch, {"generate", "a fox", "--model", "no-such-model"}).code, 3);
  EXPECT_EQ(run(scratch, {"inspect", "none.mp4"}).code, 3);
  write_text(scratch / "text.mp4", "not a film");
  EXPECT_EQ(run(scratch, {"inspect", "text.mp4"}).code, 3);
  EXPECT_TRUE(fs::is_empty(fs::path(scratch / ".")) || !fs::exists(scratch / "fox.mp4"));
}

TEST(Generate, OddPromptsMakeFilms) {
  Scratch scratch;
  auto empty = make(scratch, {"", "-o", "empty.mp4"});
  EXPECT_EQ(empty.code, 0) << empty.err;
  EXPECT_THAT(empty.err, HasSubstr("the prompt is empty"));
  auto endless = make(scratch, {std::string(100000, 'x'), "--seed", "1"});
  EXPECT_EQ(endless.code, 0) << endless.err;
  EXPECT_THAT(endless.err, HasSubstr("32768"));
  auto control = make(scratch, {"a\x01\x1b[31m fox\xFF \xE2\x80\xAE", "--seed", "1", "--json"});
  EXPECT_EQ(control.code, 0) << control.err;
  EXPECT_EQ(Json::parse(control.out)["path"], "a-31m-fox-1.mp4");
  EXPECT_EQ(control.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(make(scratch, {"model", "-o", "word.mp4"}).code, 0);  // also the name of a command
  EXPECT_EQ(make(scratch, {"--prompt=--json", "-o", "dashes.mp4"}).code, 0);
  EXPECT_EQ(make(scratch, {"[a, b]", "-o", "brackets.mp4"}).code, 0);
}

TEST(Generate, DryRunMakesNothing) {
  Scratch scratch;
  auto plan = make(scratch, {"a fox", "--dry-run", "-o", "fox.mp4"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  for (const char* word : {"fox.mp4", "tokens", "FLOP", "memory"}) EXPECT_THAT(plan.out, HasSubstr(word));
  EXPECT_FALSE(fs::exists(scratch / "fox.mp4"));
  EXPECT_EQ(Json::parse(make(scratch, {"a fox", "--dry-run", "--json", "--size", "96x64"}).out)["tokens"], 2 * 4 * 6);
}

TEST(Requests, MakesEveryGoodLineAndResumes) {
  Scratch scratch;
  write_text(scratch / "films.jsonl",
             "{\"prompt\": \"a fox\", \"seed\": 7, \"output\": \"one.mp4\"}\n"
             "{\"prompt\": \"a typo\", \"width\": 100}\n"
             "{\"prompt\": \"A blue car\", \"num_frames\": 1}\n"
             "not json\n"
             "{\"prompt\": \"a fox\", \"output\": \"one.mp4\"}\n"
             "{\"prompt\": \"a fox\", \"seed\": 1, \"num_videos_per_prompt\": 2, \"output\": \"more/two.mp4\"}\n");
  auto first = make(scratch, {"--requests", "films.jsonl", "-o", "films"});
  EXPECT_EQ(first.code, 1) << first.err;
  EXPECT_EQ(first.out, "films/one.mp4\nfilms/0003-a-blue-car.png\nfilms/more/two-1.mp4\nfilms/more/two-2.mp4\n");
  for (const char* word : {"line 2", "line 4", "line 5", "3 lines"}) EXPECT_THAT(first.err, HasSubstr(word));
  auto before = read_text(scratch / "films/one.mp4");
  fs::remove(scratch / "films/more/two-1.mp4");
  auto second = make(scratch, {"--requests", "films.jsonl", "-o", "films"});
  EXPECT_EQ(second.out, "films/more/two-1.mp4\n") << second.err;
  EXPECT_THAT(second.err, HasSubstr("skipped"));
  EXPECT_EQ(read_text(scratch / "films/one.mp4"), before);
  EXPECT_EQ(make(scratch, {"--requests", "none.jsonl"}).code, 3);
  EXPECT_EQ(make(scratch, {"a prompt", "--requests", "films.jsonl"}).code, 2);
}

TEST(Generate, CtrlCKeepsFinishedFilms) {
  Scratch scratch;
  Program program(scratch.folder, {"generate", "--model", generate::tiny_model(), "--threads", "1", "--steps", "20", "--num-videos", "5000",
                                   "--seed", "0", "-o", "fox.mp4", "a fox"});
  for (int tries = 0; tries < 3000 && !fs::exists(scratch / "fox-1.mp4"); ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  program.signal(SIGINT);
  auto result = program.wait();
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("films are finished"));
  EXPECT_EQ(count_frames(scratch / "fox-0.mp4"), 9);
  EXPECT_EQ(count_frames(scratch / "fox-1.mp4"), 9);
  size_t shown = std::count(result.out.begin(), result.out.end(), '\n'), films = 0;
  for (const auto& entry : fs::directory_iterator(scratch.folder)) {
    films += entry.path().extension() == ".mp4";
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
  }
  EXPECT_EQ(films, shown);
}

TEST(EvalT2v, JudgesHeldOutFilms) {
  Scratch scratch;
  video::VideoJudgeConfig config{.size = 16, .frames = 4, .patch = 4, .stills = 2, .picture_widths = {8}, .widths = {8}, .features = 2};
  config.styles = {"3d cartoon", "flat", "photo"}, config.weathers = {"clear", "rain"};
  video::save_video_judge(scratch / "judge", video::VideoJudge(config), "f32");
  std::vector<std::string> command{"eval", "t2v", "--held-out", "3", "--judge", "judge", "--rendered-only", "--frames", "5", "--recipe", "",
                                   "--world", MG_SOURCE_DIR "/tests/data/world_sample", "-o", "judged", "--json"};
  auto result = run(scratch, command);
  ASSERT_EQ(result.code, 0) << result.err;
  auto figures = Json::parse(result.out);
  EXPECT_EQ(figures["attributes"]["style"]["made"], figures["attributes"]["style"]["rendered"]);  // nothing was made
  EXPECT_EQ(figures["motion_ratio"], 1.0);
  EXPECT_EQ(figures["still_share"], 0.0);
  auto captions = read_text(scratch / "judged/prompts.txt");
  EXPECT_EQ(std::count(captions.begin(), captions.end(), '\n'), 3);
  EXPECT_GT(media::read_image(scratch / "judged/grid.jpg").width, 4 * 128);
  EXPECT_NE(read_text(scratch / "judged/index.html").find("0003-made.mp4"), std::string::npos);
  EXPECT_EQ(count_frames(scratch / "judged/0003-rendered.mp4"), 5);
  command[5] = "nobody";
  EXPECT_EQ(run(scratch, command).code, 3);
}

TEST(EvalT2v, JudgesLabelledPrompts) {
  Scratch scratch;
  video::VideoJudgeConfig config{.size = 16, .frames = 4, .patch = 4, .stills = 2, .picture_widths = {8}, .widths = {8}, .features = 2};
  config.subjects = {"dog", "fox"};
  video::save_video_judge(scratch / "judge", video::VideoJudge(config), "f32");
  write_text(scratch / "prompts.txt", "a vixen in the white\tfox\tsnow field\trun\tleft\n\na hound goes\tdog\tmeadow\twalk\tnone\n");
  std::vector<std::string> command{"eval", "t2v", "--labelled", "prompts.txt", "--model", generate::tiny_model(), "--judge", "judge", "--frames", "5", "--steps", "1", "--recipe", "",
                                   "--world", MG_SOURCE_DIR "/tests/data/world_sample", "-o", "judged", "--size", "64"};
  auto result = run(scratch, command);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find("own labels fit best among 2 prompts"), std::string::npos) << result.out;
  EXPECT_EQ(read_text(scratch / "judged/prompts.txt"), "a vixen in the white\na hound goes\n");
  write_text(scratch / "prompts.txt", "a vixen\n");
  result = run(scratch, command);
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("separated by tabs"), std::string::npos) << result.err;
  command[3] = "nowhere.txt";
  EXPECT_EQ(run(scratch, command).code, 3);
}

TEST(EvalT2v, ExportsFilmsAsVBenchReadsThem) {
  Scratch scratch;
  write_text(scratch / "prompts.txt", "a fox/dog runs\n");
  std::vector<std::string> command{"eval", "vbench-export", "--prompts", "prompts.txt", "--model", generate::tiny_model(), "--samples", "2", "--steps", "1", "--frames", "5", "-o", "films"};
  auto result = run(scratch, command);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(count_frames(scratch / "films/a fox dog runs-1.mp4"), 5);
  result = run(scratch, command);
  EXPECT_NE(result.out.find("2 films of 1 prompts, 2 of them there before"), std::string::npos) << result.out;
  write_text(scratch / "prompts.txt", std::string(300, 'a') + "\n");
  EXPECT_EQ(run(scratch, command).code, 3);
}

TEST(EvalT2v, MakesAFilmForEveryPromptAndAGrid) {
  Scratch scratch;
  write_text(scratch / "prompts.txt", "a red fox\tfox\n\na car drives\na bus drives to the left\n");
  std::vector<std::string> command{"eval", "t2v", "--model", generate::tiny_model(), "--steps", "1", "--prompts", "prompts.txt", "--seed", "4", "-o", "films"};
  auto result = run(scratch, command);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.out.find(" of 1 films move the way their prompt says (motion.tsv)\nfilms/grid.jpg\n"), std::string::npos) << result.out;
  EXPECT_NE(read_text(scratch / "films/motion.tsv").find("\ta bus drives to the left\n"), std::string::npos);
  EXPECT_EQ(count_frames(scratch / "films/0001-a-red-fox.mp4"), 9);
  EXPECT_EQ(media::read_image(scratch / "films/grid.jpg").width, 8 * 64 + 7 * 2);  // two films of four frames, 2 pixels apart
  make(scratch, {"a car drives", "--seed", "4", "-o", "same.mp4"});
  EXPECT_EQ(read_text(scratch / "films/0002-a-car-drives.mp4"), read_text(scratch / "same.mp4"));
  command[7] = "none.txt";
  EXPECT_EQ(run(scratch, command).code, 3);
}

}  // namespace
}  // namespace mg::cli
