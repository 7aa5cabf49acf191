#include "moviegen/data/world/casting.h"

namespace mg::world {
namespace {

constexpr double kFirstLook = 0.5;  // plain scenes show a subject mostly in its first look

// What a picture drawn in some pose can be seen doing. People are drawn doing one thing; an animal drawn in mid-stride
// passes for standing, one that sits does not pass for walking.
bool pose_can(const Subject& subject, const Sprite& look, const Motion& motion) {
  const std::string& pose = look.pose;
  Gait gait = motion.gait;
  bool by_nature = subject.locomotion == Locomotion::kFly || subject.locomotion == Locomotion::kFloat || subject.locomotion == Locomotion::kRoll;
  if (gait == Gait::kSit) return pose == "sit";
  if (gait == Gait::kLie) return pose == "lie";
  if (gait == Gait::kDance) return pose == "dance";
  if (pose == "dance") return false;
  if (look.head_only) return gait == Gait::kStand || gait == Gait::kBounce || gait == Gait::kSpin;
  if (by_nature) return true;
  if (pose == "sit" || pose == "lie" || pose == "hang") return gait == Gait::kFloat;
  if (subject.group != "person") return gait != Gait::kStand || (pose != "run" && pose != "leap");
  if (pose == "walk") return gait == Gait::kWalk;
  if (pose == "run") return gait == Gait::kRun;
  if (pose == "stand") return gait == Gait::kStand || gait == Gait::kJump || gait == Gait::kApproach || gait == Gait::kRecede;
  return true;
}

// Seen from the front while going sideways: possible, but it does not face its way.
bool faces_wrongly(const Subject& subject, const Sprite& look, const Motion& motion) {
  bool on_feet = subject.locomotion == Locomotion::kWalk || subject.locomotion == Locomotion::kHop || subject.locomotion == Locomotion::kDrive;
  return look.front && motion.sideways && on_feet;
}

}  // namespace

std::string choose_look(Generator& generator, const Wardrobe& wardrobe, const Subject& subject, const Motion& motion, const LookRules& rules) {
  std::vector<std::string> looks, sideless;
  for (const std::string& id : subject.looks) {
    if (!wardrobe.assets().has_sprite(id)) continue;
    const Sprite& look = wardrobe.assets().look(id);
    bool allowed = (rules.options.animated_assets || !id.starts_with("anim/")) && contains(rules.options.styles, look.style);
    if (!allowed || !pose_can(subject, look, motion)) continue;
    // Plain scenes show whole bodies.
    if (rules.plain && look.head_only) continue;
    (faces_wrongly(subject, look, motion) ? sideless : looks).push_back(id);
  }
  if (looks.empty()) looks = sideless;
  if (looks.empty()) return "";
  bool takes_first = generator.chance(kFirstLook);
  const std::string& other = pick(generator, looks);
  return rules.plain && takes_first ? looks.front() : other;
}

std::string choose_color(Generator& generator, const Wardrobe& wardrobe, const Role& role, double share) {
  bool tintable = wardrobe.assets().subject(role.subject).tintable && wardrobe.assets().look(role.look).tintable;
  bool recolors = generator.chance(share);
  int color = generator.below(static_cast<int>(named_colors().size()));
  return tintable && recolors ? std::string(named_colors()[color].name) : "";
}

}  // namespace mg::world
