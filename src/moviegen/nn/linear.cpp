#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = c10::optional<Tensor>;  // Function::apply takes no undefined tensors

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Optional& bias_) {
    Tensor bias = bias_.value_or(Tensor());
    auto narrow_x = operand(x), narrow_w = operand(weight);
    ctx->save_for_backward({narrow_x, narrow_w});  // the rounded copies: half the memory of f32
    ctx->saved_data["bias"] = bias.defined();
    ctx->saved_data["dx"] = x.requires_grad();
    ctx->saved_data["dw"] = weight.requires_grad();
    return product(narrow_x, false, narrow_w, true, bias);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    auto g = grads[0].contiguous();
    auto narrow_g = saved[0].scalar_type() == at::kBFloat16 ? g.to(at::kBFloat16) : g;
    Tensor dx, dw, db;
    if (ctx->saved_data["dx"].toBool()) dx = product(narrow_g, false, saved[1], false);
    if (ctx->saved_data["dw"].toBool()) dw = product(narrow_g, true, saved[0], false);
    if (ctx->saved_data["bias"].toBool()) db = g.sum(0);
    return {dx, dw, db};
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (!takes_fast_path(x)) return at::linear(x, weight, bias.defined() ? c10::optional<Tensor>(bias) : c10::nullopt);
  auto shape = x.sizes().vec();
  auto flat = x.reshape({-1, shape.back()});
  shape.back() = weight.size(0);
  bool tracked = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() || (bias.defined() && bias.requires_grad()));
  auto y = tracked ? LinearFunction::apply(flat, weight, bias.defined() ? Optional(bias) : Optional())
                   : product(operand(flat), false, weight.scalar_type() == at::kFloat ? operand(weight) : weight, true, bias);
  return y.view(shape);
}

}  // namespace mg::nn
