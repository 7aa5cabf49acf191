#include "moviegen/data/world/pack.h"

#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <set>

#include "moviegen/core/error.h"
#include "moviegen/core/files.h"
#include "moviegen/data/world/world.h"

namespace mg::world {
namespace {

using nlohmann::json;

constexpr size_t kMaxSubjects = 4096, kMaxLooks = 256, kMaxNames = 64, kMaxTextLength = 256;

// One table of the recipe: typed reads that name the place, and a final look for keys nobody asked for.
class Table {
 public:
  Table(const json& tree, std::string where) : tree_(tree), where_(std::move(where)) {
    if (!tree.is_object()) throw DataError("{}: expected a table, got {}", where_, tree.type_name());
  }

  std::string text(const char* key, const std::string& otherwise) { return has(key) ? as_text(*find(key), key) : otherwise; }
  std::string text(const char* key) {
    if (!has(key)) throw DataError("{}: '{}' is missing", where_, key);
    return text(key, {});
  }
  bool flag(const char* key, bool otherwise) {
    if (!has(key)) return otherwise;
    if (!find(key)->is_boolean()) wrong(key, "true or false");
    return find(key)->get<bool>();
  }
  float number(const char* key, float otherwise, float low, float high) {
    if (!has(key)) return otherwise;
    return in_range(*find(key), key, low, high);
  }
  std::vector<float> numbers(const char* key, size_t count, float low, float high) {
    if (!find(key)->is_array() || find(key)->size() != count) wrong(key, fmt::format("{} numbers", count));
    std::vector<float> list;
    for (const json& item : *find(key)) list.push_back(in_range(item, key, low, high));
    return list;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> list;
    for (const json& item : items(key, kMaxNames)) list.push_back(as_text(item, key));
    return list;
  }
  // The items of a list that may be missing.
  std::vector<json> items(const char* key, size_t most) {
    if (!has(key)) return {};
    if (!find(key)->is_array() || find(key)->size() > most) wrong(key, fmt::format("a list of at most {}", most));
    return find(key)->get<std::vector<json>>();
  }
  bool has(const char* key) {
    known_.insert(key);
    return tree_.contains(key);
  }
  void finish() const {
    for (const auto& [key, value] : tree_.items())
      if (!known_.contains(key)) throw DataError("{}: unknown key '{}'", where_, key);
  }
  const std::string& where() const { return where_; }
  [[noreturn]] void wrong(const char* key, const std::string& expected) const {
    throw DataError("{}: '{}' should be {}, got {}", where_, key, expected, tree_.at(key).dump().substr(0, 80));
  }

 private:
  json::const_iterator find(const char* key) const { return tree_.find(key); }
  std::string as_text(const json& value, const char* key) const {
    if (!value.is_string() || value.get_ref<const std::string&>().size() > kMaxTextLength)
      wrong(key, fmt::format("text of at most {} bytes", kMaxTextLength));
    return value.get<std::string>();
  }
  float in_range(const json& value, const char* key, float low, float high) const {
    if (!value.is_number() || !(value.get<float>() >= low && value.get<float>() <= high))
      wrong(key, fmt::format("between {} and {}", low, high));
    return value.get<float>();
  }

