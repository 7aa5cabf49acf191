// The folder of one run; one process at a time trains in it.
//   config.toml            the recipe with every setting spelled out
//   starts.jsonl           one line per start: when, at which step, command, program version, machine
//   checkpoints/ samples/ model/ metrics.jsonl events.out.tfevents.*
#pragma once
#include <string>

#include "moviegen/train/recipe.h"

namespace mg::train {

class RunFolder {
 public:
  // Makes the folder if need be and takes its lock, which ends with the process. Throws UsageError if another run has it.
  explicit RunFolder(const std::string& path);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string model() const { return path_ + "/model"; }
  // A fresh folder for the samples of a step.
  std::string samples(int64_t step) const;
  bool is_used() const;

  // Writes config.toml and adds to starts.jsonl; names the settings that differ from the run's earlier ones.
  void record_start(const Recipe& recipe, int64_t step) const;
  // Runs `write` on a fresh folder that then replaces model/.
  void replace_model(const std::function<void(const std::string& folder)>& write) const;

 private:
  std::string path_;
  int lock_ = -1;
};

// Processor, processors and memory.
Json machine();

}  // namespace mg::train
