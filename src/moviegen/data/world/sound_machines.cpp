// Engines and wheels as loops: pulses of a firing rate through the body's resonances, with noise that follows the pulses.
#include "moviegen/data/world/sound_synthesis.h"

namespace mg::world {
namespace {

struct Engine {
  std::string_view name;
  double firing_hz;               // pulses a second
  double pulse = 1, noise = 0.3;  // levels
  double body_hz = 140, body_q = 1.2;
  double bright_hz = 1800;        // everything above is soft
  double sway_hz = 0.4, sway = 0.01;  // slow change of the rate
};

// ours: rates of engines at an even pace, set by ear.
constexpr Engine kEngines[] = {
    {.name = "car_engine", .firing_hz = 62, .pulse = 1, .noise = 0.35, .body_hz = 150, .bright_hz = 2200},
    {.name = "truck_engine", .firing_hz = 34, .pulse = 1.2, .noise = 0.45, .body_hz = 90, .bright_hz = 1500},
    {.name = "motorbike", .firing_hz = 78, .pulse = 1.1, .noise = 0.3, .body_hz = 260, .body_q = 1.6, .bright_hz = 3600, .sway_hz = 0.8, .sway = 0.03},
    {.name = "helicopter", .firing_hz = 13, .pulse = 1.6, .noise = 0.8, .body_hz = 110, .body_q = 0.8, .bright_hz = 1900},
    {.name = "train", .firing_hz = 4.6, .pulse = 1.4, .noise = 0.9, .body_hz = 320, .body_q = 0.8, .bright_hz = 2600},
    {.name = "bicycle_wheels", .firing_hz = 11, .pulse = 1.5, .noise = 0.12, .body_hz = 3400, .body_q = 3, .bright_hz = 9000},
};

Samples engine(const Engine& e, Generator& g) {
  Samples out;
  double rate = e.firing_hz * g.uniform(0.9, 1.12), phase = 0, since = 1;
  Biquad body = Biquad::band_pass(e.body_hz * g.uniform(0.9, 1.1), e.body_q), high = Biquad::low_pass(e.bright_hz), hiss = Biquad::band_pass(e.bright_hz / 2, 0.6);
  Wander sway(g.fork("sway"), e.sway_hz);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    phase += rate * (1 + e.sway * sway.next()) / kSoundRate;
    since += 1.0 / kSoundRate;
    if (phase >= 1) phase -= 1, since = 0;
    double beat = std::exp(-since * e.firing_hz * 4);
    double value = e.pulse * beat * g.uniform(0.6, 1.0);
    out.push_back(high(3 * body(value) + 0.3 * value) + static_cast<float>(e.noise * (0.25 + beat)) * hiss(white(g)));
  }
  Biquad::high_pass(25).run(out);
  return out;
}

// Turbine: broad noise and a few whistling tones above it.
Samples jet(Generator& g, double low_hz, double high_hz, double whistle) {
  Samples out;
  Biquad high = Biquad::high_pass(low_hz), low = Biquad::low_pass(high_hz);
  Wander swell(g.fork("swell"), 1.5);
  double phase = 0, hz = g.uniform(1900, 2600);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    phase += turn(hz);
    double value = low(high(white(g))) + whistle * (std::sin(phase) + 0.5 * std::sin(1.5 * phase));
    out.push_back(static_cast<float>(value * (1 + 0.15 * swell.next())));
  }
  return out;
}

// Two tones in turn, or one that rises and falls; the loop holds whole turns.
Samples siren(Generator& g) {
  Samples out;
  bool wails = g.chance(0.5);
  double turns = wails ? 2 : 5, phase = 0, base = g.uniform(0.95, 1.05);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double u = turns * static_cast<double>(i) / static_cast<double>(n), part = u - std::floor(u);
    double hz = wails ? 880 + 330 * std::sin(2 * std::numbers::pi * u) : part < 0.5 ? 610 : 815;
    phase += turn(base * hz);
    out.push_back(static_cast<float>(std::sin(phase) + 0.4 * std::sin(2 * phase) + 0.3 * std::sin(3 * phase)));
  }
  return out;
}

Samples ufo(Generator& g) {
  Samples out;
  double base = g.uniform(280, 380), phase = 0, deep = 0;
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double t = static_cast<double>(i) / kSoundRate;
    phase += turn(base * (1 + 0.22 * std::sin(2 * std::numbers::pi * 6 * t) + 0.1 * std::sin(2 * std::numbers::pi * 0.4 * t)));
    deep += turn(base / 4);
    out.push_back(static_cast<float>(std::sin(phase) + 0.3 * std::sin(2 * phase) + 0.5 * std::sin(deep)));
  }
  return out;
}

// Uneven rumble whose bumps come `bumps_hz` a second.
Samples rumble(Generator& g, double bumps_hz, double low_hz, double high_hz) {
  Samples out;
  Biquad high = Biquad::high_pass(low_hz), low = Biquad::low_pass(high_hz);
  double phase = g.uniform();
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    phase += bumps_hz / kSoundRate;
    double bump = 0.55 + 0.45 * std::sin(2 * std::numbers::pi * phase);
    out.push_back(static_cast<float>(bump * low(high(white(g)))));
  }
  return out;
}

// A sine swarm around the wing beat.
Samples buzz(Generator& g) {
  Samples out;
  double hz = g.uniform(190, 240), phase = 0;
  Biquad low = Biquad::low_pass(3500);
  Wander sway(g.fork("sway"), 6);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double drift = sway.next();
    phase += hz * (1 + 0.03 * drift) / kSoundRate;
    phase -= std::floor(phase);
    out.push_back(low((2 * phase - 1) * (1 + 0.3 * drift) + 0.1 * white(g)));
  }
  return out;
}

}  // namespace

Samples synthesize_machine(std::string_view name, Generator& g) {
  for (const Engine& e : kEngines)
    if (e.name == name) return engine(e, g);
  if (name == "jet_engine") return jet(g, 150, 3800, 0.05);
  if (name == "rocket_takeoff") return jet(g, 30, 1400, 0);
  if (name == "rocket") return jet(g, 900, 7000, 0);
  if (name == "siren") return siren(g);
  if (name == "ufo") return ufo(g);
  if (name == "rolling") return rumble(g, 5, 60, 900);
  if (name == "sliding") return rumble(g, 1.2, 800, 6000);
  if (name == "flutter") return rumble(g, 11, 300, 2500);
  if (name == "bee_buzz") return buzz(g);
  return {};
}

}  // namespace mg::world
