#include "moviegen/data/world/extras.h"

#include <algorithm>
#include <array>

#include "moviegen/core/error.h"
#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/casting.h"
#include "moviegen/data/world/formation.h"
#include "moviegen/data/world/limbs.h"
#include "moviegen/data/world/named_enum.h"
#include "moviegen/data/world/props.h"

namespace mg::world {
namespace {

// Shares of the scenes that are not plain (ours).
constexpr double kGroup = 0.12 / 0.65;  // of those without company
constexpr double kThird = 0.25, kHolds = 0.6, kTintsProp = 0.5, kParticles = 0.08;  // kHolds: of the share that wears something
constexpr double kRider = 0.4, kHasLegs = 0.3, kOnTreadmill = 0.5;  // of those who can be ridden; who can have legs; who walk or run in a gym
constexpr double kCompanyColor = 0.6;   // of the share of leads that have a colour

constexpr std::array<const char*, 5> kRelations = {"next to", "behind", "in front of", "chases", "past"};

bool chases(const Motion& motion) {
  Gait gait = motion.gait;
  return gait == Gait::kRun || gait == Gait::kHop || gait == Gait::kFly || gait == Gait::kSwim || gait == Gait::kDrive;
}

// Of two that are seen together: both go sideways, or neither does.
bool go_together(const Motion& first, const Motion& second) { return can_have_company(second) && first.sideways == second.sideways; }

// What the relation needs of the second subject's motion.
bool fits(const std::string& relation, const Motion& first, const Motion& second) {
  if (relation == "chases") return chases(first) && chases(second);
  if (relation == "past") return first.sideways && second.gait == Gait::kStand;
  return go_together(first, second);
}

std::string draw_relation(Generator& generator, const Motion& motion) {
  std::vector<std::string> list = {"next to", "next to", "behind", "in front of"};
  if (motion.sideways) list.push_back("past");
  if (chases(motion)) list.insert(list.end(), {"chases", "chases"});
  return pick(generator, list);
}

// The motion of the second subject and a look that shows it: the first one's motion where it can.
bool cast_second(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const Subject& subject, const std::string& relation,
                 const Outline& outline, Role& role) {
  const Role& lead = outline.roles.front();
  const Motion& first = motion_named(lead.motion);
  std::vector<const Motion*> list = motions_for(subject, place_named(outline.place));
  // What stands to be passed needs not be among the motions asked for.
  std::erase_if(list, [&](const Motion* motion) {
    return !fits(relation, first, *motion) || (relation != "past" && !contains(options.motions, motion->name));
  });
  shuffle(generator, list);
  std::stable_partition(list.begin(), list.end(), [&](const Motion* motion) { return motion->name == lead.motion; });
  for (const Motion* motion : list) {
    std::string look = choose_look(generator, wardrobe, subject, *motion, {options, false});
    if (look.empty()) continue;
    role = {.subject = subject.name, .look = look, .motion = motion->name, .direction = Direction::kNone};
    if (motion->sideways) role.direction = lead.direction, role.speed = lead.speed;
    return true;
  }
  return false;
}

void draw_clothes(Generator& generator, const Wardrobe& wardrobe, double share, Role& role) {
  Generator wears = generator.fork("wears"), holds = generator.fork("holds");
  bool is_dressed = wears.chance(share), has_something = holds.chance(kHolds * share);
  if (auto list = props_for(wardrobe, role, false); is_dressed && !list.empty()) {
    std::string worn = pick(wears, list);
    bool tinted = takes_color(wardrobe, worn) && wears.chance(kTintsProp);
    role.wears.push_back(tinted ? std::string(pick(wears, named_colors()).name) + " " + worn : worn);
  }
  if (auto list = props_for(wardrobe, role, true); has_something && !list.empty()) role.holds = pick(holds, list);
}

// What may be in the air where; the place says whether it is natural there.
std::vector<Particles> particles_for(const Outline& outline) {
  const PlaceInfo& place = place_named(outline.place);
  if (place.medium == Medium::kUnderwater) return {Particles::kBubbles};
  std::vector<Particles> list = {Particles::kConfetti, Particles::kHearts, Particles::kBubbles, Particles::kStars};
  if (place.outdoors && place.surface == "grass") list.insert(list.end(), {Particles::kLeaves, Particles::kPetals, Particles::kLeaves, Particles::kPetals});
  if (outline.time == TimeOfDay::kNight && place.outdoors) list.insert(list.end(), {Particles::kFireflies, Particles::kFireflies});
  return list;
}

}  // namespace

bool can_have_company(const Motion& motion) {
  Gait gait = motion.gait;
  return motion.sideways || gait == Gait::kStand || gait == Gait::kSit || gait == Gait::kDance || gait == Gait::kJump || gait == Gait::kFloat;
}

bool add_company(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast,
                 const std::string& relation, Outline& outline) {
  const Role& lead = outline.roles.front();
  const Motion& motion = motion_named(lead.motion);
  bool known = relation.empty() || std::find(kRelations.begin(), kRelations.end(), relation) != kRelations.end();
  if (!known) throw NotFound("there is no relation '{}'; known: next to, behind, in front of, chases, past, rides", relation);
  bool goes = sign_of(lead.direction) != 0;
  if (!can_have_company(motion) || (motion.sideways && !goes) || std::ssize(outline.roles) >= kMostRoles) return false;
  std::string wanted = relation.empty() ? draw_relation(generator, motion) : relation;
  std::vector<const Subject*> order = cast;
  std::erase_if(order, [&](const Subject* subject) {
    return std::any_of(outline.roles.begin(), outline.roles.end(), [&](const Role& role) { return role.subject == subject->name; });
  });
  shuffle(generator, order);
  for (const Subject* subject : order) {
    Role role;
    if (!cast_second(generator, wardrobe, options, *subject, wanted, outline, role)) continue;
    role.color = choose_color(generator, wardrobe, role, kCompanyColor * options.colors);
    outline.roles.push_back(role);
    outline.relation = wanted;
    return true;
  }
  return false;
}

bool add_rider(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast, Outline& outline) {
  constexpr float kLightest = 1.7f;  // a rider is at most so much larger than what it rides
  constexpr std::array<Gait, 6> kSteady = {Gait::kStand, Gait::kWalk, Gait::kRun, Gait::kSwim, Gait::kFloat, Gait::kDrive};
  const Role carrier = outline.roles.front();
  const Subject& below = wardrobe.assets().subject(carrier.subject);
  bool is_steady = std::find(kSteady.begin(), kSteady.end(), motion_named(carrier.motion).gait) != kSteady.end();
  if (!seat_on(below.name) || !is_steady || outline.roles.size() > 1 || outline.count > 1) return false;
  std::vector<const Subject*> order = cast;
  shuffle(generator, order);
  for (const Subject* subject : order) {
    bool is_alive = subject->group == "person" || subject->group == "animal" || subject->name == "robot" || subject->name == "teddy bear";
    if (!is_alive || subject->name == below.name || subject->size > kLightest * below.size) continue;
    for (const char* way : {"sit", "lie", "stand"}) {
      if (!contains(options.motions, way)) continue;
      std::string look = choose_look(generator, wardrobe, *subject, motion_named(way), {options, false});
      if (look.empty()) continue;
      Role rider{.subject = subject->name, .look = look, .motion = way, .direction = carrier.direction, .speed = carrier.speed};
      rider.color = choose_color(generator, wardrobe, rider, kCompanyColor * options.colors);
      outline.roles = {rider, carrier};
      outline.relation = "rides";
      return true;
    }
  }
  return false;
}

bool add_legs(Generator& generator, const RenderOptions& options, Outline& outline, const Subject& subject) {
  Role& role = outline.roles.front();
  std::vector<std::string> ways = {"walk", "run"};
  std::erase_if(ways, [&](const std::string& way) { return !contains(options.motions, way); });
  bool goes_left = generator.chance(0.5);
  if (ways.empty() || !can_have_legs(subject) || place_named(outline.place).medium != Medium::kGround) return false;
  std::string motion = pick(generator, ways);
  role.motion = motion, role.direction = goes_left ? Direction::kLeft : Direction::kRight;
  role.wears = {kLegs};
  return true;
}

void draw_extras(Generator generator, const Wardrobe& wardrobe, const RenderOptions& options, const std::vector<const Subject*>& cast, Outline& outline) {
  Generator filter = generator.fork("filter");
  if (filter.chance(options.filters)) outline.filter = static_cast<Filter>(1 + filter.below(kFilters));
  Generator rider = generator.fork("rider"), legs = generator.fork("legs");
  bool has_rider = rider.chance(kRider), has_legs = legs.chance(kHasLegs);
  if (has_rider && options.max_subjects > 1 && add_rider(rider, wardrobe, options, cast, outline)) {
    Generator clothes = generator.fork("clothes");
    return draw_clothes(clothes, wardrobe, options.clothes, outline.roles.front());
  }
  Generator body = generator.fork("puppet"), deed = generator.fork("action");
  if (body.chance(options.puppets) && add_puppet(body, wardrobe, options, outline)) return;
  if (has_legs) add_legs(legs, options, outline, wardrobe.assets().subject(outline.roles.front().subject));
  Generator belt = generator.fork("treadmill");
  if (belt.chance(kOnTreadmill) && can_use_treadmill(outline)) {
    outline.on = kTreadmill;
    Generator clothes = generator.fork("clothes");
    return draw_clothes(clothes, wardrobe, options.clothes, outline.roles.front());
  }
  if (deed.chance(options.actions) && add_action(deed, wardrobe, options, "", "", outline)) return;
  Generator company = generator.fork("company"), group = generator.fork("group"), air = generator.fork("air");
  Role& lead = outline.roles.front();
  bool goes_or_stays = can_have_company(motion_named(lead.motion)) && (sign_of(lead.direction) != 0 || !motion_named(lead.motion).sideways);
  bool has_company = company.chance(options.company), is_group = group.chance(kGroup), has_third = company.chance(kThird);
  if (has_company && options.max_subjects > 1) {
    bool found = add_company(company, wardrobe, options, cast, "", outline);
    if (found && has_third && options.max_subjects > 2 && outline.relation == "next to") add_company(company, wardrobe, options, cast, "next to", outline);
  } else if (is_group && options.max_subjects > 1 && goes_or_stays) {
    outline.count = 2 + group.below(kMostOfAKind - 1);
  }
  Generator clothes = generator.fork("clothes");
  draw_clothes(clothes, wardrobe, options.clothes, outline.roles.front());
  if (air.chance(kParticles)) outline.particles = pick(air, particles_for(outline));
}

Particles particles_named(std::string_view name) { return named_enum(name, Particles::kSmoke, "kind of particles"); }

}  // namespace mg::world
