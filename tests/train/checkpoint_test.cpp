#include "moviegen/train/checkpoint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/train/metrics.h"
#include "moviegen/train/parameter_groups.h"
#include "toy_task.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;

class Folder : public ::testing::Test {
 protected:
  Folder() { fs::create_directories(path_); }
  ~Folder() override { fs::remove_all(path_); }
  std::string in(const std::string& name) const { return (path_ / name).string(); }
  fs::path path_ = fs::temp_directory_path() / ("moviegen-checkpoint-" + std::to_string(::getpid()));
};
using CheckpointFolder = Folder;
using MetricsFolder = Folder;

Checkpoint example(int64_t step) {
  Checkpoint checkpoint;
  checkpoint.weights = checkpoint.averages = {{"a.w", torch::randn({3})}};
  checkpoint.moments = {{"m.a.w", torch::randn({3})}, {"v.a.w", torch::rand({3})}};
  checkpoint.step = step;
  checkpoint.updates = step;
  checkpoint.window["loss"] = {{"total", 0.1}, {"count", 3}};
  return checkpoint;
}

TEST_F(CheckpointFolder, RoundTripsAndKeepsTheNewest) {
  auto last = example(30);
  for (int64_t step : {10, 20}) save_checkpoint(path_, example(step), 2);
  auto path = save_checkpoint(path_, last, 2);
  auto back = read_checkpoint(path);
  EXPECT_EQ(back.step, 30);
  EXPECT_EQ(back.window, last.window);
  EXPECT_TRUE(at::equal(back.weights.at("a.w"), last.weights.at("a.w")));
  EXPECT_TRUE(at::equal(back.moments.at("v.a.w"), last.moments.at("v.a.w")));
  EXPECT_EQ(list_checkpoints(path_), (std::vector<std::string>{in("0000000020"), in("0000000030")}));
}

TEST_F(CheckpointFolder, HalfWrittenOnesAreNotSeenAndAreCleared) {
  save_checkpoint(path_, example(10), 2);
  fs::create_directories(in(".0000000020.1.1.tmp"));
  write_text(in(".0000000020.1.1.tmp/state.json"), "{}");
  EXPECT_EQ(list_checkpoints(path_).size(), 1u);
  EXPECT_EQ(remove_checkpoints_after(path_, 10), 0);
  EXPECT_FALSE(fs::exists(in(".0000000020.1.1.tmp")));
  EXPECT_EQ(remove_checkpoints_after(path_, 5), 1);
}

TEST_F(CheckpointFolder, ForgedStateIsRefused) {
  auto path = save_checkpoint(path_, example(10), 2);
  for (const char* state : {"", "[]", "{", R"({"version":2})", R"({"step":-1})", R"({"step":"x"})", R"({"other":1})"}) {
    write_text(path + "/state.json", state);
    EXPECT_THROW(read_checkpoint(path), DataError) << state;
  }
  EXPECT_THROW(read_checkpoint(in("none")), NotFound);
  for (const char* window : {"[]", R"({"loss":1})", R"({"loss":{"total":1}})", R"({"loss":{"total":1,"count":0}})", R"({"loss":{"total":"x","count":1}})"})
    EXPECT_THROW(ScalarWindow::from_json(Json::parse(window), "state.json"), DataError) << window;
}

TEST(CopyState, ChangesNothingUnlessAllFits) {
  weights::State into{{"a", torch::zeros({2})}, {"b", torch::zeros({3})}};
  EXPECT_THROW(copy_state({{"a", torch::ones({2})}, {"b", torch::ones({4})}}, into, "x"), DataError);
  EXPECT_THROW(copy_state({{"a", torch::ones({2})}}, into, "x"), DataError);
  EXPECT_THROW(copy_state({{"a", torch::ones({2})}, {"b", torch::ones({3})}, {"c", torch::ones({1})}}, into, "x"), DataError);
  EXPECT_EQ(into["a"].sum().item<float>(), 0);
  copy_state({{"a", torch::ones({2})}, {"b", torch::ones({3})}}, into, "x");
  EXPECT_EQ(into["b"].sum().item<float>(), 3);
}

