#include "moviegen/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <limits>

#include "moviegen/train/checkpoint.h"
#include "moviegen/weights/state.h"
#include "toy_task.h"

namespace mg::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Metrics without what tells of time and machine.
std::vector<Json> repeatable_metrics(const ToyRun& run) {
  std::vector<Json> lines;
  std::istringstream text(read_text(run.file("metrics.jsonl")));
  for (std::string line; std::getline(text, line);) {
    Json object = Json::parse(line);
    for (const char* key : {"time", "seconds", "s_per_step", "samples_per_s", "data_wait", "gflop_per_s", "utilisation", "memory_bytes"}) object.erase(key);
    lines.push_back(object);
  }
  return lines;
}

void expect_same_bits(const weights::State& a, const weights::State& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [key, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(key))) << key;
}

void expect_same_run(const ToyRun& a, const ToyRun& b) {
  auto first = read_checkpoint(a.file("checkpoints/0000000020")), second = read_checkpoint(b.file("checkpoints/0000000020"));
  expect_same_bits(first.weights, second.weights);
  expect_same_bits(first.averages, second.averages);
  expect_same_bits(first.moments, second.moments);
  expect_same_bits(first.task, second.task);
  EXPECT_EQ(first.updates, second.updates);
  EXPECT_EQ(first.samples, second.samples);
  EXPECT_EQ(repeatable_metrics(a), repeatable_metrics(b));
  EXPECT_EQ(read_text(a.file("model/exported.txt")), read_text(b.file("model/exported.txt")));
}

TEST(Trainer, LearnsAndLeavesACompleteRunFolder) {
  ToyRun run("complete");
  run.options.assignments = {"trainer.steps=200", "trainer.sample_every=100"};
  run.train();
  auto metrics = repeatable_metrics(run);
  double first = metrics.front()["loss"], last = 1e9;
  for (const auto& line : metrics) last = line.value("loss", last);
  EXPECT_LT(last, 0.5 * first);
  for (const char* name : {"config.toml", "starts.jsonl", "checkpoints/0000000200/weights.safetensors", "samples/step-0000000100/sample.txt",
                           "samples/step-0000000200/sample.txt", "model/exported.txt"})
    EXPECT_TRUE(fs::exists(run.file(name))) << name;
  EXPECT_EQ(list_checkpoints(run.file("checkpoints")).size(), 2u);  // keep_checkpoints
}

TEST(Trainer, ACrashedRunGoesOnBitEqual) {
  ToyRun whole("whole"), broken("broken");
  whole.train();
  auto crash_at = [](int64_t at) { return ToyHooks{.before_step = [at](int64_t step) { if (step == at) throw std::runtime_error("crash"); }}; };
  EXPECT_THROW(broken.train(crash_at(3)), std::runtime_error);  // before the first checkpoint: all anew
  EXPECT_THROW(broken.train(crash_at(11)), std::runtime_error);
  EXPECT_THROW(broken.train(crash_at(15)), std::runtime_error);
  broken.train();
  expect_same_run(whole, broken);
}

TEST(Trainer, ARunWithMuonGoesOnBitEqual) {
  ToyRun whole("whole-muon"), broken("broken-muon"), other("adamw");
  whole.options.assignments = broken.options.assignments = {"trainer.muon=true"};
  whole.train();
  EXPECT_THROW(broken.train({.before_step = [](int64_t step) { if (step == 11) throw std::runtime_error("crash"); }}), std::runtime_error);
  broken.train();
  expect_same_run(whole, broken);
  other.train();
  auto muon = read_checkpoint(whole.file("checkpoints/0000000020")), adamw = read_checkpoint(other.file("checkpoints/0000000020"));
  EXPECT_EQ(muon.moments.at("v.body.second.weight").numel(), 1);  // a square matrix of a hidden layer
  EXPECT_EQ(muon.moments.at("v.body.first.weight").numel(), 4 * 32);  // too thin for Muon
  EXPECT_FALSE(at::equal(muon.weights.at("body.second.weight"), adamw.weights.at("body.second.weight")));
}

