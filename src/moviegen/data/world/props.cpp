#include "moviegen/data/world/props.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "moviegen/core/error.h"
#include "moviegen/data/world/place_shapes.h"

namespace mg::world {
namespace {

enum class Fit { kEyes, kHead, kNeck, kTorso, kHand, kAboveHand, kGarment, kLegs, kFire };

struct PropUse {
  std::string_view name;
  Fit fit;
  float top = 0, bottom = 0;  // of garments
};
constexpr std::array<PropUse, 19> kUses = {{{"sunglasses", Fit::kEyes},
                                            {"top hat", Fit::kHead},
                                            {"cowboy hat", Fit::kHead},
                                            {"sun hat", Fit::kHead},
                                            {"sombrero", Fit::kHead},
                                            {"crown", Fit::kHead},
                                            {"scarf", Fit::kNeck},
                                            {"dress", Fit::kTorso},
                                            {"coat", Fit::kTorso},
                                            {"overalls", Fit::kGarment, 0.40f, 0.88f},
                                            {"shirt", Fit::kGarment, 0.27f, 0.55f},
                                            {"trousers", Fit::kGarment, 0.53f, 0.90f},
                                            {"boots", Fit::kGarment, 0.90f, 1.0f},
                                            {kLegs, Fit::kLegs},
                                            {"tropical drink", Fit::kHand},
                                            {"cup", Fit::kHand},
                                            {"umbrella", Fit::kAboveHand},
                                            {"balloon", Fit::kAboveHand},
                                            {kFire, Fit::kFire}}};

// Animals and things whose body stands upright below a head.
constexpr std::array<std::string_view, 6> kUpright = {"robot", "kangaroo", "penguin", "T-Rex", "gorilla", "teddy bear"};
constexpr float kLegLength = 0.42f;
constexpr Anchor kPuppetChest{0.5f, 1.36f, true};  // below the head that is its picture
constexpr float kPuppetCoat = 0.98f;
constexpr float kDeck = 0.13f;  // how high the belt of a treadmill runs above the floor, in heights of who is on it

const PropUse& use_named(const std::string& name) {
  std::string known;
  for (const PropUse& use : kUses) {
    if (use.name == name) return use;
    known += (known.empty() ? "" : ", ") + std::string(use.name);
  }
  throw NotFound("'{}' can be neither worn nor held; known: {}", name, known);
}

bool is_held(Fit fit) { return fit == Fit::kHand || fit == Fit::kAboveHand || fit == Fit::kFire; }
bool has_picture(Fit fit) { return fit != Fit::kGarment && fit != Fit::kLegs && fit != Fit::kFire; }

// Whether the look has such a place. Coats hang on those who stand like people, and are the body of a puppet.
bool has_place(const Subject& subject, const Sprite& look, bool puppet, Fit fit) {
  bool is_person = subject.group == "person", is_up = !look.head_only && look.pose != "sit" && look.pose != "lie";
  bool has_head = look.eyes.known && look.head_top.known;
  if (puppet && (fit == Fit::kTorso || fit == Fit::kGarment)) return true;
  switch (fit) {
    case Fit::kEyes: return look.eyes.known;
    case Fit::kHead: return look.head_top.known;
    case Fit::kNeck: return has_head && !look.head_only && look.eyes.y > look.head_top.y;
    case Fit::kTorso: return has_head && is_up && look.pose != "run" && (is_person || subject.name == "robot");
    case Fit::kHand:
    case Fit::kAboveHand: return look.hand.known && !look.head_only;
    case Fit::kGarment: return is_upright(subject, look);
    case Fit::kLegs: return can_have_legs(subject);
    case Fit::kFire: return is_person && is_up;
  }
  return false;
}

// Height of the prop as a share of its wearer's.
float size_of(const Subject& subject, const Sprite& look, const Subject& prop, Fit fit) {
  if (fit == Fit::kTorso) return 0.44f;
  float natural = natural_share(subject, look, prop);
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
    case Fit::kGarment:
    case Fit::kLegs:
    case Fit::kFire: break;
  }
  return {};
}

// Garments of a puppet are parts of its drawn body.
void put_on_body(const std::string& name, const Color& color, Puppet& puppet) {
  if (name == "shirt" || name == "overalls") puppet.shirt = color;
  if (name == "trousers" || name == "overalls") puppet.trousers = color;
  if (name == "boots") puppet.boots = color;
}

void put_on(const Wardrobe& wardrobe, const Role& role, const std::string& words, Actor& actor) {
  auto [color, name] = split_color(words);
  const PropUse& use = use_named(name);
  const Subject& subject = *actor.subject;
  const Sprite& look = *actor.sprite;
  if (!has_place(subject, look, role.puppet, use.fit)) throw UsageError("{} cannot have '{}' in the look {}", role.subject, words, role.look);
  const Color tint = color.empty() ? Color{1, 1, 1} : color_named(color);
  if (role.puppet && use.fit == Fit::kGarment) return put_on_body(name, color.empty() ? color_named("blue") : tint, actor.puppet);
  if (use.fit == Fit::kGarment) return actor.garments.push_back({color.empty() ? color_named("blue") : tint, use.top, use.bottom});
  if (use.fit == Fit::kLegs) return void(actor.legs = kLegLength);
  if (use.fit == Fit::kFire) return void(actor.whirls_fire = true);
  const Subject& what = wardrobe.assets().subject(name);
  std::string id = still_of(wardrobe, what, look.style);
  if (id.empty()) throw NotFound("the pack has no picture of '{}'", name);
  Prop prop{.sprite = wardrobe.sprite(id), .size = size_of(subject, look, what, use.fit), .recolor = tint, .recolored = !color.empty()};
  prop.centre = centre_of(look, use.fit, prop.size);
  if (role.puppet && use.fit == Fit::kTorso) prop.centre = kPuppetChest, prop.size = kPuppetCoat;
  actor.props.push_back(prop);
}

void draw_prop(Canvas& canvas, const Actor& actor, const Prop& prop, const SpriteDraw& body) {
  Spot centre = spot_on(actor, body, prop.centre);
  SpriteDraw draw = body;
  draw.height_px = prop.size * body.height_px;
  draw.x = centre.x;
  draw.y = centre.y + draw.height_px * draw.squash / 2;
  draw.recolor = prop.recolored ? &prop.recolor : nullptr;
  draw.garments = nullptr;
  draw.flip = false, draw.time_s = 0;
  draw_sprite(canvas, *prop.sprite, draw);
}

}  // namespace

