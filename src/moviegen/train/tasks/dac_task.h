// Training of the sound codec (facts 10.2): the world's sound in, reconstructions out; spectral, waveform and KL losses, and
// a spectral discriminator late in the run.
#pragma once
#include <memory>

#include "moviegen/audio/dac_vae.h"
#include "moviegen/train/task.h"
#include "moviegen/train/tasks/dac_batches.h"
#include "moviegen/train/tasks/dac_discriminator.h"

namespace mg::train {

class DacTask : public Task {
 public:
  DacTask(const DacSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
  std::vector<Group> groups() override;
  StepReport step(int64_t step, Generator& generator) override;
  std::map<std::string, double> validate() override;
  void sample(const std::string& folder) override;
  void export_model(const std::string& folder) override;
  void import_model(const std::string& folder) override;

 private:
  // Adds the discriminator's pull to the gradient of the reconstruction, and trains it; figures go to `report`.
  void add_adversarial(const at::Tensor& made, const at::Tensor& target, at::Tensor& gradient, StepReport& report);
  const std::vector<at::Tensor>& held_out();

  DacSettings settings_;
  audio::DacVae model_{nullptr};
  SpectralDiscriminator discriminator_{nullptr};
  DacBatches batches_;
  std::vector<at::Tensor> held_out_;  // made on first use
};

}  // namespace mg::train
