// Weather, water, fire and rooms as loops: noise through filters that wander.
#include "moviegen/data/world/sound_synthesis.h"

namespace mg::world {
namespace {

// Wind: noise through a band whose centre and level wander together, gust by gust.
Samples wind(Generator& g, double centre_hz, double depth, double whistle) {
  Samples out;
  Biquad band = Biquad::band_pass(centre_hz, 0.8), tone = Biquad::band_pass(3 * centre_hz, 12);
  Wander gust(g.fork("gust"), 0.7);
  double level = 0;
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double blow = gust.next();
    if (i % 64 == 0) {
      double centre = centre_hz * std::pow(2, depth * blow);
      band.retune(Biquad::band_pass(centre, 0.8)), tone.retune(Biquad::band_pass(3 * centre, 12));
      level = std::pow(2, 1.2 * depth * blow);
    }
    double noise = white(g);
    out.push_back(static_cast<float>(level * (band(noise) + whistle * tone(noise))));
  }
  return out;
}

// Rain: a soft hiss and single drops.
Samples rain(Generator& g) {
  Samples out;
  Biquad hiss = Biquad::high_pass(1500), soft = Biquad::low_pass(9000), drop = Biquad::band_pass(g.uniform(2200, 3200), 1.5);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double click = g.chance(0.004) ? g.uniform(2, 9) : 0;
    out.push_back(0.5f * soft(hiss(white(g))) + drop(click));
  }
  return out;
}

// Waves that come in and run out: noise whose brightness follows its swell. The loop holds whole waves.
Samples sea(Generator& g, int waves, double calm_hz, double crash_hz, double least) {
  Samples out;
  Biquad low = Biquad::low_pass(calm_hz), deep = Biquad::low_pass(200);
  double level = 0;
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double u = waves * static_cast<double>(i) / static_cast<double>(n), part = u - std::floor(u);
    if (i % 64 == 0) {
      double swell = part < 0.35 ? part / 0.35 : std::exp(-(part - 0.35) / 0.3);
      level = least + (1 - least) * swell;
      low.retune(Biquad::low_pass(calm_hz + (crash_hz - calm_hz) * swell));
    }
    double noise = white(g);
    out.push_back(static_cast<float>(level * (low(noise) + 0.8 * deep(noise))));
  }
  return out;
}

// Pops of all sizes over a low roar.
Samples fire(Generator& g) {
  Samples out;
  Biquad roar = Biquad::band_pass(180, 0.5), pop = Biquad::band_pass(2600, 1.2), snap = Biquad::high_pass(3500);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double click = g.chance(0.00035) ? std::pow(g.uniform(), 3) * 60 : 0, fine = g.chance(0.0025) ? g.uniform(0, 3) : 0;
    out.push_back(0.7f * roar(white(g)) + pop(click) + 0.5f * snap(fine));
  }
  return out;
}

// Whistled chirps of a few birds, each with its own tune, some silence between.
Samples birds(Generator& g, int count, double low_hz, double high_hz) {
  Samples out(samples_of(kLoop_s), 0.0f);
  for (int bird = 0; bird < count; ++bird) {
    double base = g.uniform(low_hz, high_hz), level = g.uniform(0.3, 1), sweep = g.uniform(-0.35, 0.45), rate = g.uniform(0, 45);
    for (double t = g.uniform(0, 1.2); t < kLoop_s - 0.8; t += g.uniform(0.5, 1.9)) {
      int notes = 2 + g.below(5);
      double note_s = g.uniform(0.05, 0.11);
      for (int note = 0; note < notes; ++note, t += 1.3 * note_s) {
        double phase = 0, hz = base * g.uniform(0.95, 1.06);
        for (size_t i = 0, at = samples_of(t), n = samples_of(note_s); i < n && at + i < out.size(); ++i) {
          double u = static_cast<double>(i) / static_cast<double>(n), seconds = static_cast<double>(i) / kSoundRate;
          phase += turn(hz * (1 + sweep * u + 0.03 * std::sin(2 * std::numbers::pi * rate * seconds)));
          out[at + i] += static_cast<float>(level * std::sin(phase) * std::sin(std::numbers::pi * u));
        }
      }
    }
  }
  return out;
}