TEST(Trainer, ACancelledRunSavesSaysHowToGoOnAndGoesOnBitEqual) {
  ToyRun whole("uncancelled"), broken("cancelled");
  whole.train();
  broken.options.assignments = {"trainer.seed=0"};
  try {
    broken.train({.before_step = [&](int64_t step) { if (step == 9) broken.cancel.cancel(); }});
    FAIL() << "not cancelled";
  } catch (const Cancelled& error) {
    EXPECT_THAT(error.what(), HasSubstr("checkpoints/0000000010"));
    EXPECT_THAT(error.what(), HasSubstr("moviegen train " + broken.options.recipe + " --set trainer.seed=0 --run-folder " + broken.options.run_folder));
  }
  CancelToken fresh;
  broken.options.cancel = &fresh;
  broken.train();
  expect_same_run(whole, broken);
}

TEST(Trainer, SlicesByTimeAreTheWholeRun) {
  ToyRun whole("unsliced"), sliced("sliced");
  whole.train();
  sliced.options.assignments = {"trainer.max_minutes=1e-9"};
  for (int64_t slice = 1; slice < 20; ++slice) {
    sliced.train();
    EXPECT_EQ(read_checkpoint(list_checkpoints(sliced.file("checkpoints")).back()).step, slice);
    EXPECT_FALSE(fs::exists(sliced.file("model")));
  }
  sliced.train();
  expect_same_run(whole, sliced);
  sliced.train();  // nothing left to do: exports again, trains nothing
  expect_same_run(whole, sliced);
}

TEST(Trainer, AnEarlierCheckpointCanBeTakenAndLaterOnesGo) {
  ToyRun whole("later"), again("earlier");
  whole.train();
  again.options.assignments = {"trainer.keep_checkpoints=9"};
  again.train();
  again.options.resume = again.file("checkpoints/0000000008");
  EXPECT_THROW(again.train({.before_step = [](int64_t step) { if (step == 9) throw std::runtime_error("crash"); }}), std::runtime_error);
  EXPECT_THAT(list_checkpoints(again.file("checkpoints")).back(), HasSubstr("0000000008"));
  again.options.resume = "auto";
  again.train();
  expect_same_run(whole, again);
}

TEST(Trainer, NonFiniteValuesAreNamedAndTheCheckpointStays) {
  ToyRun run("nan");
  auto poison = [&](int64_t step) {
    if (step == 6) run.task->body->second->weight.mutable_grad()[3][2] = std::numeric_limits<float>::quiet_NaN();
  };
  try {
    run.train({.after_backward = poison});
    FAIL() << "accepted";
  } catch (const CheckFailed& error) {
    for (const char* part : {"step 7", "gradient of 'body.second.weight' has 1 of 1024", "checkpoints/0000000004"}) EXPECT_THAT(error.what(), HasSubstr(part));
  }
  EXPECT_EQ(list_checkpoints(run.file("checkpoints")).size(), 1u);
  ToyRun whole("no-nan");
  whole.train();
  run.train();
  expect_same_run(whole, run);
}

