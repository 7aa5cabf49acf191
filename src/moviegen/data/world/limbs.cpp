#include "moviegen/data/world/limbs.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "moviegen/data/world/casting.h"
#include "moviegen/data/world/place_shapes.h"
#include "moviegen/data/world/props.h"

namespace mg::world {
namespace {

constexpr float kBody = 1.35f;        // height of a puppet's body, in heights of its head
constexpr float kHeadOfPuppet = 0.52f;  // height of its head beside a head alone

// Where a leg or an arm is in its stride: −1 behind to 1 in front; how far its foot is lifted, 0 to 1.
struct Stride {
  float swing = 0, lift = 0;
};

Stride stride_of(const Track& track, double t, int side) {
  if (!(track.velocity > 0) && track.motion->gait != Gait::kDance) return {};
  double angle = 2 * std::numbers::pi * (track.phase + t / track.period_s + 0.5 * side);
  return {static_cast<float>(std::sin(angle)), std::max(0.0f, static_cast<float>(std::cos(angle)))};
}

struct LegColors {
  Color leg, shoe;
};

// Two parts and a foot, `length` from hip to ground.
void draw_leg(Canvas& canvas, float hip_x, float hip_y, float ground, float length, float way, const Stride& stride, int side, const LegColors& colors) {
  float foot_x = hip_x + way * 0.6f * length * stride.swing, foot_y = ground - 0.3f * length * stride.lift - 0.06f * length;
  float knee_x = (hip_x + foot_x) / 2 + way * 0.22f * length * stride.lift, knee_y = (hip_y + foot_y) / 2, thick = std::max(0.7f, 0.09f * length);
  fill(canvas, Capsule{hip_x, hip_y, knee_x, knee_y, thick, thick}, colors.leg);
  fill(canvas, Capsule{knee_x, knee_y, foot_x, foot_y, thick, thick}, colors.leg);
  float toe = 0.28f * length * (way == 0 ? (side ? 1.0f : -1.0f) : way);
  fill(canvas, Capsule{foot_x - 0.2f * toe, foot_y, foot_x + toe, foot_y, 1.3f * thick, 1.2f * thick}, colors.shoe);
}

}  // namespace

bool add_puppet(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, Outline& outline) {
  Role& role = outline.roles.front();
  const Subject& subject = wardrobe.assets().subject(role.subject);
  std::vector<std::string> heads, ways = {"walk", "run", "stand", "dance"};
  for (const std::string& id : subject.looks) {
    if (!wardrobe.assets().has_sprite(id)) continue;
    const Sprite& look = wardrobe.assets().look(id);
    if (look.head_only && contains(options.styles, look.style) && (options.animated_assets || !id.starts_with("anim/"))) heads.push_back(id);
  }
  std::erase_if(ways, [&](const std::string& way) { return !contains(options.motions, way); });
  if (heads.empty() || ways.empty() || place_named(outline.place).medium != Medium::kGround) return false;
  role = {.subject = role.subject, .look = pick(generator, heads), .motion = pick(generator, ways), .puppet = true};
  bool goes_left = generator.chance(0.5);
  if (motion_named(role.motion).sideways) role.direction = goes_left ? Direction::kLeft : Direction::kRight;
  static const std::vector<std::string> garments = {"coat", "dress", "shirt", "overalls"};
  const std::string& worn = pick(generator, garments);
  role.wears = {std::string(pick(generator, named_colors()).name) + " " + worn};
  bool has_picture = worn == "coat" || worn == "dress";
  if (has_picture && still_of(wardrobe, wardrobe.assets().subject(worn), wardrobe.assets().look(role.look).style).empty()) role.wears = {};
  return true;
}

void give_body(const Role& role, Actor& actor) {
  if (!role.puppet) return;
  actor.puppet = {true, color_named("blue"), color_named("grey"), color_named("brown")};
  actor.legs = kBody;
  actor.track.height *= kHeadOfPuppet;
}

void draw_legs(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body) {
  if (actor.legs <= 0 || actor.puppet.is_one) return;
  float length = actor.legs * body.height_px, hip_y = body.y - 0.1f * body.height_px, ground = body.y + length;
  float width = body.height_px * actor.track.facts->aspect, way = sign_of(actor.track.direction);
  for (int side : {0, 1}) {
    LegColors colors{product(srgb(side ? 0x4d5566 : 0x3b4252), body.light), product(srgb(side ? 0xd84a38 : 0xb83a2c), body.light)};
    draw_leg(canvas, body.x + (side ? 0.14f : -0.14f) * width, hip_y, ground, length, way, stride_of(actor.track, t, side), side, colors);
  }
}

// Arms behind the shirt, legs under it; what hangs over it is a prop and drawn after the head.
void draw_puppet(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body) {
  if (!actor.puppet.is_one) return;
  constexpr float kShade = 0.8f;  // of the far side
  float head = body.height_px, way = sign_of(actor.track.direction), hip_y = body.y + 0.72f * head, ground = body.y + kBody * head;
  auto lit = [&](const Color& color, int side) { return product(side ? color : product(color, {kShade, kShade, kShade}), body.light); };
  for (int side : {0, 1}) {
    Stride stride = stride_of(actor.track, t, side);
    draw_leg(canvas, body.x + (side ? 0.13f : -0.13f) * head, hip_y, ground, ground - hip_y, way, stride, side, {lit(actor.puppet.trousers, side), lit(actor.puppet.boots, side)});
    // An arm goes back as the leg of its side goes forward.
    float shoulder_x = body.x + (side ? 0.26f : -0.26f) * head, shoulder_y = body.y + 0.1f * head, out = side ? 1.0f : -1.0f;
    float hand_x = shoulder_x + 0.16f * head * out - way * 0.3f * head * stride.swing, hand_y = shoulder_y + 0.5f * head - 0.1f * head * std::abs(stride.swing);
    fill(canvas, Capsule{shoulder_x, shoulder_y, hand_x, hand_y, 0.09f * head, 0.07f * head}, lit(actor.puppet.shirt, side));
    fill(canvas, disc(hand_x, hand_y, 0.09f * head), lit(srgb(0xe8b48a), side));
  }
  fill(canvas, RoundBox{body.x - 0.3f * head, body.y - 0.08f * head, body.x + 0.3f * head, hip_y + 0.1f * head, 0.18f * head}, lit(actor.puppet.shirt, 1));
}

}  // namespace mg::world