bool is_upright(const Subject& subject, const Sprite& look) {
  bool is_up = !look.head_only && look.pose != "sit" && look.pose != "lie";
  return is_up && (subject.group == "person" || std::find(kUpright.begin(), kUpright.end(), subject.name) != kUpright.end());
}

float natural_share(const Subject& who, const Sprite& look, const Subject& thing) {
  constexpr float kHeadOnly = 2.2f;  // a head alone is drawn as large as a body
  return thing.size / who.size * (look.head_only ? kHeadOnly : 1.0f);
}

std::string still_of(const Wardrobe& wardrobe, const Subject& what, const std::string& style) {
  std::string best;
  for (const std::string& id : what.looks) {
    if (!wardrobe.assets().has_sprite(id) || id.starts_with("anim/")) continue;
    if (best.empty() || (wardrobe.assets().look(id).style == style && wardrobe.assets().look(best).style != style)) best = id;
  }
  return best;
}

Spot spot_on(const Actor& actor, const SpriteDraw& body, const Anchor& point) {
  const SpriteFacts& facts = *actor.track.facts;
  float width = body.height_px * facts.aspect, height = body.height_px * body.squash;
  // In a loop the head goes up and down with the top of what is seen.
  float rise = facts.frames[facts.frame_at(body.time_s)].top - facts.frames[0].top;
  float u = body.flip ? 1 - point.x : point.x, v = point.y + rise;
  float dx = (u - 0.5f) * width, dy = (v - 0.5f) * height, c = std::cos(body.rotation), s = std::sin(body.rotation);
  return {body.x + c * dx - s * dy, body.y - height / 2 + s * dx + c * dy};
}

std::vector<std::string> props_for(const Wardrobe& wardrobe, const Role& role, bool held) {
  const Subject& subject = wardrobe.assets().subject(role.subject);
  const Sprite& look = wardrobe.assets().look(role.look);
  const auto& subjects = wardrobe.assets().subjects();
  std::vector<std::string> names;
  for (const PropUse& use : kUses) {
    // Legs change what their owner can do; they are drawn with its motion.
    if (is_held(use.fit) != held || use.fit == Fit::kLegs || !has_place(subject, look, role.puppet, use.fit) || use.name == role.subject) continue;
    auto what = std::find_if(subjects.begin(), subjects.end(), [&](const Subject& each) { return each.name == use.name; });
    bool is_there = what != subjects.end() && !still_of(wardrobe, *what, look.style).empty();
    if (is_there || !has_picture(use.fit)) names.emplace_back(use.name);
  }
  return names;
}

std::pair<std::string, std::string> split_color(const std::string& words) {
  for (const NamedColor& one : named_colors())
    if (words.starts_with(std::string(one.name) + " ")) return {std::string(one.name), words.substr(one.name.size() + 1)};
  return {"", words};
}

bool takes_color(const Wardrobe& wardrobe, const std::string& prop) {
  Fit fit = use_named(prop).fit;
  return fit == Fit::kGarment || (has_picture(fit) && wardrobe.assets().subject(prop).tintable);
}

bool can_have_legs(const Subject& subject) {
  return (subject.locomotion == Locomotion::kRoll || subject.locomotion == Locomotion::kStill) && subject.group != "vehicle" && subject.group != "animal" &&
         subject.group != "person" && subject.group != "prop" && subject.size <= 0.5f;
}

