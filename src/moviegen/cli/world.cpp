// moviegen world fetch|sheet|render: the training world from outside.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "moviegen/cli/commands.h"
#include "moviegen/cli/small_text.h"
#include "moviegen/cli/sound_strip.h"
#include "moviegen/core/config.h"
#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/core/progress.h"
#include "moviegen/data/world/fetch.h"
#include "moviegen/data/world/world.h"
#include "moviegen/media/image.h"
#include "moviegen/media/sound.h"
#include "moviegen/media/video.h"

namespace mg::cli {
namespace {

constexpr int kCaptionLines = 4, kSheetGap = 4;

struct Options {
  world::RenderOptions render;
  std::string pack = world::default_pack_folder();
  std::string output, json, scene;
  uint64_t seed = 1;
  int count = 24, columns = 6;
  bool no_anim = false, force = false, no_sound = false, sound_sheet = false;
};

world::Clip make_clip(const world::World& world, const Options& options, uint64_t seed) {
  if (options.scene.empty()) return world.render(seed, options.render);
  Json scene = Json::parse(options.scene, nullptr, false);
  if (scene.is_discarded()) throw UsageError("--scene expects JSON such as '{{\"subject\": \"fox\", \"motion\": \"run\"}}', got {}", options.scene);
  return world.render_scene(scene, seed, options.render);
}

media::Image frame_of(const world::Clip& clip, int frame) {
  media::Image image(clip.width, clip.height);
  std::copy_n(clip.rgb.data() + image.rgb.size() * frame, image.rgb.size(), image.rgb.data());
  return image;
}

void write_labels(const std::string& path, const world::Clip& clip) {
  Json out = {{"captions", {{"brief", clip.captions.brief}, {"normal", clip.captions.normal}, {"full", clip.captions.full}}},
              {"labels", clip.labels},
              {"events", clip.events},
              {"sound_caption", clip.sound.empty() ? "" : caption_text(clip.sound_caption)},
              {"width", clip.width},
              {"height", clip.height},
              {"frames", clip.frames},
              {"fps", clip.fps}};
  write_text(path, out.dump(1) + "\n");
}

media::Sound sound_of(const world::Clip& clip) { return {.sample_rate = world::kSoundRate, .channels = 2, .samples = clip.sound}; }

void write_film(const std::string& path, const world::Clip& clip) {
  std::vector<media::Image> frames;
  for (int frame = 0; frame < clip.frames; ++frame) frames.push_back(frame_of(clip, frame));
  media::write_video(path, frames, {.width = clip.width, .height = clip.height, .fps = clip.fps, .comment = clip.captions.normal});
  if (!clip.sound.empty()) media::write_soundtrack(path, sound_of(clip), path);
}

void render(const Options& options) {
  Options wanted = options;
  const bool sound_alone = options.output.ends_with(".wav") || options.output.ends_with(".flac");
  wanted.render.sound = !options.no_sound, wanted.render.pictures = !sound_alone;
  if (sound_alone && (options.no_sound || options.render.frames == 1)) throw UsageError("{}: there is no sound to write", options.output);
  auto world = world::World::open(options.pack);
  world::Clip clip = make_clip(*world, wanted, options.seed);
  if (sound_alone) media::write_sound(options.output, sound_of(clip));
  else if (clip.frames == 1) media::write_image(options.output, frame_of(clip, 0));
  else write_film(options.output, clip);
  if (!options.json.empty()) write_labels(options.json, clip);
  fmt::print("{}\n{}\n{}\n", clip.captions.brief, clip.captions.normal, clip.captions.full);
  if (!clip.sound.empty()) fmt::print("{}\n", caption_text(clip.sound_caption));
}

// A picture with its caption on white below it.
media::Image captioned(const media::Image& picture, const std::string& caption) {
  media::Image tile(picture.width, picture.height + kCaptionLines * kLineHeight + 2);
  std::fill(tile.rgb.begin(), tile.rgb.end(), uint8_t{255});
  std::copy(picture.rgb.begin(), picture.rgb.end(), tile.rgb.begin());
  auto lines = wrap_text(caption, picture.width);
  for (int i = 0; i < std::min<int>(kCaptionLines, static_cast<int>(lines.size())); ++i)
    draw_text(tile, 1, picture.height + 2 + i * kLineHeight, lines[i]);
  return tile;
}

media::Image strip_of(const world::Clip& clip, int columns) {
  SoundStrip strip{.frames = {}, .sound = sound_of(clip), .marks = {}, .text = clip.captions.normal + " " + caption_text(clip.sound_caption)};
  for (int column = 0; column < columns; ++column) strip.frames.push_back(frame_of(clip, column * (clip.frames - 1) / std::max(columns - 1, 1)));
  for (const auto& event : clip.events)
    if (!event.value("loop", false)) strip.marks.push_back({event["time_s"].get<double>(), event["class"].get<std::string>()});
  return draw_strip(strip);
}

void sound_sheet(const Options& options) {
  auto world = world::World::open(options.pack);
  Options wanted = options;
  wanted.render.sound = true;
  std::vector<media::Image> strips;
  for (int i = 0; i < options.count; ++i) strips.push_back(strip_of(make_clip(*world, wanted, options.seed + i), options.columns));
  media::write_image(options.output, media::grid(strips, 1, kSheetGap));
}

void sheet(const Options& options) {
  if (options.sound_sheet) return sound_sheet(options);
  auto world = world::World::open(options.pack);
  std::vector<media::Image> tiles;
  for (int i = 0; i < options.count; ++i) {
    if (options.render.frames == 1) {
      world::Clip clip = make_clip(*world, options, options.seed + i);
      tiles.push_back(captioned(frame_of(clip, 0), clip.captions.normal));
      continue;
    }
    // One clip per row: its frames from first to last.
    world::Clip clip = make_clip(*world, options, options.seed + i);
    for (int column = 0; column < options.columns; ++column) {
      int frame = column * (clip.frames - 1) / std::max(options.columns - 1, 1);
      tiles.push_back(captioned(frame_of(clip, frame), column == 0 ? clip.captions.normal : ""));
    }
  }
  media::write_image(options.output, media::grid(tiles, options.columns, kSheetGap));
}

void add_filters(CLI::App& command, Options& options) {
  auto& r = options.render;
  command.add_option("--pack", options.pack, "folder of the asset pack")->capture_default_str();
  command.add_option("--seed", options.seed, "seed of the (first) clip")->capture_default_str();
  command.add_option("--width", r.width, "pixels")->capture_default_str();
  command.add_option("--height", r.height, "pixels")->capture_default_str();
  command.add_option("--frames", r.frames, "frames per clip; 1 = a still picture")->capture_default_str();
  command.add_option("--fps", r.fps, "frames per second")->capture_default_str();
  command.add_option("--subject", r.subjects, "only these subjects")->delimiter(',');
  command.add_option("--place", r.places, "only these places")->delimiter(',');
  command.add_option("--motion", r.motions, "only these motions")->delimiter(',');
  command.add_option("--style", r.styles, "only these styles (3d cartoon, photo, flat, drawing)")->delimiter(',');
  command.add_option("--camera", r.cameras, "only these camera moves, beside a static one")->delimiter(',');
  command.add_option("--filters", r.filters, "share of the scenes that are not plain seen through a filter")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--plain", r.plain, "share of plain scenes: one subject, day, clear, no extras")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--company", r.company, "share of the other scenes with more than one kind of subject")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--colors", r.colors, "share in a named colour, of subjects that take one")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--clothes", r.clothes, "share that wears something, of those who can")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--actions", r.actions, "share of the other scenes in which one eats, throws, kicks or juggles")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--puppets", r.puppets, "share of the other scenes with a head on a body that walks")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--max-subjects", r.max_subjects, "most kinds of subject in one scene; with 1 no groups")->check(CLI::Range(1, 3))->capture_default_str();
  command.add_flag("--no-anim", options.no_anim, "leave animated pictures out");
  command.add_option("--scene", options.scene, "a scene as JSON, held-out ones too (docs/world.md)");
}

}  // namespace

