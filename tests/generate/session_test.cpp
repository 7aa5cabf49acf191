// From a request to frames: the whole chain on a tiny model.
#include <gtest/gtest.h>
#include <gmock/gmock.h>

#include "moviegen/generate/model_description.h"
#include "moviegen/generate/output.h"
#include "moviegen/generate/record.h"
#include "moviegen/text/rewriter.h"
#include "tiny_model.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;
const auto* const kCleanup = testing::AddGlobalTestEnvironment(new TinyModelCleanup);

Request request_for(const std::string& prompt, int64_t seed) {
  Request r;
  r.prompt = prompt, r.seed = seed;
  return r;
}

bool same_frames(const Movie& a, const Movie& b) {
  if (a.frames.size() != b.frames.size()) return false;
  for (size_t i = 0; i < a.frames.size(); ++i)
    if (a.frames[i].rgb != b.frames[i].rgb) return false;
  return true;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no UsageError";
}

// A copy of the model to break.
struct BrokenModel {
  Scratch scratch;
  std::string folder = scratch / "broken";
  BrokenModel() { fs::copy(tiny_model(), folder, fs::copy_options::recursive); }
  void change(const std::string& file, const std::string& key, const Json& value) {
    Json tree = Json::parse(read_text(folder + "/" + file));
    tree[key] = value;
    write_text(folder + "/" + file, tree.dump());
  }
};

TEST(Session, MakesTheFilmThatWasAskedFor) {
  auto session = Session::open(tiny_model());
  auto request = request_for("a red fox runs through snow", 7);
  request.width = 96, request.height = 64, request.num_frames = 21, request.fps = 12;
  Movie movie = session.generate(request);
  ASSERT_EQ(movie.frames.size(), 21u);
  for (const auto& frame : movie.frames) EXPECT_EQ(std::make_pair(frame.width, frame.height), std::make_pair(96, 64));
  Scratch scratch;
  save_movie(movie, scratch / "fox.mp4");
  media::VideoReader reader(scratch / "fox.mp4");
  EXPECT_EQ(std::make_pair(reader.info().width, reader.info().height), std::make_pair(96, 64));
  EXPECT_NEAR(reader.info().frame_rate, 12, 1e-6);
  int frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(frames, 21);
  EXPECT_EQ(read_record(scratch / "fox.mp4"), movie.record);
}

TEST(Session, AnyFrameCountAndLongFilmsThroughTiles) {
  auto session = Session::open(tiny_model());
  for (int64_t frames : {1, 2, 8, 9, 40}) {
    auto request = request_for("a fox", 1);
    request.num_frames = frames, request.num_inference_steps = 1;
    EXPECT_EQ(session.generate(request).frames.size(), static_cast<size_t>(frames));
  }
}

TEST(Session, SameSeedSameBytesOtherSeedOtherFilm) {
  auto session = Session::open(tiny_model());
  auto again = Session::open(tiny_model());
  Scratch scratch;
  Movie one = session.generate(request_for("a red fox", 7)), other = session.generate(request_for("a red fox", 8));
  Movie two = again.generate(request_for("a red fox", 7));
  save_movie(one, scratch / "one.mp4");
  save_movie(two, scratch / "two.mp4");
  EXPECT_EQ(read_text(scratch / "one.mp4"), read_text(scratch / "two.mp4"));
  EXPECT_FALSE(same_frames(one, other));
}

TEST(Session, FilmKOfARequestIsTheFilmOfItsSeed) {
  auto session = Session::open(tiny_model());
  auto request = request_for("a blue car", 20);
  request.num_videos_per_prompt = 3;
  auto films = films_of(request);
  ASSERT_EQ(films.size(), 3u);
  EXPECT_THROW(session.generate(request), UsageError);
  for (const auto& film : films) {
    Movie movie = session.generate(film);
    EXPECT_EQ(movie.seed, film.seed);
    EXPECT_TRUE(film.seed != 22 || same_frames(movie, Session::open(tiny_model()).generate(request_for("a blue car", 22))));
  }
  request.seed = -1;
  auto random = films_of(request);
  EXPECT_GE(random[0].seed, 0);
  EXPECT_EQ(random[2].seed, random[0].seed + 2);
  EXPECT_NE(films_of(request)[0].seed, random[0].seed);
}

TEST(Session, PromptNegativePromptAndGuidanceMatter) {
  auto session = Session::open(tiny_model());
  Movie fox = session.generate(request_for("a red fox", 7));
  EXPECT_FALSE(same_frames(fox, session.generate(request_for("a blue car", 7))));
  auto request = request_for("a red fox", 7);
  request.guidance_scale = 1;
  EXPECT_FALSE(same_frames(fox, session.generate(request)));
  request.guidance_scale = 3;  // the model's default, spelled out
  EXPECT_TRUE(same_frames(fox, session.generate(request)));
  request.negative_prompt = "rain in a city";
  EXPECT_FALSE(same_frames(fox, session.generate(request)));
}

