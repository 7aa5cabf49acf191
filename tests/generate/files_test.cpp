// Names, formats, records, plans and request files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "moviegen/generate/output.h"
#include "moviegen/generate/plan.h"
#include "moviegen/generate/preview.h"
#include "moviegen/generate/record.h"
#include "moviegen/generate/requests_file.h"
#include "tiny_model.h"

namespace mg::generate {
namespace {

namespace fs = std::filesystem;

Request seeded(const std::string& prompt, int64_t seed) {
  Request r;
  r.prompt = prompt, r.seed = seed;
  return r;
}

// A film without a model: frames of a colour.
Movie painted(int frames, uint8_t red = 200) {
  auto model = describe_model(tiny_model());
  Movie movie;
  for (int i = 0; i < frames; ++i) {
    media::Image image(64, 64);
    for (size_t p = 0; p < image.rgb.size(); p += 3) image.rgb[p] = red;
    movie.frames.push_back(image);
  }
  auto request = seeded("a red wall, \"caf\xC3\xA9\"", 5);
  movie.record = make_record(request, resolve(request, model).request, model, "0123456789abcdef");
  return movie;
}

TEST(Output, NamesComeFromThePrompt) {
  EXPECT_EQ(slug("A Red fox, runs -- to the LEFT!"), "a-red-fox-runs-to-the-left");
  EXPECT_EQ(slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(slug("\xE4\xB8\xAD\xE6\x96\x87"), "film");
  EXPECT_EQ(slug(""), "film");
  EXPECT_LE(slug(std::string(100000, 'x')).size(), 60u);
  EXPECT_EQ(output_path("", seeded("A fox", 7), 32, 1), "a-fox-7.mp4");
  EXPECT_EQ(output_path("", seeded("A fox", 7), 1, 1), "a-fox-7.png");
  EXPECT_EQ(output_path("films/", seeded("A fox", 7), 32, 3), "films/a-fox-7.mp4");
  EXPECT_EQ(output_path("x/fox.mp4", seeded("A fox", 7), 32, 1), "x/fox.mp4");
  EXPECT_EQ(output_path("x/fox.mp4", seeded("A fox", 7), 32, 2), "x/fox-7.mp4");
}

TEST(Output, RefusesWhatItCannotOrShouldNotWrite) {
  Scratch scratch;
  EXPECT_NO_THROW(check_output(scratch / "fox.MP4", 32, false));
  EXPECT_NO_THROW(check_output(scratch / "fox.gif", 32, false));
  EXPECT_NO_THROW(check_output(scratch / "fox.webp", 1, false));
  EXPECT_THROW(check_output(scratch / "fox.png", 32, false), UsageError);
  EXPECT_THROW(check_output(scratch / "fox.avi", 32, false), UsageError);
  EXPECT_THROW(check_output(scratch / "fox", 32, false), UsageError);
  write_text(scratch / "fox.mp4", "old");
  EXPECT_THROW(check_output(scratch / "fox.mp4", 32, false), UsageError);
  EXPECT_NO_THROW(check_output(scratch / "fox.mp4", 32, true));
  fs::create_directories(scratch / "folder.mp4");
  EXPECT_THROW(check_output(scratch / "folder.mp4", 32, true), UsageError);
}

TEST(Record, ComesBackFromEveryFormat) {
  Scratch scratch;
  for (std::string name : {"a.mp4", "a.gif", "a.png", "a.webp", "a.jpg"}) {
    Movie movie = painted(name == "a.mp4" || name == "a.gif" ? 9 : 1);
    save_movie(movie, scratch / ("new/" + name));
    Json record = read_record(scratch / ("new/" + name));
    record.erase("timings_s");  // in sidecars only
    EXPECT_EQ(record, movie.record) << name;
    EXPECT_EQ(fs::exists(scratch / ("new/" + name + ".json")), name != "a.mp4" && name != "a.png") << name;
    EXPECT_TRUE(movie.timings_s.contains("encode video"));
  }
  Movie movie = painted(9);
  save_movie(movie, scratch / "b.mp4", true);
  EXPECT_TRUE(Json::parse(read_text(scratch / "b.mp4.json")).contains("timings_s"));
}

TEST(Record, SaysWhatIsMissingOrDamaged) {
  Scratch scratch;
  EXPECT_THROW(read_record(scratch / "none.mp4"), NotFound);
  media::write_image(scratch / "plain.png", media::Image(16, 16));
  EXPECT_THROW(read_record(scratch / "plain.png"), NotFound);
  for (std::string text : {"{", "[]", "7", "{}"}) {
    media::write_image(scratch / "odd.png", media::Image(16, 16), text);
    EXPECT_THROW(read_record(scratch / "odd.png"), DataError) << text;
  }
}

TEST(Record, HasALineForPeopleCutBetweenCharacters) {
  auto model = describe_model(tiny_model());
  std::string prompt;
  while (prompt.size() < 2000) prompt += "\xF0\x9F\xA6\x8A";
  auto request = seeded(prompt, 5);
  auto line = describe_record(make_record(request, resolve(request, model).request, model, ""));
  EXPECT_LT(line.size(), 400u);
  EXPECT_NO_THROW(Json(line).dump());  // throws on broken UTF-8
  EXPECT_THAT(line, testing::HasSubstr("seed 5"));
}

TEST(Request, ChurnIsTheModelsUnlessTheSolverHasNone) {
  auto model = describe_model(tiny_model());
  model.defaults.churn = 2;
  Request request = seeded("a fox", 1);
  EXPECT_EQ(resolve(request, model).request.churn, 2);
  request.solver = "midpoint";
  EXPECT_EQ(resolve(request, model).request.churn, 0);
  request.churn = 1;
  EXPECT_THROW(resolve(request, model), UsageError);
  request.solver = "euler", request.churn = -2;
  EXPECT_THROW(resolve(request, model), UsageError);
  request.churn = 0;
  EXPECT_EQ(resolve(request, model).request.churn, 0);
}

TEST(Plan, CountsPassesAndGrowsWithTheFilm) {
  auto model = describe_model(tiny_model());
  auto plan = [&](auto change) {
    Request r = seeded("a fox", 1);
    change(r);
    return plan_of(resolve(r, model).request, model);
  };
  auto usual = plan([](Request&) {});
  EXPECT_EQ(usual.grid.count(), 2 * 4 * 4);
  EXPECT_EQ(usual.forward_passes, 8);
  EXPECT_EQ(plan([](Request& r) { r.guidance_scale = 1; }).forward_passes, 4);
  EXPECT_EQ(plan([](Request& r) { r.solver = "midpoint"; }).forward_passes, 16);
  EXPECT_EQ(plan([](Request& r) { r.prompt = ""; }).forward_passes, 4);
  EXPECT_EQ(plan([](Request& r) { r.guidance_start = 0.9; }).forward_passes, 4);
  int64_t early = plan([](Request& r) { r.guidance_end = 0; }).forward_passes;
  EXPECT_EQ(early, 5);  // the first step alone has both sides
  auto longer = plan([](Request& r) { r.num_frames = 40; });
  EXPECT_GT(longer.denoise_flops, 2 * usual.denoise_flops);
  EXPECT_GT(longer.decode_flops, 2 * usual.decode_flops);
  EXPECT_GT(longer.memory_bytes, usual.memory_bytes);
  EXPECT_GT(measure_rate(), 1e8);
}

TEST(Preview, ShowsWhereTheFlowIsHeading) {
  torch::NoGradGuard no_grad;
  auto model = tiny_autoencoder();
  Preview preview;
  auto data = torch::full({1, 16, 2, 8, 8}, 1.0f);
  auto images = preview.look(model, data, false);
  ASSERT_EQ(images.size(), 2u);
  EXPECT_TRUE(preview.look(model, data, false).empty());  // too soon for another
  // Every channel is 1, so 0.3 of full red in the tiny model's matrix.
  for (const auto& image : images)
    for (size_t i = 0; i < image.rgb.size(); i += 3) ASSERT_NEAR(image.rgb[i], 127.5 * 1.3, 2);
  EXPECT_EQ(preview.look(model, data, true).size(), 2u);
  auto wide = strip(images);
  EXPECT_EQ(wide.width, 2 * images[0].width + 2);
}

TEST(Requests, BadLinesAreKeptWithTheirReason) {
  Scratch scratch;
  write_text(scratch / "films.jsonl",
             "{\"prompt\": \"a fox\", \"seed\": 3, \"output\": \"fox.mp4\"}\n\n"
             "{\"promt\": \"a typo\"}\r\n"
             "not json\n"
             "[1]\n"
             "{\"prompt\": \"x\", \"seed\": \"7\"}\n"
             "{\"prompt\": \"x\", \"output\": 7}\n"
             "{\"prompt\": \"x\", \"fps\": 1000}\n"
             "{\"prompt\": \"no end of line\", \"num_inference_steps\": 9}");
  Request defaults;
  defaults.num_inference_steps = 5;
  auto lines = read_requests(scratch / "films.jsonl", defaults);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[0].error, "");
  EXPECT_EQ(lines[0].output, "fox.mp4");
  EXPECT_EQ(lines[0].request.num_inference_steps, 5);
  EXPECT_EQ(lines[0].request.seed, 3);
  for (int i = 1; i < 7; ++i) EXPECT_THAT(lines[i].error, testing::HasSubstr(fmt::format("line {}", lines[i].number)));
  EXPECT_EQ(lines[1].number, 3);
  EXPECT_THAT(lines[1].error, testing::HasSubstr("promt"));
  EXPECT_EQ(lines[7].request.num_inference_steps, 9);
  write_text(scratch / "empty.jsonl", "\n \n");
  EXPECT_THROW(read_requests(scratch / "empty.jsonl", {}), DataError);
  EXPECT_THROW(read_requests(scratch / "none.jsonl", {}), NotFound);
}

}  // namespace
}  // namespace mg::generate
