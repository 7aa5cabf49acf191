#include "moviegen/train/tasks/sound_task.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "../generate/tiny_model.h"
#include "moviegen/audio/dac_vae.h"
#include "moviegen/audio/sound_generator.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/nn/optimizer.h"
#include "moviegen/data/world/sound_class.h"
#include "moviegen/train/tasks/event_head.h"
#include "moviegen/train/tasks/sound_batches.h"
#include "moviegen/train/tasks/tasks.h"

namespace mg::train {
namespace {

// A flash and a tone at the same moment; the seed says when and which.
class FlashWorld : public world::World {
 public:
  world::Clip render(uint64_t seed, const world::RenderOptions& o) const override {
    world::Clip clip;
    clip.width = o.width, clip.height = o.height, clip.frames = o.frames, clip.fps = o.fps;
    auto flash = static_cast<int>(mix_bits(seed) % static_cast<uint64_t>(o.frames));
    double pitch_hz = seed % 2 ? 400 : 2500;
    for (int f = 0; f < o.frames; ++f) clip.rgb.insert(clip.rgb.end(), static_cast<size_t>(o.width) * o.height * 3, f == flash ? 255 : 20);
    auto samples = std::llround(o.frames / o.fps * world::kSoundRate);
    for (int64_t i = 0; i < samples; ++i) {
      double time = static_cast<double>(i) / world::kSoundRate - flash / o.fps;
      auto value = static_cast<float>(time < 0 ? 0 : 0.5 * std::exp(-8 * time) * std::sin(2 * std::numbers::pi * pitch_hz * time));
      clip.sound.insert(clip.sound.end(), {value, value});
    }
    clip.sound_caption.sounds = seed % 2 ? "a dog" : "a bird";
    clip.events = {{{"frame", flash}, {"time_s", flash / o.fps}, {"class", seed % 2 ? "dog_bark" : "thud"}, {"visible", true}}};
    return clip;
  }
  world::Clip render_scene(const nlohmann::json&, uint64_t seed, const world::RenderOptions& o) const override { return render(seed, o); }
};

// A codec folder with untrained weights: any latents will do here.
std::string tiny_codec() {
  static generate::Scratch scratch;
  static bool is_made = false;
  std::string folder = scratch / "codec";
  if (is_made) return folder;
  std::filesystem::create_directories(folder);
  torch::manual_seed(1);
  audio::DacVaeConfig config;
  config.patch = 16, config.strides = {10, 12}, config.encoder_width = 8, config.decoder_width = 16, config.latent_channels = 6;
  audio::save_dac_vae(folder, audio::DacVae(config), "f32");
  is_made = true;
  return folder;
}

Json small_settings() {
  auto settings = Json::parse(R"({
    "transformer": {"num_layers": 2, "width": 32, "num_heads": 2, "feed_forward_width": 48},
    "frame_encoder": {"image_size": 16, "strides": [4, 2], "widths": [8, 12], "blocks": [1, 1], "features": 16},
    "text_encoder": {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 1, "num_heads": 2},
    "seconds": [0.5, 1], "batch": [6, 3], "items": [12, 6], "weight": [0.6, 0.4], "render_size": 16, "shortest_s": 0.2,
    "validation_items": 8, "sample_count": 1, "sampling": {"num_inference_steps": 2, "overlap_s": 0.2, "context_s": 0.2}})");
  settings["codec"] = tiny_codec();
  settings["vocabulary"] = 400;
  return settings;
}

std::unique_ptr<Task> make(const Json& settings, const std::string& run_folder, uint64_t seed = 7) {
  return make_sound_task({settings, "test", run_folder, seed}, std::make_shared<FlashWorld>());
}

StepReport run(Task& task, int64_t step) {
  Generator generator(7, "step " + std::to_string(step));
  return task.step(step, generator);
}

TEST(SoundTask, StepsAreAFunctionOfSeedAndStepAndUseEveryBucket) {
  generate::Scratch scratch;
  auto one = make(small_settings(), scratch / "run"), other = make(small_settings(), scratch / "run");  // the second reads the first's cache
  std::map<std::string, int> buckets;
  for (int64_t step = 0; step < 8; ++step) {
    auto report = run(*one, step);
    EXPECT_GT(report.flops, 0);
    for (const char* name : {"loss/0.5s", "loss/1s"}) buckets[name] += report.scalars.contains(name);
    if (step == 6) {
      EXPECT_EQ(run(*other, 6).scalars["loss"], report.scalars["loss"]);  // the other took no step before: a resumed run sees the same
    }
  }
  EXPECT_GT(buckets["loss/0.5s"], 0);
  EXPECT_GT(buckets["loss/1s"], 0);
}

TEST(SoundTask, LearnsAndJudgesOnFixedNoise) {
  generate::Scratch scratch;
  auto task = make(small_settings(), scratch / "run");
  auto first = task->validate();
  EXPECT_EQ(task->validate().at("loss"), first.at("loss"));
  EXPECT_NEAR(first.at("video_gain"), 0, 1e-6) << "a fresh network does not look";
  EXPECT_NEAR(first.at("text_gain"), 0, 1e-6);
  auto groups = task->groups();
  ASSERT_EQ(groups.size(), 4u);  // transformer, frame encoder, event head, caption encoder
  std::vector<at::Tensor> parameters;
  for (const auto& group : groups)
    for (const auto& p : group.module->parameters()) parameters.push_back(p);
  nn::AdamW optimizer(parameters, {.weight_decay = 0});
  std::map<std::string, bool> moved;
  for (int64_t step = 0; step < 60; ++step) {
    run(*task, step);
    for (const auto& group : groups)
      for (const auto& p : group.module->parameters()) moved[group.name] |= p.grad().defined() && p.grad().abs().max().item<double>() > 0;
    optimizer.step(3e-3, 1.0);
  }
  auto last = task->validate();
  EXPECT_LT(last.at("loss"), first.at("loss") * 0.97);
  EXPECT_GT(last.at("onset_precision/0.5s"), first.at("onset_precision/0.5s") + 0.3) << "a flash is easily seen";
  for (const auto& group : groups) EXPECT_TRUE(moved[group.name]) << group.name;
}

TEST(SoundTask, OnsetsWeightMovesTheLossTowardsThatOfOnsetsAlone) {
  generate::Scratch scratch;
  std::vector<double> judged;
  auto losses = [&](double weight) {
    auto settings = small_settings();
    settings["batch"] = {1, 1}, settings["onsets_weight"] = weight;
    auto task = make(settings, scratch / "run");
    std::vector<double> list;
    for (int64_t step = 0; step < 6; ++step) list.push_back(run(*task, step).scalars["loss"]);
    judged.push_back(task->validate().at("loss"));
    return list;
  };
  auto plain = losses(0), some = losses(1), onsets = losses(1e6);  // of one item: a mean of all steps, of both, of onsets
  int64_t moved = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_GE(some[i], std::min(plain[i], onsets[i]) - 1e-5);
    EXPECT_LE(some[i], std::max(plain[i], onsets[i]) + 1e-5);
    moved += std::abs(some[i] - plain[i]) > 1e-4 && std::abs(some[i] - onsets[i]) > 1e-4;
  }
  EXPECT_GT(moved, 0);
  EXPECT_EQ(judged, std::vector<double>(3, judged[0])) << "what is judged has no weights";
}