// Crickets: a carrier that is cut into pulses, pulses into chirps.
Samples crickets(Generator& g) {
  Samples out(samples_of(kLoop_s), 0.0f);
  for (int insect = 0; insect < 4; ++insect) {
    double hz = g.uniform(3900, 5200), phase = 0, chirps = 2 + g.below(2), pulses = g.uniform(28, 36), level = g.uniform(0.3, 1), offset = g.uniform();
    for (size_t i = 0; i < out.size(); ++i) {
      double t = static_cast<double>(i) / kSoundRate, chirp = t * chirps + offset;
      phase += turn(hz);
      if (chirp - std::floor(chirp) > 0.55) continue;
      double pulse = std::max(0.0, std::sin(2 * std::numbers::pi * pulses * t));
      out[i] += static_cast<float>(level * pulse * std::sin(phase));
    }
  }
  return out;
}

Samples hum(Generator& g, std::initializer_list<double> tones_hz, double noise_level, double noise_hz) {
  Samples out;
  Biquad low = Biquad::low_pass(noise_hz);
  double tune = g.uniform(0.97, 1.03);
  for (size_t i = 0, n = samples_of(kLoop_s); i < n; ++i) {
    double t = static_cast<double>(i) / kSoundRate, value = noise_level * low(white(g)), level = 0.3;
    for (double hz : tones_hz) value += level * std::sin(2 * std::numbers::pi * hz * tune * t), level *= 0.6;
    out.push_back(static_cast<float>(value));
  }
  return out;
}

// Many voices far away: formant bands that swell at the rate of syllables.
Samples murmur(Generator& g) {
  Samples out(samples_of(kLoop_s), 0.0f);
  for (int voice = 0; voice < 10; ++voice) {
    Generator own = g.fork(std::to_string(voice));
    Biquad low = Biquad::band_pass(own.uniform(350, 700), 3), high = Biquad::band_pass(own.uniform(1000, 1900), 4);
    Wander speak(own.fork("speak"), own.uniform(3, 6));
    for (float& x : out) {
      double noise = white(own);
      x += static_cast<float>(std::max(0.0, speak.next()) * (low(noise) + 0.5 * high(noise)));
    }
  }
  return out;
}

Samples traffic(Generator& g) {
  Samples out = hum(g, {55, 82}, 2.5, 380);
  Wander pass(g.fork("pass"), 0.6);
  for (float& x : out) x *= static_cast<float>(1 + 0.5 * pass.next());
  return out;
}

}  // namespace

Samples synthesize_nature(std::string_view name, Generator& g) {
  if (name == "breeze") return wind(g, 420, 0.5, 0.1);
  if (name == "cold_wind") return wind(g, 560, 0.9, 0.6);
  if (name == "storm_wind") return wind(g, 480, 1.2, 0.9);
  if (name == "leaves_wind") return wind(g, 3800, 0.7, 0);
  if (name == "rain") return rain(g);
  if (name == "calm_sea") return sea(g, 1, 500, 3000, 0.3);
  if (name == "waves") return sea(g, 2, 600, 4500, 0.25);
  if (name == "stormy_sea") return sea(g, 2, 900, 7000, 0.45);
  if (name == "lapping") return sea(g, 5, 300, 1700, 0.15);
  if (name == "campfire") return fire(g);
  if (name == "birds") return birds(g, 3, 2600, 5200);
  if (name == "forest_birds") return birds(g, 4, 1900, 4600);
  if (name == "crickets") return crickets(g);
  if (name == "traffic") return traffic(g);
  if (name == "hall") return hum(g, {50, 100, 200}, 1.5, 900);
  if (name == "room") return hum(g, {50, 100}, 1.2, 500);
  if (name == "underwater") return hum(g, {38, 61}, 4, 260);
  if (name == "space_hum") return hum(g, {41, 62, 83, 124}, 0.6, 200);
  if (name == "audience") return murmur(g);
  return {};
}

}  // namespace mg::world