void add_world(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("world", "the training world: fetch its assets, render clips, look at them");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();

  auto* fetch = command->add_subcommand("fetch", "download and pack the assets");
  fetch->add_option("--pack", options->pack, "folder of the asset pack")->capture_default_str();
  fetch->add_flag("--no-anim", options->no_anim, "leave animated pictures out");
  fetch->add_flag("--no-sound", options->no_sound, "pictures only; every sound is made by code then");
  fetch->add_flag("--force", options->force, "make the pack anew even if it is complete");
  fetch->callback([options, &action] {
    action = [options] {
      world::FetchOptions wanted;
      wanted.animated_assets = !options->no_anim, wanted.sounds = !options->no_sound, wanted.force = options->force, wanted.pack = options->pack;
      world::fetch(wanted);
    };
  });

  auto* one = command->add_subcommand("render", "render one clip (.mp4), its sound alone (.wav, .flac) or a still (--frames 1, .png) and print its captions");
  add_filters(*one, *options);
  one->add_option("-o,--output", options->output, "file to write")->required();
  one->add_option("--json", options->json, "also write captions, labels and events to this file");
  one->add_flag("--no-sound", options->no_sound, "pictures only");
  one->callback([options, &action] {
    action = [options] { options->render.animated_assets = !options->no_anim, render(*options); };
  });

  auto* many = command->add_subcommand("sheet", "a contact sheet: stills, with --frames above 1 one clip per row, with --sound its spectrogram too");
  auto sheet_options = std::make_shared<Options>();
  sheet_options->render.frames = 1;
  add_filters(*many, *sheet_options);
  many->add_option("-o,--output", sheet_options->output, "PNG to write")->required();
  many->add_option("--count", sheet_options->count, "clips on the sheet")->check(CLI::Range(1, 1000))->capture_default_str();
  many->add_option("--columns", sheet_options->columns, "pictures per row")->check(CLI::Range(1, 64))->capture_default_str();
  many->add_flag("--sound", sheet_options->sound_sheet, "one clip per row: frames, spectrogram and the events that are heard");
  many->callback([sheet_options, &action] {
    action = [sheet_options] {
      if (sheet_options->sound_sheet && sheet_options->render.frames == 1) throw UsageError("a still is silent; give --frames, such as 32");
      sheet_options->render.animated_assets = !sheet_options->no_anim, sheet(*sheet_options);
    };
  });
}

}  // namespace mg::cli