TEST(EventHead, LabelsStandWhereEventsSoundAndAreSeen) {
  std::vector<eval::SoundEvent> events{{.sound_class = "dog_bark", .kind = "", .time_s = 0.4, .visible = true},
                                       {.sound_class = "thud", .kind = "", .time_s = 0.5, .visible = false},
                                       {.sound_class = "cat_meow", .kind = "", .time_s = 0.5, .gain = 0.01, .visible = true},
                                       {.sound_class = "of another world", .kind = "", .time_s = 0.5, .visible = true},
                                       {.sound_class = "siren", .kind = "", .time_s = 0.6, .visible = true, .loop = true}};
  auto labels = event_labels(events, 5, 20, 25);  // steps 5 to 24: from 0.2 s on
  auto column = [&](const char* name) {
    int64_t index = 0;
    while (world::sound_classes()[static_cast<size_t>(index)].name != name) ++index;
    return labels.select(1, index);
  };
  auto bark = column("dog_bark"), siren = column("siren");
  EXPECT_EQ(bark[5].item<float>(), 1);  // 0.40 to 0.44 s
  EXPECT_NEAR(bark[4].item<float>(), 1, 1e-5);  // the onset lies on the edge of both
  EXPECT_NEAR(bark[6].item<float>(), 0, 1e-5);
  EXPECT_NEAR(bark.sum().item<float>(), 2, 1e-5);
  EXPECT_EQ(siren.sum().item<float>(), 10);  // 0.6 s to the end at 1 s
  EXPECT_NEAR(labels.sum().item<float>(), 12, 1e-5) << "what is unseen, unheard or unknown has no label";
  EXPECT_TRUE(onset_steps(labels.unsqueeze(0))[0].equal(bark)) << "the siren goes on, it does not begin at every step";
}

