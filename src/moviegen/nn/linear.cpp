#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = c10::optional<Tensor>;  // Function::apply takes no undefined tensors

// Layers that share their input: it is rounded once, and the gradients with respect to it add up inside the products.
struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x, at::TensorList weights, const Optional& bias_) {
    Tensor bias = bias_.value_or(Tensor());
    variable_list saved{operand(x)}, outputs;
    for (const auto& weight : weights) {
      saved.push_back(operand(weight));
      outputs.push_back(product(saved[0], false, saved.back(), true, bias));
    }
    ctx->saved_data["bias"] = bias.defined() && bias.requires_grad();
    ctx->save_for_backward(saved);  // the rounded copies: half the memory of f32
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    variable_list result(2 + grads.size());
    for (size_t i = 0; i < grads.size(); ++i) {
      if (!grads[i].defined()) continue;
      auto g = grads[i].contiguous();
      auto narrow_g = saved[0].scalar_type() == at::kBFloat16 ? g.to(at::kBFloat16) : g;
      if (ctx->needs_input_grad(0)) result[0] = product(narrow_g, false, saved[1 + i], false, {}, result[0]);
      if (ctx->needs_input_grad(1 + i)) result[1 + i] = product(narrow_g, true, saved[0], false);
      if (ctx->saved_data["bias"].toBool()) result.back() = g.sum(0);
    }
    return result;
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (!takes_fast_path(x)) return at::linear(x, weight, bias.defined() ? c10::optional<Tensor>(bias) : c10::nullopt);
  return linears(x, {weight}, bias)[0];
}

std::vector<Tensor> linears(const Tensor& x, const std::vector<Tensor>& weights, const Tensor& bias) {
  std::vector<Tensor> outputs;
  if (!takes_fast_path(x)) {
    for (const auto& weight : weights) outputs.push_back(nn::linear(x, weight, bias));
    return outputs;
  }
  RECORD_USER_SCOPE("linear");
  auto shape = x.sizes().vec();
  auto flat = x.reshape({-1, shape.back()});
  bool tracked = x.requires_grad() || (bias.defined() && bias.requires_grad());
  for (const auto& weight : weights) tracked |= weight.requires_grad();
  if (tracked && at::GradMode::is_enabled()) {
    outputs = LinearFunction::apply(flat, at::TensorList(weights), bias.defined() ? Optional(bias) : Optional());
  } else {
    auto narrow = operand(flat);
    for (const auto& weight : weights)
      outputs.push_back(product(narrow, false, weight.scalar_type() == at::kFloat ? operand(weight) : weight, true, bias));
  }
  for (auto& y : outputs) shape.back() = y.size(1), y = y.view(shape);
  return outputs;
}

}  // namespace mg::nn
