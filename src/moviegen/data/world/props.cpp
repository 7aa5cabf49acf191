#include "moviegen/data/world/props.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

enum class Fit { kEyes, kHead, kNeck, kTorso, kHand, kAboveHand };

struct PropUse {
  std::string_view name;
  Fit fit;
};
constexpr std::array<PropUse, 13> kUses = {{{"sunglasses", Fit::kEyes},
                                            {"top hat", Fit::kHead},
                                            {"cowboy hat", Fit::kHead},
                                            {"sun hat", Fit::kHead},
                                            {"sombrero", Fit::kHead},
                                            {"crown", Fit::kHead},
                                            {"scarf", Fit::kNeck},
                                            {"dress", Fit::kTorso},
                                            {"coat", Fit::kTorso},
                                            {"tropical drink", Fit::kHand},
                                            {"cup", Fit::kHand},
                                            {"umbrella", Fit::kAboveHand},
                                            {"balloon", Fit::kAboveHand}}};

bool is_held(Fit fit) { return fit == Fit::kHand || fit == Fit::kAboveHand; }

// Where the look's body is, and whether it has such a place. Clothes hang on those who walk upright.
bool has_place(const Subject& subject, const Sprite& look, Fit fit) {
  bool upright = (subject.group == "person" || subject.name == "robot") && !look.head_only && look.pose != "sit" && look.pose != "lie" && look.pose != "run";
  switch (fit) {
    case Fit::kEyes: return look.eyes.known;
    case Fit::kHead: return look.head_top.known;
    case Fit::kNeck: return look.eyes.known && look.head_top.known && !look.head_only && look.eyes.y > look.head_top.y;
    case Fit::kTorso: return upright && look.eyes.known && look.head_top.known;
    case Fit::kHand:
    case Fit::kAboveHand: return look.hand.known && !look.head_only;
  }
  return false;
}

// Height of the prop as a share of its wearer's.
float size_of(const Subject& subject, const Sprite& look, const Subject& prop, Fit fit) {
  constexpr float kHeadOnly = 2.2f;  // a head alone is drawn as large as a body
  if (fit == Fit::kTorso) return 0.44f;
  float natural = prop.size / subject.size * (look.head_only ? kHeadOnly : 1.0f);
  if (fit == Fit::kEyes) return std::clamp(natural, 0.10f, 0.34f);
  if (fit == Fit::kHead) return std::clamp(1.15f * natural, 0.18f, 0.5f);
  if (fit == Fit::kNeck) return std::clamp(natural, 0.2f, 0.36f);
  return std::clamp(fit == Fit::kAboveHand ? 1.1f * natural : natural, 0.24f, fit == Fit::kAboveHand ? 0.75f : 0.42f);
}

// Centre of the prop within its wearer's box.
Anchor centre_of(const Sprite& look, Fit fit, float size) {
  constexpr float kHatDown = 0.25f;  // share of a hat that is below the top of the head
  float head = look.eyes.y - look.head_top.y;
  switch (fit) {
    case Fit::kEyes: return {look.eyes.x, look.eyes.y, true};
    case Fit::kHead: return {look.head_top.x, look.head_top.y - (0.5f - kHatDown) * size, true};
    case Fit::kNeck: return {look.head_top.x, look.eyes.y + std::max(1.1f * head, 0.09f) + 0.2f * size, true};
    case Fit::kTorso: return {look.head_top.x, look.head_top.y + std::max(2.1f * head, 0.2f) + 0.45f * size, true};
    case Fit::kHand: return {look.hand.x, look.hand.y - 0.2f * size, true};
    case Fit::kAboveHand: return {look.hand.x, look.hand.y - 0.42f * size, true};
  }
  return {};
}

Prop make_prop(const Wardrobe& wardrobe, const Role& role, const std::string& words) {
  std::string name = words, color;
  for (const NamedColor& one : named_colors())
    if (words.starts_with(std::string(one.name) + " ")) color = one.name, name = words.substr(one.name.size() + 1);
  auto use = std::find_if(kUses.begin(), kUses.end(), [&](const PropUse& each) { return each.name == name; });
  if (use == kUses.end()) {
    std::string known;
    for (const PropUse& each : kUses) known += (known.empty() ? "" : ", ") + std::string(each.name);
    throw NotFound("'{}' can be neither worn nor held; known: {}", words, known);
  }
  const Subject& subject = wardrobe.assets().subject(role.subject);
  const Subject& what = wardrobe.assets().subject(name);
  const Sprite& look = wardrobe.assets().look(role.look);
  if (!has_place(subject, look, use->fit)) throw UsageError("{} cannot have '{}' in the look {}", role.subject, words, role.look);
  // In the style of its wearer where there is one.
  std::string best;
  for (const std::string& id : what.looks) {
    if (!wardrobe.assets().has_sprite(id) || id.starts_with("anim/")) continue;
    if (best.empty() || (wardrobe.assets().look(id).style == look.style && wardrobe.assets().look(best).style != look.style)) best = id;
  }
  if (best.empty()) throw NotFound("the pack has no picture of '{}'", name);
  Prop prop{.sprite = wardrobe.sprite(best), .size = size_of(subject, look, what, use->fit)};
  prop.centre = centre_of(look, use->fit, prop.size);
  if (!color.empty()) prop.recolored = true, prop.recolor = color_named(color);
  return prop;
}

}  // namespace

std::vector<std::string> props_for(const Wardrobe& wardrobe, const Role& role, bool held) {
  const auto& subjects = wardrobe.assets().subjects();
  std::vector<std::string> names;
  for (const PropUse& use : kUses) {
    auto what = std::find_if(subjects.begin(), subjects.end(), [&](const Subject& each) { return each.name == use.name; });
    if (what == subjects.end() || is_held(use.fit) != held || what->name == role.subject) continue;
    bool has_still = std::any_of(what->looks.begin(), what->looks.end(), [&](const std::string& id) { return !id.starts_with("anim/") && wardrobe.assets().has_sprite(id); });
    if (has_still && has_place(wardrobe.assets().subject(role.subject), wardrobe.assets().look(role.look), use.fit)) names.emplace_back(use.name);
  }
  return names;
}

std::vector<Prop> dress(const Wardrobe& wardrobe, const Role& role) {
  std::vector<Prop> props;
  for (const std::string& worn : role.wears) props.push_back(make_prop(wardrobe, role, worn));
  if (!role.holds.empty()) props.push_back(make_prop(wardrobe, role, role.holds));
  return props;
}

void draw_prop(Canvas& canvas, const Actor& actor, const Prop& prop, const SpriteDraw& body) {
  const SpriteFacts& facts = *actor.track.facts;
  float width = body.height_px * facts.aspect, height = body.height_px * body.squash;
  // In a loop the head goes up and down with the top of what is seen.
  float rise = facts.frames[facts.frame_at(body.time_s)].top - facts.frames[0].top;
  float u = body.flip ? 1 - prop.centre.x : prop.centre.x, v = prop.centre.y + rise;
  float dx = (u - 0.5f) * width, dy = (v - 0.5f) * height, c = std::cos(body.rotation), s = std::sin(body.rotation);
  SpriteDraw draw = body;
  draw.height_px = prop.size * body.height_px;
  draw.x = body.x + c * dx - s * dy;
  draw.y = body.y - height / 2 + s * dx + c * dy + draw.height_px * draw.squash / 2;
  draw.recolor = prop.recolored ? &prop.recolor : nullptr;
  draw.flip = false, draw.time_s = 0;
  draw_sprite(canvas, *prop.sprite, draw);
}

}  // namespace mg::world
