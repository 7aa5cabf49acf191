// Actions: what a subject does with a thing. It eats one up in bites, throws or kicks a ball, or juggles three.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

// Lets the first role, which is alone, stand and do this ("" = anything) with that thing ("" = any); false where no look of it can, the place
// has no ground or the options no such motion. Throws NotFound for an unknown action.
bool add_action(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::string& action, const std::string& thing, Outline& outline);

// "eats a donut", "eating a donut", by one of the thing's names.
Verb words_of(Generator& generator, const Role& role, const Deed& deed);

// The deed of the role in numbers: which picture, how large, when.
Deed make_deed(Generator& generator, const Wardrobe& wardrobe, const Role& role, const Actor& actor);

// One of its things at a moment, in heights of the actor from where it starts; x to the right, y downwards.
struct Piece {
  float x = 0, y = 0, scale = 1, turn = 0;
};
std::vector<Piece> pieces_at(const Deed& deed, double t);

// Moments in [0, duration) when a thing is kicked or lands, and how hard, 0 to 1.
std::vector<std::pair<double, double>> strikes(const Deed& deed, double duration_s);

void draw_deed(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body);

}  // namespace mg::world
