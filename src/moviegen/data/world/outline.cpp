// Draws what a scene shows (declared in scene.h): subject, place, motion, look, time, weather, camera.
#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"
#include "moviegen/data/world/actions.h"
#include "moviegen/data/world/casting.h"
#include "moviegen/data/world/extras.h"
#include "moviegen/data/world/limbs.h"
#include "moviegen/data/world/named_enum.h"
#include "moviegen/data/world/props.h"
#include "moviegen/data/world/scene.h"

namespace mg::world {
namespace {

constexpr double kPlainTracking = 0.3;  // share of plain sideways scenes whose camera follows the subject
constexpr double kUsualDay = 0.55, kUsualClear = 0.55;

double weight_of(const Motion& motion) {
  if (motion.gait == Gait::kStand || motion.gait == Gait::kSit || motion.gait == Gait::kLie) return 0.8;
  return motion.sideways ? 3.0 : 1.0;
}

// A weighted order: heavier motions tend to come first.
void weighted_shuffle(Generator& generator, std::vector<const Motion*>& list) {
  std::vector<std::pair<double, const Motion*>> keyed;
  for (const Motion* motion : list) keyed.push_back({-std::log(1 - generator.uniform()) / weight_of(*motion), motion});
  std::stable_sort(keyed.begin(), keyed.end(), [](auto& a, auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < list.size(); ++i) list[i] = keyed[i].second;
}

void check_names(const Wardrobe& wardrobe, const RenderOptions& options) {
  for (const auto& name : options.subjects) wardrobe.assets().subject(name);
  for (const auto& name : options.places) place_named(name);
  for (const auto& name : options.motions) motion_named(name);
  for (const auto& name : options.cameras) camera_named(name);
}

// Subject, place, motion and look that go together.
Role draw_role(Generator& generator, const Wardrobe& wardrobe, const LookRules& rules, const std::vector<const Subject*>& subjects,
               std::vector<const PlaceInfo*>& place_list, const PlaceInfo** place_out) {
  std::vector<const Subject*> order = subjects;
  shuffle(generator, order);
  for (const Subject* subject : order) {
    shuffle(generator, place_list);
    for (const PlaceInfo* place : place_list) {
      std::vector<const Motion*> list = motions_for(*subject, *place);
      std::erase_if(list, [&](const Motion* motion) { return !contains(rules.options.motions, motion->name); });
      weighted_shuffle(generator, list);
      for (const Motion* motion : list) {
        std::string look = choose_look(generator, wardrobe, *subject, *motion, rules);
        if (look.empty()) continue;
        *place_out = place;
        return {.subject = subject->name, .look = look, .motion = motion->name};
      }
    }
  }
  throw UsageError("no subject, place and motion of the given lists go together; widen one of them");
}

Direction draw_direction(Generator& generator, const Motion& motion) {
  if (!motion.sideways) return motion.direction;
  if (motion.in_place && generator.chance(0.5)) return Direction::kNone;
  return generator.chance(0.5) ? Direction::kLeft : Direction::kRight;
}

Speed draw_speed(Generator& generator, const Motion& motion) {
  double u = generator.uniform();
  if (!motion.sideways) return Speed::kNormal;
  bool can_be_slow = motion.gait != Gait::kRun;
  return u < 0.2 && can_be_slow ? Speed::kSlow : u < 0.8 ? Speed::kNormal : Speed::kFast;
}

CameraMove draw_any_camera(Generator& generator, const Outline& outline, bool is_still) {
  const Role& role = outline.roles.front();
  const Motion& motion = motion_named(role.motion);
  double u = generator.uniform();
  bool moves = sign_of(role.direction) != 0;
  if (is_still || outline.relation == "past") return CameraMove::kStatic;
  if (outline.plain) return moves && u < kPlainTracking ? CameraMove::kTracking : CameraMove::kStatic;
  if (moves) {
    // A pan goes with the movement: against it the subject would leave the picture.
    CameraMove pan = role.direction == Direction::kLeft ? CameraMove::kPanLeft : CameraMove::kPanRight;
    return u < 0.5 ? CameraMove::kStatic : u < 0.8 ? CameraMove::kTracking : u < 0.9 ? pan : u < 0.95 ? CameraMove::kZoomIn : CameraMove::kZoomOut;
  }
  if (motion.gait == Gait::kApproach || motion.gait == Gait::kRecede || motion.gait == Gait::kFall) return CameraMove::kStatic;
  return u < 0.4 ? CameraMove::kStatic : u < 0.55 ? CameraMove::kPanLeft : u < 0.7 ? CameraMove::kPanRight
       : u < 0.85 ? CameraMove::kZoomIn : CameraMove::kZoomOut;
}

// Where the options leave the move out the camera stands still.
CameraMove draw_camera(Generator& generator, const Outline& outline, const RenderOptions& options) {
  constexpr double kOther = 0.14;  // share of scenes that are not plain with a tilt or a camera in the hand
  Generator other = generator.fork("other");
  CameraMove move = draw_any_camera(generator, outline, options.frames == 1);
  bool can_be_other = !outline.plain && options.frames > 1 && outline.relation != "past" && move == CameraMove::kStatic;
  if (can_be_other && other.chance(kOther / 0.45)) {
    double u = other.uniform();
    CameraMove drawn = u < 0.3 ? CameraMove::kTiltUp : u < 0.6 ? CameraMove::kTiltDown : CameraMove::kHandheld;
    if (contains(options.cameras, name_of(drawn))) move = drawn;
  }
  bool follows_nobody = move == CameraMove::kTracking && !outline.on.empty();  // who is on a treadmill stays where it is
  return contains(options.cameras, name_of(move)) && !follows_nobody ? move : CameraMove::kStatic;
}

template <class Enum>
Enum draw_usual(Generator& generator, const std::vector<Enum>& allowed, Enum usual, double share) {
  bool has_usual = std::find(allowed.begin(), allowed.end(), usual) != allowed.end();
  bool takes_usual = generator.chance(share);
  int other = generator.below(static_cast<int>(std::max<size_t>(allowed.size(), 1)));
  if (allowed.empty()) return usual;
  return has_usual && takes_usual ? usual : allowed[other];
}

void draw_conditions(Generator& generator, const PlaceInfo& place, Outline& outline) {
  double day = outline.plain ? 1 : kUsualDay, clear = outline.plain ? 1 : kUsualClear;
  outline.time = draw_usual(generator, place.times, TimeOfDay::kDay, day);
  outline.weather = draw_usual(generator, place.weathers, Weather::kClear, clear);
}

// Everybody that the options allow; who is named twice is there twice, and so drawn twice as often.
std::vector<const Subject*> cast_of(const Wardrobe& wardrobe, const RenderOptions& options) {
  std::vector<const Subject*> cast;
  for (const Subject& subject : wardrobe.assets().subjects()) {
    bool is_prop = subject.group == "prop";  // worn, held or stood on; alone only when asked for
    auto times = options.subjects.empty() ? static_cast<long>(!is_prop) : std::count(options.subjects.begin(), options.subjects.end(), subject.name);
    cast.insert(cast.end(), static_cast<size_t>(times), &subject);
  }
  return cast;
}

// One subject, place, motion and conditions.
Outline draw_core(const Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options) {
  check_names(wardrobe, options);
  std::vector<const PlaceInfo*> place_list;
  for (const PlaceInfo& place : places())
    if (contains(options.places, place.name)) place_list.push_back(&place);
  Outline outline;
  Generator plain = generator.fork("plain"), cast = generator.fork("cast"), way = generator.fork("way");
  Generator conditions = generator.fork("conditions"), color = generator.fork("color");
  outline.plain = plain.chance(options.plain);
  const PlaceInfo* place = nullptr;
  outline.roles.push_back(draw_role(cast, wardrobe, {options, outline.plain}, cast_of(wardrobe, options), place_list, &place));
  outline.place = place->name;
  Role& role = outline.roles.front();
  const Motion& motion = motion_named(role.motion);
  role.direction = draw_direction(way, motion);
  role.speed = draw_speed(way, motion);
  draw_conditions(conditions, *place, outline);
  if (!outline.plain) role.color = choose_color(color, wardrobe, role, options.colors);
  return outline;
}

std::string text_in(const nlohmann::json& scene, const char* key) {
  auto at = scene.find(key);
  if (at == scene.end()) return "";
  if (!at->is_string()) throw UsageError("scene: '{}' must be a text, got {}", key, at->dump());
  return at->get<std::string>();
}

bool flag_in(const nlohmann::json& scene, const char* key) {
  auto at = scene.find(key);
  if (at != scene.end() && !at->is_boolean()) throw UsageError("scene: '{}' must be true or false, got {}", key, at->dump());
  return at != scene.end() && at->get<bool>();
}

// A text or a list of them.
std::vector<std::string> texts_in(const nlohmann::json& scene, const char* key) {
  auto at = scene.find(key);
  if (at == scene.end() || !at->is_array()) return text_in(scene, key).empty() ? std::vector<std::string>{} : std::vector<std::string>{text_in(scene, key)};
  for (const auto& item : *at)
    if (!item.is_string()) throw UsageError("scene: '{}' must be a list of texts, got {}", key, at->dump());
  return at->get<std::vector<std::string>>();
}

void set_action(const nlohmann::json& scene, Generator generator, const Wardrobe& wardrobe, const RenderOptions& options, Outline& outline) {
  std::string action = text_in(scene, "action"), thing = text_in(scene, "thing"), aim = text_in(scene, "aim");
  if (action.empty() && (!thing.empty() || !aim.empty())) throw UsageError("scene: 'thing' and 'aim' belong to an 'action'");
  if (action.empty()) return;
  Role& role = outline.roles.front();
  if (!thing.empty()) wardrobe.assets().subject(thing);
  if (!add_action(generator, wardrobe, options, action, thing, outline))
    throw UsageError("scene: '{}' cannot be who '{}' {} here: it has to stand alone on the ground, in a look that can do it, and the pack needs a picture of the thing", role.subject, action,
                     thing.empty() ? "something" : "'" + thing + "'");
  if (aim.empty()) return;
  if (role.aim == Direction::kNone || sign_of(direction_named(aim)) == 0) throw UsageError("scene: 'aim' is left or right, of who throws or kicks; got '{}'", aim);
  role.aim = direction_named(aim);
}

// Only what the scene names; nothing else is drawn.
void set_extras(const nlohmann::json& scene, Generator generator, const Wardrobe& wardrobe, const RenderOptions& options, Outline& outline) {
  std::string relation = text_in(scene, "relation"), particles = text_in(scene, "particles"), with_color = text_in(scene, "with_color");
  if (!particles.empty()) outline.particles = particles_named(particles);
  if (std::string filter = text_in(scene, "filter"); !filter.empty()) outline.filter = filter_named(filter);
  if (auto count = scene.find("count"); count != scene.end()) {
    bool fits = count->is_number_integer() && *count >= 1 && *count <= kMostOfAKind && can_have_company(motion_named(outline.roles.front().motion));
    if (!fits) throw UsageError("scene: 'count' is 1 to {}, of those who stand, sit, dance, jump, float or go sideways; got {}", kMostOfAKind, count->dump());
    outline.count = count->get<int>();
  }
  std::vector<std::string> others = texts_in(scene, "with");
  if (outline.count > 1 && !others.empty()) throw UsageError("scene: a group ('count') has no other company ('with')");
  if (relation == "rides") {
    const Subject& rider = wardrobe.assets().subject(text_in(scene, "subject"));
    if (!add_rider(generator, wardrobe, options, {&rider}, outline)) throw UsageError("scene: '{}' cannot ride '{}' here", rider.name, outline.roles.front().subject);
    outline.roles.front().color = text_in(scene, "color");
  } else {
    for (const std::string& other : others) {
      const Subject& subject = wardrobe.assets().subject(other);
      if (!add_company(generator, wardrobe, options, {&subject}, outline.relation.empty() ? relation : outline.relation, outline))
        throw UsageError("scene: '{}' cannot be {} '{}' here while it does '{}'", other, relation.empty() ? "with" : relation, outline.roles.front().subject, outline.roles.front().motion);
    }
  }
  if (std::string on = text_in(scene, "on"); !on.empty()) {
    if (on != kTreadmill || !can_use_treadmill(outline)) throw UsageError("scene: 'on' is \"treadmill\", for one that walks or runs in the gym; got {}", on);
    outline.on = on;
  }
  set_action(scene, generator.fork("action"), wardrobe, options, outline);
  if (!with_color.empty() && outline.roles.size() < 2) throw UsageError("scene: 'with_color' is of those named by 'with'");
  for (size_t i = 1; i < outline.roles.size() && scene.contains("with_color"); ++i) outline.roles[i].color = with_color;
  if (!with_color.empty()) color_named(with_color);
  if (scene.contains("wears") || !outline.roles.front().puppet) outline.roles.front().wears = texts_in(scene, "wears");
  outline.roles.front().holds = text_in(scene, "holds");
}

void check_keys(const nlohmann::json& scene) {
  static const std::vector<std::string> known = {"subject", "look", "style", "place", "motion", "direction", "speed", "time", "weather", "color", "camera",
                                                 "with", "with_color", "relation", "count", "wears", "holds", "particles", "filter", "on", "action", "thing", "aim", "puppet"};
  if (!scene.is_object()) throw UsageError("a scene is a JSON object such as {{\"subject\": \"fox\"}}, got {}", scene.dump());
  for (const auto& [key, value] : scene.items())
    if (!contains(known, key)) {
      std::string names;
      for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
      throw UsageError("scene: unknown field '{}'; known: {}", key, names);
    }
}

}  // namespace

Outline draw_outline(Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options) {
  Generator camera = generator.fork("camera"), extras = generator.fork("extras");
  Outline outline = draw_core(generator, wardrobe, options);
  if (!outline.plain) draw_extras(extras, wardrobe, options, cast_of(wardrobe, options), outline);
  outline.camera = draw_camera(camera, outline, options);
  return outline;
}

Outline outline_from_json(const nlohmann::json& scene, Generator& generator, const Wardrobe& wardrobe, const RenderOptions& options) {
  check_keys(scene);
  RenderOptions narrowed = options;
  auto narrow = [&](const char* key, std::vector<std::string>& list) {
    if (std::string name = text_in(scene, key); !name.empty()) list = {name};
  };
  // Who rides goes where its carrier goes: that one is drawn first. Legs make a thing do what it cannot do alone.
  std::vector<std::string> worn = texts_in(scene, "wears");
  bool is_puppet = flag_in(scene, "puppet");
  bool rides = text_in(scene, "relation") == "rides", has_legs = std::find(worn.begin(), worn.end(), kLegs) != worn.end();
  if (rides && (text_in(scene, "subject").empty() || text_in(scene, "with").empty())) throw UsageError("scene: 'rides' needs a 'subject' and what it rides in 'with'");
  narrow(rides ? "with" : "subject", narrowed.subjects), narrow("place", narrowed.places), narrow("style", narrowed.styles);
  if (!has_legs && !is_puppet) narrow("motion", narrowed.motions);
  Outline outline = draw_core(generator, wardrobe, narrowed);
  Role& role = outline.roles.front();
  if (has_legs) {
    Generator legs = generator.fork("legs");
    narrow("motion", narrowed.motions);
    if (!add_legs(legs, narrowed, outline, wardrobe.assets().subject(role.subject))) throw UsageError("scene: '{}' cannot have legs here", role.subject);
  }
  if (is_puppet) {
    Generator body = generator.fork("puppet");
    narrow("motion", narrowed.motions);
    if (!add_puppet(body, wardrobe, narrowed, outline)) throw UsageError("scene: '{}' has no head alone that could be a puppet's here, or it cannot do that", role.subject);
  }
  if (std::string look = text_in(scene, "look"); !look.empty()) wardrobe.assets().look(look), role.look = look;
  if (std::string name = text_in(scene, "direction"); !name.empty()) role.direction = direction_named(name);
  const Motion& motion = motion_named(role.motion);
  bool sideways = sign_of(role.direction) != 0;
  if (sideways != motion.sideways && !(motion.in_place && motion.sideways && role.direction == Direction::kNone))
    throw UsageError("scene: '{}' does not go with direction '{}'", role.motion, name_of(role.direction));
  if (std::string name = text_in(scene, "speed"); !name.empty()) role.speed = speed_named(name);
  // "" is its own colours.
  if (scene.contains("color") && !rides) role.color = text_in(scene, "color");
  if (std::string name = text_in(scene, "color"); !name.empty()) color_named(name);
  set_extras(scene, generator.fork("extras of the scene"), wardrobe, options, outline);
  if (std::string name = text_in(scene, "time"); !name.empty()) outline.time = named_enum(name, TimeOfDay::kNight, "time of day");
  if (std::string name = text_in(scene, "weather"); !name.empty()) outline.weather = named_enum(name, Weather::kFog, "weather");
  Generator camera = generator.fork("camera of the scene");
  outline.camera = draw_camera(camera, outline, options);
  if (std::string name = text_in(scene, "camera"); !name.empty()) outline.camera = camera_named(name);
  if (!outline.on.empty() && outline.camera == CameraMove::kTracking) throw UsageError("scene: no camera follows who is on a treadmill");
  return outline;
}

}  // namespace mg::world