TEST(Session, OddPromptsHaveDefinedResults) {
  auto session = Session::open(tiny_model());
  Movie empty = session.generate(request_for("", 7));
  EXPECT_THAT(empty.notes, testing::Contains(testing::HasSubstr("empty")));
  EXPECT_EQ(empty.record["resolved"]["guidance_scale"], 1.0);
  EXPECT_TRUE(same_frames(empty, session.generate(request_for(" \t\x01 ", 7))));
  EXPECT_TRUE(same_frames(session.generate(request_for("a red\x02\nfox", 7)), session.generate(request_for("a red fox", 7))));
  std::string endless;
  while (endless.size() < 100000) endless += "a red fox ";
  Movie cut = session.generate(request_for(endless, 7));
  EXPECT_THAT(cut.notes, testing::Contains(testing::HasSubstr("100000 bytes")));
  EXPECT_THAT(cut.notes, testing::Contains(testing::HasSubstr("first 24 tokens")));
  Movie broken = session.generate(request_for("caf\xFF \xF0\x9F\xA6\x8A", 7));
  EXPECT_EQ(broken.record["request"]["prompt"], "caf\xEF\xBF\xBD \xF0\x9F\xA6\x8A");
}

TEST(Session, RewritesWordsThatTheModelDoesNotKnow) {
  Scratch scratch;
  auto folder = scratch / "with-rewriter";
  std::filesystem::copy(tiny_model(), folder, std::filesystem::copy_options::recursive);
  text::Rewriter({"a", "fox", "runs"}, {{"vixen", "fox"}}).save(folder);
  auto session = Session::open(folder);
  Movie movie = session.generate(request_for("a sly vixen runs", 3));
  EXPECT_EQ(movie.record["request"]["prompt"], "a sly vixen runs");
  EXPECT_EQ(movie.record["resolved"]["prompt"], "a fox runs");
  EXPECT_THAT(movie.notes, testing::Contains(testing::HasSubstr("vixen → fox")));
  EXPECT_TRUE(movie.timings_s.contains("rewrite"));
  auto as_it_is = request_for("a sly vixen runs", 3);
  as_it_is.rewrite = "off";
  EXPECT_EQ(session.generate(as_it_is).record["resolved"]["prompt"], "a sly vixen runs");
  as_it_is.rewrite = "http://127.0.0.1:1";
  EXPECT_THROW(session.generate(as_it_is), ResourceError);
  as_it_is.rewrite = "yes";
  EXPECT_THROW(session.generate(as_it_is), UsageError);
}

TEST(Session, ReportsStagesInOrderAndPreviews) {
  auto session = Session::open(tiny_model());
  std::vector<std::string> seen;
  size_t previews = 0;
  Callbacks callbacks;
  callbacks.on_stage = [&](const StageUpdate& u) { seen.push_back(fmt::format("{} {}/{}", u.stage, u.done, u.total)); };
  callbacks.on_preview = [&](const std::vector<media::Image>& images) {
    ++previews;
    EXPECT_EQ(images.size(), 2u);  // latent frames of nine frames
    EXPECT_EQ(images[0].width, images[0].height);
  };
  Movie movie = session.generate(request_for("a fox", 3), callbacks);
  EXPECT_EQ(seen, (std::vector<std::string>{"encode text 0/1", "encode text 1/1", "denoise 0/4", "denoise 1/4", "denoise 2/4", "denoise 3/4",
                                            "denoise 4/4", "decode 0/9", "decode 9/9", "look at frames 0/1", "look at frames 1/1", "make sound 0/2", "make sound 1/2",
                                       "make sound 2/2"}));
  EXPECT_GE(previews, 1u);
  EXPECT_EQ(movie.timings_s.size(), 5u);
  EXPECT_EQ(movie.record.dump().find("timings"), std::string::npos);
}

TEST(Session, StopsBetweenSteps) {
  auto session = Session::open(tiny_model());
  CancelToken token;
  int64_t last = 0;
  Callbacks callbacks;
  callbacks.cancel = &token;
  callbacks.on_stage = [&](const StageUpdate& u) {
    last = u.done;
    if (u.stage == "denoise" && u.done == 2) token.cancel();
  };
  EXPECT_THROW(session.generate(request_for("a fox", 3), callbacks), Cancelled);
  EXPECT_EQ(last, 2);
}