bool can_use_treadmill(const Outline& outline) {
  const Role& role = outline.roles.front();
  Gait gait = motion_named(role.motion).gait;
  return outline.place == "gym" && outline.roles.size() == 1 && outline.count == 1 && (gait == Gait::kWalk || gait == Gait::kRun) && sign_of(role.direction) != 0;
}

void step_on_treadmill(const Scene& scene, Actor& actor) {
  constexpr float kLowest = 0.97f;  // of the frame's height: its foot is in the picture
  Track& track = actor.track;
  track.on_belt = true;
  track.y = std::min(track.y, kLowest * scene.frame_height()) - kDeck * track.height;
  track.ground_y = track.y;
}

void dress(const Wardrobe& wardrobe, const Role& role, Actor& actor) {
  for (const std::string& worn : role.wears) put_on(wardrobe, role, worn, actor);
  if (!role.holds.empty()) put_on(wardrobe, role, role.holds, actor);
}

void draw_props(Canvas& canvas, const Actor& actor, const SpriteDraw& body) {
  for (const Prop& prop : actor.props) draw_prop(canvas, actor, prop, body);
}

// Seen from the side: a deck whose belt goes against the walker's way, and a post with a console before it. `belt_y`: where its feet are.
void draw_treadmill(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body, float belt_y) {
  float height = body.height_px, way = sign_of(actor.track.direction), deck = kDeck * height;
  float half = std::max(0.62f * height * actor.track.facts->aspect, 0.42f * height), floor = belt_y + deck, thick = std::max(0.8f, 0.022f * height);
  Color metal = product(srgb(0x5a6270), body.light), dark = product(srgb(0x23262d), body.light), screen = product(srgb(0x5fd0ff), body.light);
  draw_shadow(canvas, body.x, floor, 2.2f * half, 0.1f * height, 0.45f);
  for (float side : {-0.85f, 0.85f}) fill(canvas, Capsule{body.x + side * half, belt_y + 0.5f * deck, body.x + side * half, floor - thick, thick, thick}, metal);
  fill(canvas, RoundBox{body.x - half, belt_y - 0.1f * deck, body.x + half, belt_y + 0.55f * deck, 0.3f * deck}, dark);
  // Marks on the belt, a quarter of its length apart.
  float apart = half / 2, gone = std::fmod(actor.track.velocity / std::max(actor.track.height, 1e-3f) * height * static_cast<float>(t), apart);
  for (int i = 0; i < 4; ++i) {
    float along = way * ((static_cast<float>(i) + 0.5f) * apart - half - gone);
    if (std::abs(along) < 0.95f * half) fill(canvas, Capsule{body.x + along, belt_y + 0.05f * deck, body.x + along - 0.06f * height, belt_y + 0.05f * deck, thick, thick}, product(srgb(0xd8dde6), body.light));
  }
  float post_x = body.x + way * 0.95f * half, top = belt_y - 0.62f * height;
  fill(canvas, Capsule{post_x, belt_y, post_x + way * 0.12f * height, top, 1.3f * thick, 1.3f * thick}, metal);
  fill(canvas, Capsule{post_x + way * 0.12f * height, top, post_x - way * 0.16f * height, top + 0.05f * height, 1.2f * thick, 1.2f * thick}, metal);
  fill(canvas, RoundBox{post_x + way * 0.12f * height - 0.08f * height, top - 0.1f * height, post_x + way * 0.12f * height + 0.08f * height, top + 0.02f * height, 0.02f * height}, screen);
}

// Two flames on circles around the hands, each with a fading tail.
void draw_fire(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body) {
  if (!actor.whirls_fire) return;
  constexpr int kTail = 14;
  constexpr double kTurn_s = 0.9, kTailShare = 0.32;  // seconds a circle; how much of it glows
  float width = body.height_px * actor.track.facts->aspect, radius = 0.34f * body.height_px, y = body.y - 0.62f * body.height_px;
  for (int side : {-1, 1})
    for (int i = kTail; i >= 0; --i) {
      double angle = 2 * std::numbers::pi * (actor.track.phase + t / kTurn_s - kTailShare * i / kTail) * side;
      float age = static_cast<float>(i) / kTail, size = body.height_px * mix(0.075f, 0.02f, age);
      float px = body.x + static_cast<float>(side) * (0.3f * width + 0.55f * radius) + radius * static_cast<float>(std::cos(angle));
      float py = y + radius * static_cast<float>(std::sin(angle));
      glow(canvas, px, py, 2.2f * size, srgb(0xff8a2a), 0.35f * (1 - age));
      fill(canvas, disc(px, py, std::max(size, 0.6f)), mix(srgb(0xffe27a), srgb(0xe2451a), age), 1 - 0.85f * age);
    }
}

}  // namespace mg::world