TEST(EventHead, IsRareWhenFreshAndKnowsOnsetsFromTheRest) {
  EventHead head(3);
  auto logits = head(at::randn({2, 4, 3}));
  auto classes = static_cast<double>(logits.size(2));
  EXPECT_NEAR(event_loss(logits, at::zeros_like(logits)).item<double>(), -std::log(0.98) * classes, 1e-3);
  EXPECT_NEAR(event_loss(logits, at::ones_like(logits)).item<double>(), -std::log(0.02) * classes, 1e-2);
  auto onsets = at::zeros_like(logits);
  onsets[0][2][0] = 1;  // the first class is a call
  EXPECT_EQ(onset_precision(onsets, onsets), 1);
  EXPECT_NEAR(onset_precision(at::zeros_like(logits), onsets), 1.0 / 8, 1e-9);
}

TEST(SoundTask, SamplesExportsAndImportsAModel) {
  generate::Scratch scratch;
  auto settings = small_settings();
  settings["train_text"] = settings["train_frames"] = false;
  auto task = make(settings, scratch / "run");
  EXPECT_EQ(task->groups().size(), 1u);
  std::filesystem::create_directories(scratch / "samples");
  task->sample(scratch / "samples");
  for (const char* name : {"/0.5s-0.wav", "/1s-0.wav", "/1s-sheet.png", "/1s-captions.txt"}) EXPECT_TRUE(std::filesystem::exists(scratch / "samples" + std::string(name))) << name;
  auto exported = [&](Task& one, const std::string& folder) {
    std::filesystem::create_directories(folder);
    one.export_model(folder);
    std::string bytes;
    for (const char* part : {"sound_transformer", "sound_frame_encoder", "sound_text_encoder"})
      for (const auto& file : std::filesystem::directory_iterator(folder + "/" + part))
        if (file.path().extension() == ".safetensors") bytes += read_text(file.path().string());
    return bytes;
  };
  auto weights = exported(*task, scratch / "model");
  EXPECT_EQ(read_text(scratch / "model/sound_tokenizer/spiece.model"), read_text(scratch / "run/sound_tokenizer.model"));
  auto model = audio::load_sound_model(scratch / "model");
  EXPECT_EQ(model.transformer->config.latent_channels, 6);  // what the parts give, not what the recipe says
  EXPECT_EQ(model.transformer->config.text_width, 16);
  EXPECT_EQ(model.sampling.window_s, 1);
  auto shared = read_text(MG_SOURCE_DIR "/models/mini/tokenizer/spiece.model");  // the video model's
  auto pieces = [&](const text::SentencePieceTokenizer& tokenizer) { return tokenizer.encode(caption_text({.sounds = "a dog"}), 512).size(); };
  EXPECT_LT(pieces(*model.conditioner->tokenizer), pieces(text::SentencePieceTokenizer(shared))) << "one trained on captions knows their words";
  auto other = make(settings, scratch / "run", 8);
  EXPECT_NE(exported(*other, scratch / "fresh"), weights);
  other->import_model(scratch / "model");
  EXPECT_EQ(exported(*other, scratch / "again"), weights);
  auto refuses = [&](const Json& change, const std::string& run_folder) {
    auto changed = settings;
    changed.merge_patch(change);
    EXPECT_THROW(make(changed, run_folder)->import_model(scratch / "model"), DataError) << change;
  };
  refuses({{"transformer", {{"preconditioned", false}}}}, scratch / "run");
  refuses({{"tokenizer", MG_SOURCE_DIR "/models/mini"}}, scratch / "run");
}

TEST(SoundTask, RefusesSettingsThatDoNotFit) {
  generate::Scratch scratch;
  for (const char* change : {R"({"batch": [4]})", R"({"seconds": [0.5, 0.77]})", R"({"items": [0, 4]})", R"({"unknown": 1})", R"({"shortest_s": 0})",
                             R"({"dropout": {"least_masked": 0}})", R"({"vocabulary": 100})", R"({"sampling": {"overlap_s": 2}})", R"({"transformer": {"video_resampling": "x"}})"}) {
    auto settings = small_settings();
    settings.update(Json::parse(change));
    EXPECT_THROW(make(settings, scratch / "run"), UsageError) << change;
  }
}

TEST(SoundMask, IsAllOrLeavesContiguousSpansOfAtMostAQuarter) {
  SoundDropout dropout;
  int all = 0, begins = 0, ends = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Generator g(seed, "mask");
    auto mask = draw_mask(50, dropout, g);
    double masked = mask.sum().item<double>();
    EXPECT_GE(masked, 37);  // 75 % of 50, rounded
    all += masked == 50;
    begins += mask[0].item<float>() == 0, ends += mask[49].item<float>() == 0;
    EXPECT_LE((mask.slice(0, 1) - mask.slice(0, 0, 49)).abs().sum().item<double>(), 2) << "at most two known spans, or one inside";
  }
  EXPECT_NEAR(all, 500, 80);
  EXPECT_GT(begins, 200);
  EXPECT_GT(ends, 80);
  Generator g(1);
  EXPECT_EQ(draw_mask(1, dropout, g).sum().item<float>(), 1);  // something is always to be made
}

