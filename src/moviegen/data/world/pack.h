// The asset pack on disk, and the recipe it is made from.
//
//   pack/pack.json       {"format": 1, "world_version": 1, "subjects": [… as in the recipe …], "files": {source: path}}
//   pack/sprites/…       the original WebP and PNG files
//   pack/ATTRIBUTION.md  package, version, path and licence of every file
//
// recipes/world/subjects.toml has the same `subjects`: each with its looks, each look made of a source ("anim/1f98a") and
// how to cut, turn, tint and complete it. A pack keeps the looks whose sources it has.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "moviegen/data/world/rgba.h"
#include "moviegen/data/world/sprite.h"

namespace mg::world {

inline constexpr int kPackFormat = 1;

// A picture laid over the base of a look, e.g. a fox's head over a walking body.
struct OverlayPart {
  std::string source;
  float x = 0.5f, y = 0.5f, height = 0.5f;  // centre and height as parts of the base's visible box
  float turn = 0;                           // degrees clockwise
  std::optional<Color> tint;
  bool follows = true;                      // moves with what lies below it, frame by frame
};

// How a look is made from files.
struct LookRecipe {
  Sprite look;                  // id, style, pose, flags, anchors; no frames
  std::string source;           // "anim/1f415"
  Box crop{0, 0, 1, 1};         // part of the visible box that is kept
  std::vector<Box> erase;       // parts of the visible box made clear
  float turn = 0;               // degrees clockwise
  std::optional<Color> tint;    // linear light
  std::vector<OverlayPart> over;
  // Every source this look needs.
  std::vector<std::string> sources() const;
};

struct Cast {
  std::vector<Subject> subjects;
  std::unordered_map<std::string, LookRecipe> looks;  // by id
};

// Reads `subjects` of a recipe or pack; unknown keys, wrong types and numbers out of range are one DataError each.
Cast read_cast(const nlohmann::json& tree, const std::string& name);

struct Pack {
  std::string folder;
  int world_version = 0;
  Cast cast;
  std::unordered_map<std::string, std::string> files;  // source → path below the folder
};

// Reads and checks pack.json; throws NotFound naming the command that makes a pack, or DataError.
Pack read_pack(const std::string& folder);

// Decodes, cuts, resamples and mips one look. Throws DataError naming the file.
Sprite make_sprite(const LookRecipe& recipe, const Pack& pack);

}  // namespace mg::world