TEST(Trainer, ANonFiniteLossNamesTheWeight) {
  ToyRun run("nan-loss");
  auto poison = [&](int64_t step) {
    torch::NoGradGuard no_grad;
    if (step == 2) run.task->head->bias[0] = std::numeric_limits<float>::infinity();
  };
  try {
    run.train({.before_step = poison});
    FAIL() << "accepted";
  } catch (const CheckFailed& error) {
    for (const char* part : {"step 3", "the loss is inf", "the weight 'head.bias'"}) EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(Trainer, AFullDiskLeavesTheEarlierCheckpoint) {
  ToyRun whole("roomy"), full("full");
  whole.train();
  std::signal(SIGXFSZ, SIG_IGN);  // writes beyond the limit then fail, as on a full disk
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  auto fill = [&](int64_t step) {
    rlimit small{1 << 9, old.rlim_max};
    if (step == 7) setrlimit(RLIMIT_FSIZE, &small);
  };
  std::string message;
  full.options.assignments = {"trainer.log_every=1000"};  // keep metrics below the limit
  full.options.assignments.push_back("trainer.validate_every=0");
  try {
    full.train({.before_step = fill});
  } catch (const ResourceError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old);
  for (const char* part : {"checkpoint of step 8", "could not be written", "The newest checkpoint is", "0000000004", "moviegen train"}) EXPECT_THAT(message, HasSubstr(part));
  EXPECT_EQ(std::distance(fs::directory_iterator(full.file("checkpoints")), fs::directory_iterator()), 1);  // and no litter
  full.train();
  expect_same_bits(read_checkpoint(whole.file("checkpoints/0000000020")).weights, read_checkpoint(full.file("checkpoints/0000000020")).weights);
}

TEST(Trainer, AveragesAreInTheModulesForJudgementOnly) {
  ToyRun run("averages");
  weights::State seen;
  auto look = [&] {
    for (const auto& [key, tensor] : weights::state_of(*run.task->body)) seen["body." + key] = tensor.clone();
  };
  run.train({.in_validate = look});
  auto last = read_checkpoint(run.file("checkpoints/0000000020"));
  EXPECT_EQ(last.averages.size(), 4u);  // the head keeps none
  for (const auto& [key, tensor] : last.averages) {
    EXPECT_TRUE(at::equal(tensor, seen.at(key))) << key;
    EXPECT_FALSE(at::equal(tensor, last.weights.at(key))) << key;
  }
  ToyRun plain("no-averages");
  plain.options.assignments = {"trainer.validate_every=0"};
  plain.train();
  expect_same_bits(last.weights, read_checkpoint(plain.file("checkpoints/0000000020")).weights);
}

TEST(Trainer, WeightsComeBackWhenAJudgementThrows) {
  ToyRun whole("calm"), run("throwing");
  whole.train();
  auto stop = [&] {
    throw Cancelled("in the middle of a validation");
  };
  EXPECT_THROW(run.train({.in_validate = stop}), Cancelled);  // saves: a checkpoint with averages for weights would go on differently
  run.train();
  expect_same_bits(read_checkpoint(whole.file("checkpoints/0000000020")).weights, read_checkpoint(run.file("checkpoints/0000000020")).weights);
}

TEST(Trainer, StartsFromTheWeightsOfAnotherRun) {
  ToyRun first("stage-one"), second("stage-two");
  first.train();
  second.options.init_from = first.options.run_folder;
  second.options.assignments = {"trainer.steps=2", "trainer.learning_rate=1e-12", "trainer.weight_decay=0", "trainer.ema_decay=0.99"};
  second.train();
  auto from = read_checkpoint(first.file("checkpoints/0000000020")), to = read_checkpoint(second.file("checkpoints/0000000002"));
  EXPECT_EQ(to.updates, 2);
  for (const auto& [key, tensor] : from.weights)
    EXPECT_TRUE(key == "body.calls" || at::allclose(tensor, to.weights.at(key), 1e-5, 1e-6)) << key;
  weights::write_state(first.file("checkpoints/0000000020/weights.safetensors"), {{"other.weight", torch::zeros({1})}});
  fs::remove_all(second.options.run_folder);
  EXPECT_THROW(second.train(), DataError);
}

TEST(Trainer, ProfilesSteps) {
  ToyRun run("profile");
  run.options.profile_steps = 10;
  testing::internal::CaptureStderr();
  run.train();
  auto said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("10 steps of "));
  for (const char* name : {"data wait", "forward", "backward", "optimizer", "the rest", "aten::addmm"}) EXPECT_THAT(said, HasSubstr(name));
}

TEST(Trainer, AUsedFolderAndABusyFolderAreRefused) {
  ToyRun run("used");
  std::string busy;
  auto inner = [&](int64_t step) {
    if (step != 0) return;
    try {
      run_training(run.options, [](const std::string&, const TaskContext&) -> std::unique_ptr<Task> { throw InternalError("reached"); });
    } catch (const UsageError& error) {
      busy = error.what();
    }
  };
  run.train({.before_step = inner});
  EXPECT_THAT(busy, HasSubstr("another training run"));
  run.options.resume = "never";
  EXPECT_THROW(run.train(), UsageError);
  run.options.resume = "no-such-checkpoint";
  EXPECT_THROW(run.train(), NotFound);
}

}  // namespace
}  // namespace mg::train
