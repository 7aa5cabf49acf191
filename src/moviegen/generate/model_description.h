// What a model folder says about itself without its weights: the shapes of the parts, the defaults of sampling, and the
// limits that follow. From it a request can be checked, planned and named before anything large is loaded.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "moviegen/generate/movie.h"
#include "moviegen/tae/config.h"
#include "moviegen/video/config.h"

namespace mg::generate {

// scheduler/scheduler_config.json, class "MovieGenFlowScheduler"; the file and every field may be missing.
struct ModelDefaults {
  double guidance_scale = 7.5;  // facts 5
  double guidance_start = 0, guidance_end = 1;
  double churn = 0;
  int64_t num_inference_steps = 50, emulated_steps = 250;
  std::string schedule = "linear-quadratic", solver = "euler";
  int64_t num_frames = 0, fps = 16;
  std::vector<std::string> sizes;  // "128x128", …: what it was trained at, the default first
  int64_t max_frames = 0;          // longest clip it was trained on; 0 = not said
  void check() const;
};

template <class V>
void fields(V& v, ModelDefaults& c) {
  v("guidance_scale", c.guidance_scale, "guidance where the request leaves it to the model");
  v("guidance_start", c.guidance_start, "flow time from which guidance acts");
  v("guidance_end", c.guidance_end, "flow time up to which it does");
  v("churn", c.churn, "how much noise is drawn anew on the way");
  v("num_inference_steps", c.num_inference_steps, "solver steps");
  v("emulated_steps", c.emulated_steps, "steps of the linear schedule that linear-quadratic stands for");
  v("schedule", c.schedule, "linear-quadratic or linear");
  v("solver", c.solver, "euler or midpoint");
  v("num_frames", c.num_frames, "frames; 0 = 32, or fewer if the model holds fewer");
  v("fps", c.fps, "frames a second");
  v("sizes", c.sizes, "sizes it was trained at, width x height, the default first");
  v("max_frames", c.max_frames, "longest clip it was trained on; 0 = not said");
}

struct ModelDescription {
  std::string folder, name;  // the name is the folder's last part
  video::TransformerConfig transformer;
  tae::TaeConfig autoencoder;
  ModelDefaults defaults;
  double weight_file_bytes = 0;  // of all parts, as stored

  int64_t unit() const { return autoencoder.spatial_factor() * transformer.patch_size; }  // pixels of a token's side
  int64_t max_width() const { return unit() * transformer.max_columns; }
  int64_t max_height() const { return unit() * transformer.max_rows; }
  int64_t max_frames() const { return autoencoder.temporal_factor() * transformer.max_frames; }
  std::pair<int64_t, int64_t> default_size() const;
};

// Reads the configs of a model folder or name. Throws NotFound, DataError.
ModelDescription describe_model(const std::string& model);

// Fingerprint of everything in the folder that decides what a film looks like: the parts' weights, configs, tokenizer and
// scheduler. 16 hex digits; record.cpp says how it is made.
std::string model_hash(const std::string& folder);

struct Resolved {
  Request request;  // prompts cleaned, every default filled in, seed drawn
  std::vector<std::string> notes;
};
// What `request` means to `model`; throws UsageError naming the allowed values.
Resolved resolve(const Request& request, const ModelDescription& model);

// "128x128" → {128, 128}; throws UsageError starting with `who`.
std::pair<int64_t, int64_t> parse_size(const std::string& text, const std::string& who);

}  // namespace mg::generate