TEST(Resolve, RefusesWithTheAllowedValues) {
  auto model = describe_model(tiny_model());
  auto refused = [&](auto change) {
    Request r = request_for("a fox", 1);
    change(r);
    return message_of([&] { resolve(r, model); });
  };
  EXPECT_THAT(refused([](Request& r) { r.width = 100; }), testing::AllOf(testing::HasSubstr("multiple of 16"), testing::HasSubstr("96")));
  EXPECT_THAT(refused([](Request& r) { r.height = 80; }), testing::HasSubstr("16 to 64"));
  EXPECT_THAT(refused([](Request& r) { r.num_frames = 41; }), testing::HasSubstr("1 to 40"));
  EXPECT_THAT(refused([](Request& r) { r.num_frames = -1; }), testing::HasSubstr("num_frames"));
  EXPECT_THAT(refused([](Request& r) { r.solver = "heun"; }), testing::HasSubstr("euler or midpoint"));
  EXPECT_THAT(refused([](Request& r) { r.schedule = "cosine"; }), testing::HasSubstr("linear-quadratic"));
  EXPECT_THAT(refused([](Request& r) { r.guidance_scale = std::nan(""); }), testing::HasSubstr("guidance_scale"));
  EXPECT_THAT(refused([](Request& r) { r.num_inference_steps = 100000; }), testing::HasSubstr("num_inference_steps"));
  EXPECT_THAT(refused([](Request& r) { r.seed = kMaxSeed; }), testing::HasSubstr("seed"));
  EXPECT_THAT(refused([](Request& r) { r.num_videos_per_prompt = 0; }), testing::HasSubstr("num_videos_per_prompt"));
}

TEST(Resolve, FillsInTheModelsDefaults) {
  auto [r, notes] = resolve(request_for("a fox", 1), describe_model(tiny_model()));
  EXPECT_EQ(std::make_tuple(r.width, r.height, r.num_frames, r.fps), std::make_tuple(64, 64, 9, 16));
  EXPECT_EQ(r.num_inference_steps, 4);
  EXPECT_EQ(r.guidance_scale, 3);
  EXPECT_EQ(r.schedule + " " + r.solver, "linear-quadratic euler");
  EXPECT_TRUE(notes.empty());
  Request untrained = request_for("a fox", 1);
  untrained.width = 32, untrained.num_frames = 40;
  EXPECT_EQ(resolve(untrained, describe_model(tiny_model())).notes.size(), 2u);
  BrokenModel plain;
  fs::remove_all(plain.folder + "/scheduler");
  auto fallback = resolve(request_for("a fox", -1), describe_model(plain.folder)).request;
  EXPECT_EQ(fallback.guidance_scale, 7.5);
  EXPECT_EQ(fallback.num_inference_steps, 50);
  EXPECT_EQ(std::make_tuple(fallback.width, fallback.height, fallback.num_frames), std::make_tuple(96, 64, 32));
  EXPECT_GE(fallback.seed, 0);
}

TEST(Model, BrokenFoldersAreBadData) {
  EXPECT_THROW(Session::open("no-such-model"), NotFound);
  auto broken = [](auto damage) {
    auto model = std::make_shared<BrokenModel>();
    damage(*model);
    return [model] { Session::open(model->folder); };
  };
  EXPECT_THROW(broken([](BrokenModel& m) { m.change("scheduler/scheduler_config.json", "guidance", 3); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { m.change("scheduler/scheduler_config.json", "sizes", {"64by64"}); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { write_text(m.folder + "/scheduler/scheduler_config.json", "{"); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { m.change("transformer/config.json", "latent_channels", 8); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { m.change("transformer/config.json", "num_heads", 5); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { m.change("vae/config.json", "_class_name", "Other"); })(), DataError);
  EXPECT_THROW(broken([](BrokenModel& m) { fs::remove_all(m.folder + "/vae"); })(), NotFound);
  EXPECT_THROW(broken([](BrokenModel& m) { fs::resize_file(m.folder + "/transformer/diffusion_pytorch_model.safetensors", 5000); })(), DataError);
}

TEST(Model, HashSeesEveryByteThatCounts) {
  BrokenModel model;
  std::string hash = model_hash(tiny_model());
  EXPECT_EQ(hash.size(), 16u);
  EXPECT_EQ(model_hash(model.folder), hash);  // neither the folder's place nor its time count
  write_text(model.folder + "/README.md", "a model card");
  EXPECT_EQ(model_hash(model.folder), hash);
  std::string path = model.folder + "/vae/diffusion_pytorch_model.safetensors", bytes = read_text(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_text(path, bytes);
  EXPECT_NE(model_hash(model.folder), hash);
}

}  // namespace
}  // namespace mg::generate