  const json& tree_;
  std::string where_;
  std::set<std::string> known_;
};

Locomotion read_locomotion(Table& table) {
  static constexpr std::pair<const char*, Locomotion> kNames[] = {
      {"walk", Locomotion::kWalk},   {"hop", Locomotion::kHop},   {"fly", Locomotion::kFly},
      {"swim", Locomotion::kSwim},   {"float", Locomotion::kFloat}, {"drive", Locomotion::kDrive},
      {"sail", Locomotion::kSail},   {"still", Locomotion::kStill}, {"roll", Locomotion::kRoll}};
  const std::string name = table.text("locomotion");
  for (const auto& [known, locomotion] : kNames)
    if (name == known) return locomotion;
  table.wrong("locomotion", "walk, hop, fly, swim, float, drive, sail, still or roll");
}

// "#rrggbb" to linear light.
std::optional<Color> read_color(Table& table, const char* key) {
  if (!table.has(key)) return std::nullopt;
  const std::string text = table.text(key);
  if (text.size() != 7 || text[0] != '#' || text.find_first_not_of("0123456789abcdefABCDEF", 1) != std::string::npos)
    table.wrong(key, "a colour like \"#ff8020\"");
  const unsigned long value = std::stoul(text.substr(1), nullptr, 16);
  Color color;
  for (int c = 0; c < 3; ++c) color[c] = linear_from_srgb(static_cast<float>(value >> (16 - 8 * c) & 255) / 255);
  return color;
}

Anchor read_anchor(Table& table, const char* key, const Anchor& otherwise = {}) {
  if (!table.has(key)) return otherwise;
  const std::vector<float> at = table.numbers(key, 2, -0.5f, 1.5f);
  return {at[0], at[1], true};
}

Box as_box(const std::vector<float>& n, const Table& table) {
  if (!(n[2] > n[0] && n[3] > n[1])) throw DataError("{}: a box is [left, top, right, bottom]", table.where());
  return {n[0], n[1], n[2], n[3]};
}

OverlayPart read_part(const json& tree, const std::string& where) {
  Table table(tree, where);
  OverlayPart part;
  part.source = table.text("source");
  part.x = table.number("x", part.x, -1, 2);
  part.y = table.number("y", part.y, -1, 2);
  part.height = table.number("height", part.height, 0.01f, 2);
  part.turn = table.number("turn", 0, -360, 360);
  part.tint = read_color(table, "tint");
  part.follows = table.flag("follows", true);
  table.finish();
  return part;
}

// The style a source's set is drawn in.
std::string style_of(const std::string& source) {
  if (source.starts_with("anim/") || source.starts_with("3d/")) return "3d cartoon";
  if (source.starts_with("noto/")) return "noto";
  return source.find("/cartoon/") == std::string::npos ? "photo" : "drawing";
}

LookRecipe read_look(const json& tree, const std::string& where, bool tintable) {
  Table table(tree, where);
  LookRecipe recipe;
  Sprite& look = recipe.look;
  look.id = table.text("id");
  recipe.source = table.text("source", look.id);
  look.style = table.text("style", style_of(recipe.source));
  look.pose = table.text("pose", "");
  look.faces_left = table.flag("faces_left", true);
  look.front = table.flag("front", false);
  look.head_only = table.flag("head_only", false);
  look.loops = table.flag("loops", true);
  look.tintable = table.flag("tintable", tintable);
  look.eyes = read_anchor(table, "eyes");
  look.head_top = read_anchor(table, "head_top");
  look.hand = read_anchor(table, "hand");
  look.foot = read_anchor(table, "foot", {.x = 0.5f, .y = 1, .known = true});
  if (table.has("crop")) recipe.crop = as_box(table.numbers("crop", 4, 0, 1), table);
  for (const json& item : table.items("erase", 16)) {
    const json wrapped = {{"erase", item}};
    Table box(wrapped, where);
    box.has("erase");
    recipe.erase.push_back(as_box(box.numbers("erase", 4, 0, 1), box));
  }
  recipe.turn = table.number("turn", 0, -360, 360);
  recipe.tint = read_color(table, "tint");
  for (const json& item : table.items("over", 8)) recipe.over.push_back(read_part(item, where + ", over"));
  table.finish();
  return recipe;
}

// A look without anchors of its own takes those of the subject's look of the same code point in a set with the same
// drawings (the loops and the stills are one set).
void share_anchors(Cast& cast, const Subject& subject) {
  for (const std::string& id : subject.looks) {
    Sprite& look = cast.looks.at(id).look;
    if (!id.starts_with("3d/") || look.eyes.known || look.head_top.known || look.hand.known) continue;
    const auto loop = cast.looks.find("anim/" + id.substr(3));
    if (loop == cast.looks.end()) continue;
    const Sprite& from = loop->second.look;
    look.eyes = from.eyes, look.head_top = from.head_top, look.hand = from.hand, look.foot = from.foot;
  }
}

Subject read_subject(const json& tree, const std::string& name, Cast& cast) {
  Table table(tree, name);
  Subject subject;
  subject.name = table.text("name");
  const std::string where = fmt::format("{}: {}", name, subject.name);
  subject.synonyms = table.texts("synonyms");
  subject.group = table.text("group");
  subject.locomotion = read_locomotion(table);
  subject.size = table.number("size", 0.5f, 0.02f, 2);
  subject.verb_walk = table.text("verb_walk", "moves");
  subject.verb_run = table.text("verb_run", subject.verb_walk);
  subject.sound = table.text("sound", "");
  subject.tintable = table.flag("tintable", false);
  for (const json& item : table.items("looks", kMaxLooks)) {
    LookRecipe recipe = read_look(item, where, subject.tintable);
    subject.looks.push_back(recipe.look.id);
    if (const std::string id = recipe.look.id; !cast.looks.emplace(id, std::move(recipe)).second)
      throw DataError("{}: the look '{}' is there twice", where, id);
  }
  table.finish();
  if (subject.looks.empty()) throw DataError("{}: there are no looks", where);
  share_anchors(cast, subject);
  return subject;
}

bool stays_below(const std::string& path) {
  if (path.empty() || path[0] == '/' || path.find('\0') != std::string::npos) return false;
  for (const auto& part : std::filesystem::path(path))
    if (part == "..") return false;
  return true;
}

}  // namespace

std::vector<std::string> LookRecipe::sources() const {
  std::vector<std::string> all{source};
  for (const OverlayPart& part : over) all.push_back(part.source);
  return all;
}

Cast read_cast(const json& tree, const std::string& name) {
  const auto list = tree.find("subjects");
  if (list == tree.end() || !list->is_array() || list->empty() || list->size() > kMaxSubjects)
    throw DataError("{}: expected a list 'subjects' of 1 to {}", name, kMaxSubjects);
  Cast cast;
  std::set<std::string> names;
  for (const json& item : *list) {
    cast.subjects.push_back(read_subject(item, name, cast));
    if (!names.insert(cast.subjects.back().name).second)
      throw DataError("{}: the subject '{}' is there twice", name, cast.subjects.back().name);
  }
  return cast;
}

Pack read_pack(const std::string& folder) {
  const std::string path = folder + "/pack.json";
  if (!std::filesystem::exists(path))
    throw NotFound("{}: no world pack here; make one with: moviegen world fetch", folder);
  const json tree = json::parse(read_text(path, 64u << 20), nullptr, false);
  if (!tree.is_object()) throw DataError("{}: not a JSON table", path);
  if (tree.value("format", json()) != kPackFormat)
    throw DataError("{}: pack format {}; this program reads format {}. Make it anew with: moviegen world fetch", path,
                    tree.value("format", json()).dump(), kPackFormat);
  if (!tree.contains("world_version") || !tree["world_version"].is_number_integer() || !tree.contains("files") ||
      !tree["files"].is_object())
    throw DataError("{}: 'world_version' or 'files' is missing", path);
  Pack pack{.folder = folder, .world_version = tree["world_version"].get<int>(), .cast = read_cast(tree, path), .files = {}};
  for (const auto& [source, file] : tree["files"].items()) {
    if (!file.is_string() || !stays_below(file.get<std::string>()))
      throw DataError("{}: the file of '{}' is not a path below the pack: {}", path, source, file.dump());
    pack.files[source] = file.get<std::string>();
  }
  for (const auto& [id, recipe] : pack.cast.looks)
    for (const std::string& source : recipe.sources())
      if (!pack.files.contains(source)) throw DataError("{}: the look '{}' needs '{}', which has no file", path, id, source);
  return pack;
}

}  // namespace mg::world
