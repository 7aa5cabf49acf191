#include "moviegen/text/conditioner.h"

namespace mg::text {
namespace {

// Only names a level of the key path.
struct ScopeImpl : torch::nn::Module {};
TORCH_MODULE(Scope);

}  // namespace

TextConditionerImpl::TextConditionerImpl(const TextWidths& widths, int64_t model_width)
    : ul2_(make_branch("ul2", widths.ul2, model_width)),
      metaclip_(make_branch("metaclip", widths.metaclip, model_width)),
      byt5_(make_branch("byt5", widths.byt5, model_width)) {}

TextConditionerImpl::Branch TextConditionerImpl::make_branch(const std::string& name, int64_t width, int64_t model_width) {
  Scope scope;
  register_module(name, scope);
  return {scope->register_module("proj", nn::Linear(width, model_width, false)),
          scope->register_module("norm", nn::RmsNorm(model_width))};
}

std::pair<Tensor, Tensor> TextConditionerImpl::forward(const Encoded& e) {
  auto join = [](Branch& branch, const Tensor& x) { return branch.norm(branch.proj(x)); };
  return {at::cat({join(ul2_, e.ul2_BLD), join(metaclip_, e.metaclip_BLD), join(byt5_, e.byt5_BLD)}, 1),
          at::cat({e.ul2_mask_BL, e.metaclip_mask_BL, e.byt5_mask_BL}, 1)};
}

}  // namespace mg::text