TEST(SoundCaptionDraw, LeavesOutPartsNowAndThenAndSaysNothingFalse) {
  SoundCaption with_music{.music = 1, .sounds = "a dog barks", .music_description = "calm piano"};
  int sounds = 0, music = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Generator g(seed, "caption");
    auto text = draw_caption(with_music, {}, g);
    sounds += text.find("a dog barks") != std::string::npos, music += text.find("calm piano") != std::string::npos;
    EXPECT_EQ(text.find("no music"), std::string::npos);
    Generator other(seed, "caption");
    EXPECT_NE(draw_caption({.sounds = "rain"}, {}, other).find("no music"), std::string::npos);
  }
  EXPECT_NEAR(sounds, 350, 50);
  EXPECT_NEAR(music, 400, 50);
}

struct SoundBatchesTest : testing::Test {
  SoundBatchesTest() {
    settings = config_from<SoundSettings>(small_settings(), "test");
    data::SoundCodec codec{[](const at::Tensor& sound) {  // the level of each 1/25 s
                             return sound.view({sound.size(0), 1, -1, 1920}).abs().amax(3);
                           },
                           1, 1920, "level"};
    for (double seconds : {1.0, 2.0}) {  // whole latents, which the codec of this fixture needs
      world::RenderOptions render;
      render.width = render.height = 16, render.frames = static_cast<int>(seconds * 16), render.fps = 16;
      SoundBucket bucket{fmt::format("{:g}s", seconds), {}, {}};
      bucket.train = data::SoundCache::open_or_build(scratch / bucket.name, {render, 0, 12, 16}, FlashWorld(), codec);
      bucket.held_out = bucket.train;
      buckets.push_back(bucket);
    }
    auto [tokenizer, path] = audio::read_tokenizer_model(MG_SOURCE_DIR "/models/mini");
    conditioner = audio::SoundConditioner(settings.text_encoder, settings.frame_encoder, tokenizer, path);
  }
  generate::Scratch scratch;
  SoundSettings settings;
  std::vector<SoundBucket> buckets;
  audio::SoundConditioner conditioner{nullptr};
};

TEST_F(SoundBatchesTest, PicturesStayWithTheirSoundThroughCrops) {
  settings.crop = 1, settings.weight = {0.001, 0.999};
  SoundBatches batches(settings, buckets, conditioner, 3);
  int crops = 0, flashes = 0;
  for (int64_t step = 0; step < 40; ++step) {
    auto batch = batches.draw(step);
    if (batch.bucket != 1) continue;
    int64_t S = batch.latents_BCS.size(2);
    crops += S < 50;
    EXPECT_EQ(batch.mask_BS.size(1), S);
    auto light_BF1 = batch.pictures_BFHWC.to(at::kFloat).mean({2, 3, 4}).unsqueeze(2);
    auto light_BS = audio::resample_features(light_BF1, batch.frames).squeeze(2);
    for (int64_t b = 0; b < light_BS.size(0); ++b) {
      auto [brightest, step_of_light] = light_BS[b].max(0);
      auto [loudest, step_of_sound] = batch.latents_BCS[b][0].max(0);
      if (brightest.item<float>() < 160 || loudest.item<float>() < 0.3) continue;  // the flash or the onset is outside the crop
      ++flashes;
      EXPECT_LE(std::abs(step_of_light.item<int64_t>() - step_of_sound.item<int64_t>()), 1) << "step " << step << ", item " << b;
    }
  }
  EXPECT_GT(crops, 20);
  EXPECT_GT(flashes, 20);
}

TEST_F(SoundBatchesTest, HideWhatTheSettingsSay) {
  SoundBatches batches(settings, buckets, conditioner, 3);
  double items = 0, with_video = 0, without_text = 0;
  for (int64_t step = 0; step < 300; ++step) {
    auto batch = batches.draw(step);
    items += static_cast<double>(batch.mask_BS.size(0));
    with_video += batch.has_video_B.sum().item<double>();
    without_text += (batch.tokens.mask_BL.sum(1) == 1).sum().item<double>();
  }
  EXPECT_NEAR(with_video / items, 0.8 * 0.9, 0.04);
  EXPECT_NEAR(without_text / items, 1 - 0.8 * 0.9, 0.04);
}

}  // namespace
}  // namespace mg::train
