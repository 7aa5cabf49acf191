// Who can do what where, and the words for it (declared in motion.h).
#include <algorithm>
#include <array>

#include "moviegen/core/error.h"
#include "moviegen/data/world/motion.h"

namespace mg::world {
namespace {

// Animals at home on land and in the water, whatever their table entry says.
constexpr std::array<std::string_view, 12> kAmphibious = {"duck", "turtle", "penguin",    "frog",      "seal",         "otter",
                                                          "beaver", "swan", "polar bear", "crocodile", "hippopotamus", "goose"};
// Flying machines that can stay in one spot.
constexpr std::array<std::string_view, 3> kHoverers = {"helicopter", "UFO", "drone"};

bool is_one_of(std::string_view name, auto& list) { return std::find(list.begin(), list.end(), name) != list.end(); }

bool is_alive(const Subject& subject) { return subject.group == "animal" || subject.group == "person"; }
bool is_person(const Subject& subject) { return subject.group == "person"; }
// Toys, food and things one can throw.
bool is_handy(const Subject& subject) { return !is_alive(subject) && subject.group != "vehicle" && subject.size <= 0.6f; }

std::vector<std::string_view> on_ground(const Subject& subject, const PlaceInfo& place) {
  switch (subject.locomotion) {
    case Locomotion::kWalk: {
      std::vector<std::string_view> names = {"stand", "walk", "run", "jump"};
      names.insert(names.end(), {"sit", "lie", "dance"});  // where a look shows it
      if (is_person(subject)) names.insert(names.end(), {"come closer", "go away"});
      return names;
    }
    case Locomotion::kHop: return {"stand", "sit", "hop", "jump"};
    case Locomotion::kDrive:
      if (!place.outdoors) return {};
      return is_person(subject) ? std::vector<std::string_view>{"drive"} : std::vector<std::string_view>{"stand", "drive"};
    case Locomotion::kRoll: {
      if (subject.verb_walk == "slides") return {"slide", "bounce", "spin", "fall", "stand"};
      return {"roll", "bounce", "spin", "fall", "stand", "come closer", "go away"};
    }
    case Locomotion::kStill:
      if (is_handy(subject) && subject.group != "thing") return {"stand", "bounce", "spin", "fall"};
      return {"stand"};
    case Locomotion::kSwim:
      if (is_one_of(subject.name, kAmphibious)) return {"stand", "walk"};
      return {};
    case Locomotion::kFly:
    case Locomotion::kFloat:
    case Locomotion::kSail: return {};
  }
  return {};
}

std::vector<std::string_view> in_air(const Subject& subject, const PlaceInfo& place) {
  bool open = place.has_sky || place.medium == Medium::kAir;
  if (!open) return {};
  if (subject.locomotion == Locomotion::kFloat) return {"float", "drift", "rise"};
  if (subject.locomotion != Locomotion::kFly) return {};
  if (subject.group == "vehicle" && !is_one_of(subject.name, kHoverers)) {
    if (!place.outdoors) return {};
    return {"fly", "rise"};
  }
  return {"fly", "float", "rise", "come closer", "go away"};
}

std::vector<std::string_view> on_water(const Subject& subject, const PlaceInfo& place) {
  bool is_pool = place.name.find("pool") != std::string::npos;
  switch (subject.locomotion) {
    case Locomotion::kSwim: return {"swim", "float"};
    case Locomotion::kSail: return is_pool ? std::vector<std::string_view>{} : std::vector<std::string_view>{"sail", "float"};
    case Locomotion::kRoll: return {"float"};
    case Locomotion::kStill: return is_handy(subject) ? std::vector<std::string_view>{"float"} : std::vector<std::string_view>{};
    default:
      if (is_one_of(subject.name, kAmphibious)) return {"swim", "float"};
      return {};
  }
}

std::vector<std::string_view> under_water(const Subject& subject) {
  bool swims = subject.locomotion == Locomotion::kSwim || is_one_of(subject.name, kAmphibious);
  if (!swims) return {};
  return {"swim", "float", "rise"};
}

std::vector<Motion> make_motions() {
  using enum Gait;
  auto sideways = [](std::string name, Gait gait, std::vector<Verb> verbs, float walk, float track, bool in_place = false) {
    return Motion{std::move(name), gait, std::move(verbs), true, in_place, Direction::kNone, walk, track};
  };
  auto fixed = [](std::string name, Gait gait, std::vector<Verb> verbs, Direction direction = Direction::kNone, float speed = 0) {
    return Motion{std::move(name), gait, std::move(verbs), false, true, direction, speed, speed};
  };
  return {
      fixed("stand", kStand, {{"stands", "standing"}}),
      fixed("sit", kSit, {{"sits", "sitting"}}),
      fixed("lie", kLie, {{"lies", "lying"}, {"rests", "resting"}}),
      fixed("dance", kDance, {{"dances", "dancing"}}),
      sideways("walk", kWalk, {{"walks", "walking"}}, 0.17f, 0.30f),
      sideways("run", kRun, {{"runs", "running"}, {"races", "racing"}}, 0.34f, 0.75f),
      sideways("hop", kHop, {{"hops", "hopping"}, {"leaps", "leaping"}}, 0.25f, 0.45f),
      fixed("jump", kJump, {{"jumps up and down", "jumping up and down"}, {"jumps", "jumping"}}),
      sideways("fly", kFly, {{"flies", "flying"}}, 0.26f, 0.55f),
      sideways("swim", kSwim, {{"swims", "swimming"}}, 0.20f, 0.34f),
      sideways("sail", kSwim, {{"sails", "sailing"}}, 0.16f, 0.30f),
      sideways("drive", kDrive, {{"drives", "driving"}}, 0.28f, 0.80f),
      fixed("float", kFloat, {{"floats", "floating"}}),
      sideways("drift", kDrift, {{"drifts", "drifting"}, {"floats", "floating"}}, 0.15f, 0.22f),
      sideways("roll", kRoll, {{"rolls", "rolling"}}, 0.30f, 0.45f),
      sideways("slide", kSlide, {{"slides", "sliding"}, {"glides", "gliding"}}, 0.22f, 0.40f),
      sideways("bounce", kBounce, {{"bounces", "bouncing"}}, 0.22f, 0.35f, true),
      fixed("spin", kSpin, {{"spins", "spinning"}, {"turns round and round", "turning round and round"}, {"spins around", "spinning around"}}),
      fixed("fall", kFall, {{"falls", "falling"}, {"drops", "dropping"}}, Direction::kDown),
      fixed("rise", kRise, {{"rises", "rising"}, {"goes up", "going up"}}, Direction::kUp, 0.16f),
      fixed("come closer", kApproach, {{"comes closer", "coming closer"}, {"comes towards the camera", "coming towards the camera"},
                                       {"approaches", "approaching"}}, Direction::kCloser),
      fixed("go away", kRecede, {{"goes away", "going away"}, {"moves away from the camera", "moving away from the camera"},
                                 {"moves away", "moving away"}}, Direction::kAway),
  };
}

// The motion whose word is the subject's `verb_walk`.
std::string_view natural_motion(Locomotion locomotion) {
  switch (locomotion) {
    case Locomotion::kWalk: return "walk";
    case Locomotion::kHop: return "hop";
    case Locomotion::kFly: return "fly";
    case Locomotion::kSwim: return "swim";
    case Locomotion::kFloat: return "drift";
    case Locomotion::kDrive: return "drive";
    case Locomotion::kSail: return "sail";
    case Locomotion::kRoll: return "roll";
    case Locomotion::kStill: return "";
  }
  return "";
}

std::vector<Verb> standing_verbs(const Subject& subject) {
  if (is_person(subject)) return {{"stands", "standing"}, {"stands", "standing"}, {"waits", "waiting"}};
  if (is_alive(subject)) return {{"stands", "standing"}, {"stands still", "standing still"}, {"waits", "waiting"}};
  if (subject.group == "vehicle") return {{"stands", "standing"}, {"stands still", "standing still"}, {"waits", "waiting"}};
  if (subject.locomotion == Locomotion::kStill || subject.locomotion == Locomotion::kWalk) return {{"stands", "standing"}};
  return {{"lies", "lying"}, {"sits", "sitting"}, {"rests", "resting"}};
}

}  // namespace

const std::vector<Motion>& motions() {
  static const std::vector<Motion> all = make_motions();
  return all;
}

const Motion& motion_named(std::string_view name) {
  for (const Motion& motion : motions())
    if (motion.name == name) return motion;
  std::string known;
  for (const Motion& motion : motions()) known += (known.empty() ? "" : ", ") + motion.name;
  throw NotFound("there is no motion '{}'; known: {}", name, known);
}

std::vector<const Motion*> motions_for(const Subject& subject, const PlaceInfo& place) {
  std::vector<std::string_view> names;
  auto add = [&](const std::vector<std::string_view>& more) { names.insert(names.end(), more.begin(), more.end()); };
  switch (place.medium) {
    case Medium::kGround: add(on_ground(subject, place)), add(in_air(subject, place)); break;
    case Medium::kWater: add(on_water(subject, place)), add(in_air(subject, place)); break;
    case Medium::kUnderwater: add(under_water(subject)); break;
    case Medium::kAir: add(in_air(subject, place)); break;
  }
  std::vector<const Motion*> out;
  for (auto name : names) out.push_back(&motion_named(name));
  return out;
}

std::vector<Verb> verbs_for(const Subject& subject, const Motion& motion) {
  if (motion.gait == Gait::kStand) return standing_verbs(subject);
  std::vector<Verb> verbs;
  auto add = [&](const std::string& third) {
    if (!third.empty()) verbs.push_back({third, participle(third)});
  };
  if (motion.name == natural_motion(subject.locomotion)) add(subject.verb_walk);
  if (motion.gait == Gait::kRun) add(subject.verb_run);
  // "a cyclist drives" is not English; "a car drives" is.
  bool own_only = !verbs.empty() && subject.group != "vehicle" && (motion.gait == Gait::kDrive || motion.name == "sail" || motion.gait == Gait::kDrift);
  for (const Verb& verb : motion.verbs) {
    if (own_only) break;
    bool known = std::any_of(verbs.begin(), verbs.end(), [&](const Verb& v) { return v.third == verb.third; });
    if (!known) verbs.push_back(verb);
  }
  // What has wings hovers; floating is for balloons and boats.
  if (motion.gait == Gait::kFloat && subject.locomotion == Locomotion::kFly)
    return {{"hovers", "hovering"}, {"hovers in the air", "hovering in the air"}, {"flies on the spot", "flying on the spot"}};
  return verbs;
}

std::string infinitive(const std::string& third) {
  size_t space = third.find(' ');
  std::string verb = third.substr(0, space), rest = space == std::string::npos ? "" : third.substr(space);
  auto ends = [&](std::string_view end) { return verb.size() > end.size() && verb.ends_with(end); };
  if (verb == "is") return "be" + rest;
  if (ends("ies")) verb = verb.substr(0, verb.size() - 3) + (verb.size() == 4 ? "ie" : "y");
  else if (ends("oes") || ends("ches") || ends("shes") || ends("sses") || ends("xes") || ends("zzes")) verb.resize(verb.size() - 2);
  else if (ends("s")) verb.pop_back();
  return verb + rest;
}

std::string participle(const std::string& third) {
  const std::string base = infinitive(third);
  size_t space = base.find(' ');
  std::string verb = base.substr(0, space), rest = space == std::string::npos ? "" : base.substr(space);
  auto vowel = [](char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; };
  if (verb == "be") return "being" + rest;
  if (verb.ends_with("ie")) return verb.substr(0, verb.size() - 2) + "ying" + rest;
  size_t n = verb.size();
  if (n > 2 && verb[n - 1] == 'e' && !vowel(verb[n - 2])) return verb.substr(0, n - 1) + "ing" + rest;
  bool one_syllable = n >= 3 && std::count_if(verb.begin(), verb.end(), vowel) == 1;
  bool doubles = one_syllable && vowel(verb[n - 2]) && !vowel(verb[n - 1]) && std::string_view("wxy").find(verb[n - 1]) == std::string_view::npos;
  return doubles ? verb + verb[n - 1] + "ing" + rest : verb + "ing" + rest;
}

}  // namespace mg::world