TEST(ParameterGroups, EachGroupIsClippedByItsOwnNorm) {
  ToyTask task({});
  TrainerConfig config{.beta1 = 0.5, .clip_norm = 2};
  ParameterGroups groups(task.groups(), config);
  for (auto& group : task.groups())
    for (auto& parameter : group.module->parameters()) parameter.mutable_grad() = torch::full_like(parameter, group.name == "head" ? 0.1 : 7.0);
  auto norms = groups.gradient_norms();
  double head_norm = 0.1 * std::sqrt(33.0);  // left alone
  EXPECT_NEAR(norms.at("head"), head_norm, 1e-6);
  EXPECT_NEAR(norms.at("body"), 7 * std::sqrt(1216.0), 1e-4);
  groups.update(0.01, norms, 0);
  auto norm_of = [](const weights::State& state) {
    double sum = 0;
    for (const auto& [key, tensor] : state) sum += tensor.square().sum().item<double>();
    return std::sqrt(sum);
  };
  EXPECT_NEAR(norm_of(weights::with_prefix(groups.moments(), "m.head.")), 0.5 * head_norm, 1e-6);
  EXPECT_NEAR(norm_of(weights::with_prefix(groups.moments(), "m.body.")), 0.5 * 2, 1e-5);
}

TEST(ParameterGroups, ExchangingTwiceIsNothingEvenThroughAnException) {
  ToyTask task({});
  ParameterGroups groups(task.groups(), TrainerConfig{});
  torch::NoGradGuard no_grad;
  task.body->first->weight.normal_();
  task.body->first->weight[0][0] = -0.0f;
  auto weight = task.body->first->weight.clone(), average = groups.averages().at("body.first.weight").clone();
  try {
    WithAverages averages(groups);
    EXPECT_TRUE(at::equal(task.body->first->weight, average));
    throw std::runtime_error("judgement failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(std::memcmp(task.body->first->weight.data_ptr(), weight.data_ptr(), static_cast<size_t>(weight.nbytes())), 0);
  EXPECT_TRUE(at::equal(groups.averages().at("body.first.weight"), average));
}

TEST_F(MetricsFolder, AreCutBackToTheCheckpoint) {
  {
    MetricsLog log(path_, 0);
    for (int64_t step : {1, 2, 3, 4}) log.append(step, {{"loss", 0.5}});
  }
  auto text = read_text(in("metrics.jsonl"));
  auto cut_to = [&](int64_t step) {
    write_text(in("metrics.jsonl"), text + R"({"step": 2, "lo)");  // torn by a kill
    MetricsLog log(path_, step);
    auto left = read_text(in("metrics.jsonl"));
    return std::count(left.begin(), left.end(), '\n');
  };
  EXPECT_EQ(cut_to(9), 4);
  EXPECT_EQ(cut_to(2), 2);
  EXPECT_EQ(cut_to(0), 0);
  int events = 0;
  for (const auto& entry : fs::directory_iterator(path_)) events += entry.path().filename().string().starts_with("events.out.tfevents.");
  EXPECT_EQ(events, 1);
}

TEST_F(MetricsFolder, EventsAreMadeAnewFromTheLines) {
  std::string path;
  {
    MetricsLog log(path_, 0);
    for (int64_t step : {1, 2, 3}) log.append(step, {{"loss", 0.5}, {"odd name/ü", -1}});
    for (const auto& entry : fs::directory_iterator(path_))
      if (entry.path().filename().string().starts_with("events")) path = entry.path();
  }
  auto whole = read_text(path);
  MetricsLog again(path_, 2);
  auto cut = read_text(path);
  constexpr size_t kVersionRecord = 8 + 4 + 24 + 4;
  size_t record = (whole.size() - kVersionRecord) / 3;
  EXPECT_EQ(cut.size(), whole.size() - record);
  EXPECT_EQ(cut.substr(kVersionRecord), whole.substr(kVersionRecord, 2 * record));
}

TEST(ScalarWindow, MeansSkipWhatIsNoNumberAndSurviveSaving) {
  ScalarWindow window;
  window.add({{"loss", 1}, {"loss/t0", std::nan("")}});
  window.add({{"loss", 0.1}, {"loss/t0", 4}});
  auto copy = ScalarWindow::from_json(Json::parse(window.to_json().dump()), "test");
  auto means = window.take();
  EXPECT_EQ(means, copy.take());
  EXPECT_DOUBLE_EQ(means.at("loss"), 0.55);
  EXPECT_DOUBLE_EQ(means.at("loss/t0"), 4);
  EXPECT_TRUE(window.take().empty());
}

}  // namespace
}  // namespace mg::train
