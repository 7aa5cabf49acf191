// Limbs that are drawn: legs under a thing, and the whole body under a head, a puppet. They walk in the stride of the track.
#pragma once
#include "moviegen/data/world/scene.h"

namespace mg::world {

// Whether the role's subject has a head alone in one of the styles asked for, and the place has ground to walk on. Then the role gets that
// look, a motion and direction of those asked for, and clothes; else false.
bool add_puppet(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, Outline& outline);

// Makes room for the body of the role's puppet below its head.
void give_body(const Role& role, Actor& actor);

// `body` says how the picture itself is drawn; its bottom is where the legs or the neck begin.
void draw_legs(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body);
void draw_puppet(Canvas& canvas, const Actor& actor, double t, const SpriteDraw& body);

}  // namespace mg::world
