// What subjects wear and hold: which of it fits whom, where on the body it sits, and how it is drawn.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

inline constexpr const char* kLegs = "legs";  // "wears" legs: a thing that walks
inline constexpr const char* kFire = "fire";  // "holds" fire: whirls it in circles
inline constexpr const char* kTreadmill = "treadmill";

// Animals and things whose body stands upright below a head, and people.
bool is_upright(const Subject& subject, const Sprite& look);

// A still picture of it, in the style of its wearer where there is one; "" where the pack has none.
std::string still_of(const Wardrobe& wardrobe, const Subject& what, const std::string& style);

// Natural height of a thing as a share of the height of who has it.
float natural_share(const Subject& who, const Sprite& look, const Subject& thing);

// Where a point of the actor's picture is on the canvas while the actor is drawn as `body`.
struct Spot {
  float x, y;
};
Spot spot_on(const Actor& actor, const SpriteDraw& body, const Anchor& point);

// Names of what the role's look can wear, or with `held` hold: that for which its picture has a place.
std::vector<std::string> props_for(const Wardrobe& wardrobe, const Role& role, bool held);

// "pink sunglasses" → "pink", "sunglasses"; without a colour the first is empty.
std::pair<std::string, std::string> split_color(const std::string& words);

// Whether a colour may stand before it: "pink sunglasses".
bool takes_color(const Wardrobe& wardrobe, const std::string& prop);

// Things that walk when they get legs.
bool can_have_legs(const Subject& subject);

// Who walks or runs alone in a gym.
bool can_use_treadmill(const Outline& outline);
// Lifts the actor onto the belt.
void step_on_treadmill(const Scene& scene, Actor& actor);

// Puts on the actor what its role wears and holds. Throws NotFound for an unknown name and UsageError where its look has no place for it.
void dress(const Wardrobe& wardrobe, const Role& role, Actor& actor);

// `body` says how the actor itself is drawn.
void draw_props(Canvas& canvas, const Actor& actor, const SpriteDraw& body);
void draw_treadmill(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body, float belt_y);
void draw_fire(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body);

}  // namespace mg::world
