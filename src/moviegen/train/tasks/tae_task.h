// Training of the temporal autoencoder (facts 1.4): clips and images in, reconstructions out; reconstruction, KL and
// outlier losses, and a patch discriminator late in the run.
#pragma once
#include <memory>

#include "moviegen/tae/autoencoder.h"
#include "moviegen/train/task.h"
#include "moviegen/train/tasks/tae_batches.h"
#include "moviegen/train/tasks/tae_discriminator.h"

namespace mg::train {

class TaeTask : public Task {
 public:
  TaeTask(const TaeSettings& settings, std::shared_ptr<const world::World> world, uint64_t seed);
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

  TaeSettings settings_;
  tae::Autoencoder model_{nullptr};
  PatchDiscriminator discriminator_{nullptr};
  TaeBatches batches_;
  std::vector<at::Tensor> held_out_;  // clips, then images; rendered on first use
};

}  // namespace mg::train
