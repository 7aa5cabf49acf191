#include "moviegen/data/world/music_player.h"

#include <fluidsynth.h>

#include <algorithm>
#include <cmath>

#include "moviegen/core/error.h"

namespace mg::world {
namespace {

// FluidSynth works in blocks of 64 samples; notes start at their edges (1.3 ms), so that what is played does not depend on
// what was played before.
constexpr size_t kBlock = 64;
constexpr int kVoices = 24;  // at once; the oldest are stolen

struct Turn {  // a note on or off
  size_t block;
  bool on;
  const Note* note;
};

std::vector<Turn> turns_of(const Tune& tune) {
  auto block = [](double seconds) { return static_cast<size_t>(std::llround(seconds * kSoundRate / kBlock)); };
  std::vector<Turn> turns;
  for (const Note& note : tune.notes) {
    turns.push_back({block(note.start_s), true, &note});
    turns.push_back({std::max(block(note.start_s) + 1, block(note.start_s + note.seconds)), false, &note});
  }
  // Offs before ons, so that a repeated key sounds again.
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.block != b.block ? a.block < b.block : a.on < b.on; });
  return turns;
}

void quiet(int, const char*, void*) {}

using SynthPointer = std::unique_ptr<fluid_synth_t, decltype(&delete_fluid_synth)>;

SynthPointer make_synth(fluid_settings_t* settings) {
  SynthPointer synth(new_fluid_synth(settings), delete_fluid_synth);
  if (!synth) throw ResourceError("FluidSynth could not be started");
  fluid_synth_set_interp_method(synth.get(), -1, FLUID_INTERP_LINEAR);
  return synth;
}

}  // namespace

// A soundfont and the settings to play it with. A synthesiser that has played keeps something of it even after a reset, so
// that every tune gets a new one, which borrows the soundfont.
struct MusicPlayer::Bank {
  std::unique_ptr<fluid_settings_t, decltype(&delete_fluid_settings)> settings{new_fluid_settings(), delete_fluid_settings};
  SynthPointer owner{nullptr, delete_fluid_synth};

  explicit Bank(const std::string& soundfont) {
    for (int level : {FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG}) fluid_set_log_function(level, quiet, nullptr);  // what fails throws
    check(settings != nullptr, "FluidSynth gave no settings");
    fluid_settings_setnum(settings.get(), "synth.sample-rate", kSoundRate);
    for (const char* off : {"synth.reverb.active", "synth.chorus.active", "synth.threadsafe-api", "synth.lock-memory"})
      fluid_settings_setint(settings.get(), off, 0);
    fluid_settings_setint(settings.get(), "synth.polyphony", kVoices);
    owner = make_synth(settings.get());
    if (fluid_synth_sfload(owner.get(), soundfont.c_str(), 1) == FLUID_FAILED) throw DataError("{}: FluidSynth cannot read this soundfont", soundfont);
  }
};

MusicPlayer::MusicPlayer(std::string soundfont) : soundfont_(std::move(soundfont)) {}
MusicPlayer::~MusicPlayer() = default;

std::unique_ptr<MusicPlayer::Bank> MusicPlayer::borrow() const {
  std::lock_guard lock(mutex_);  // also keeps two from loading at once, which FluidSynth's shared samples do not like
  if (idle_.empty()) return std::make_unique<Bank>(soundfont_);
  std::unique_ptr<Bank> bank = std::move(idle_.back());
  idle_.pop_back();
  return bank;
}

Stereo MusicPlayer::play(const Tune& tune, size_t frames) const {
  std::unique_ptr<Bank> bank = borrow();
  fluid_sfont_t* font = fluid_synth_get_sfont(bank->owner.get(), 0);
  SynthPointer synth = make_synth(bank->settings.get());
  fluid_synth_add_sfont(synth.get(), font);
  fluid_synth_program_reset(synth.get());
  for (size_t channel = 0; channel < tune.programs.size(); ++channel) fluid_synth_program_change(synth.get(), static_cast<int>(channel), tune.programs[channel]);
  size_t blocks = (frames + kBlock - 1) / kBlock, done = 0;
  Stereo out(2 * blocks * kBlock);
  auto render_to = [&](size_t block) {
    int count = static_cast<int>((block - done) * kBlock), at = static_cast<int>(2 * done * kBlock);
    if (block > done) fluid_synth_write_float(synth.get(), count, out.data(), at, 2, out.data(), at + 1, 2);
    done = block;
  };
  for (const Turn& turn : turns_of(tune)) {
    render_to(std::min(turn.block, blocks));
    if (turn.on) fluid_synth_noteon(synth.get(), turn.note->channel, turn.note->key, turn.note->velocity);
    else fluid_synth_noteoff(synth.get(), turn.note->channel, turn.note->key);
  }
  render_to(blocks);
  out.resize(2 * frames);
  fluid_synth_system_reset(synth.get());  // voices let go of the soundfont's samples
  fluid_synth_remove_sfont(synth.get(), font);
  synth.reset();
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(bank));
  return out;
}

}  // namespace mg::world
