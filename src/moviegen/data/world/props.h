// Things that subjects wear and hold: which of them fit whom, and where on the body they sit.
#pragma once
#include <string>
#include <vector>

#include "moviegen/data/world/scene.h"

namespace mg::world {

// Names of the props that the role's look can wear, or with `held` hold: those whose place on the body its anchors tell.
std::vector<std::string> props_for(const Wardrobe& wardrobe, const Role& role, bool held);

// What is worn and held, ready to draw. `worn` may start with a colour: "pink sunglasses". Throws NotFound for an unknown
// prop or colour and UsageError where the look has no such place.
std::vector<Prop> dress(const Wardrobe& wardrobe, const Role& role);

// Draws one on its wearer, who is drawn as `body` shows.
void draw_prop(Canvas& canvas, const Actor& actor, const Prop& prop, const SpriteDraw& body);

}  // namespace mg::world
