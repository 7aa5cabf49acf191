// RMS norm, its modulated form and the gated residual: one pass over the activations each way.
#include <cmath>

#include "moviegen/nn/kernels.h"
#include "moviegen/nn/matmul.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = c10::optional<Tensor>;  // Function::apply takes no undefined tensors

Optional optional(const Tensor& x) { return x.defined() ? Optional(x) : Optional(); }

// Rows [0, rows) of one batch item. shift and scale may be null (plain norm).
MG_KERNEL void norm_forward(const float* x, const float* weight, const float* shift, const float* scale, float* y, float* inverse,
                            int64_t rows, int64_t width, float eps) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t d = 0; d < width; ++d) sum += x[d] * x[d];
    float inv = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
    inverse[r] = inv;
    if (scale) {
#pragma omp simd
      for (int64_t d = 0; d < width; ++d) y[d] = x[d] * inv * weight[d] * (1.0f + scale[d]) + shift[d];
    } else {
#pragma omp simd
      for (int64_t d = 0; d < width; ++d) y[d] = x[d] * inv * weight[d];
    }
  }
}

// Adds to dweight, dshift and dscale (the latter two may be null with scale). `u` is scratch of `width`.
MG_KERNEL void norm_backward(const float* g, const float* x, const float* weight, const float* scale, const float* inverse, float* dx,
                             float* dweight, float* dshift, float* dscale, float* u, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, x += width, g += width, dx += width) {
    float inv = inverse[r], dot = 0;
    if (scale) {
#pragma omp simd reduction(+ : dot)
      for (int64_t d = 0; d < width; ++d) {
        float n = x[d] * inv, gs = g[d] * (1.0f + scale[d]);
        dshift[d] += g[d];
        dscale[d] += g[d] * n * weight[d];
        dweight[d] += gs * n;
        u[d] = gs * weight[d];
        dot += u[d] * x[d];
      }
    } else {
#pragma omp simd reduction(+ : dot)
      for (int64_t d = 0; d < width; ++d) {
        dweight[d] += g[d] * x[d] * inv;
        u[d] = g[d] * weight[d];
        dot += u[d] * x[d];
      }
    }
    float pull = dot * inv * inv * inv / static_cast<float>(width);
#pragma omp simd
    for (int64_t d = 0; d < width; ++d) dx[d] = u[d] * inv - x[d] * pull;
  }
}

// Rows are split into groups: batch items when modulated, even chunks otherwise. A group is one thread's work.
struct Groups {
  int64_t count, rows;
  Groups(int64_t total_rows, int64_t batch, bool modulated)
      : count(modulated ? batch : std::min<int64_t>(total_rows, 4 * at::get_num_threads())),
        rows(modulated ? total_rows / std::max<int64_t>(batch, 1) : (total_rows + count - 1) / std::max<int64_t>(count, 1)) {}
};

struct NormFunction : torch::autograd::Function<NormFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_, const Optional& weight_, const Optional& shift_, const Optional& scale_, double eps) {
    Tensor shift = shift_.value_or(Tensor()), scale = scale_.value_or(Tensor());
    auto x = x_.contiguous();
    int64_t width = x.size(-1), rows = x.numel() / width;
    bool modulated = scale.defined();
    auto weight = weight_.has_value() ? weight_->contiguous() : at::ones({width}, x.options());
    auto y = at::empty_like(x), inverse = at::empty({rows}, x.options());
    auto s = modulated ? shift.contiguous() : Tensor(), c = modulated ? scale.contiguous() : Tensor();
    run(x, weight, s, c, y, inverse, eps);
    ctx->save_for_backward({x, weight, c, inverse});
    ctx->saved_data["weighted"] = weight_.has_value();
    return y;
  }

  static void run(const Tensor& x, const Tensor& weight, const Tensor& shift, const Tensor& scale, Tensor& y, Tensor& inverse, double eps) {
    int64_t width = x.size(-1), rows = x.numel() / width;
    Groups groups(rows, x.size(0), scale.defined());
    const float *xp = x.data_ptr<float>(), *wp = weight.data_ptr<float>();
    const float *sp = scale.defined() ? shift.data_ptr<float>() : nullptr, *cp = scale.defined() ? scale.data_ptr<float>() : nullptr;
    float *yp = y.data_ptr<float>(), *ip = inverse.data_ptr<float>();
    int64_t split = groups.count == 1 && scale.defined() ? at::get_num_threads() : 1;  // a single clip still uses every core
    int64_t part = (groups.rows + split - 1) / split;
#pragma omp parallel for schedule(static)
    for (int64_t task = 0; task < groups.count * split; ++task) {
      int64_t group = task / split, begin = group * groups.rows + task % split * part;
      int64_t end = std::min({begin + part, (group + 1) * groups.rows, rows});
      if (begin >= end) continue;
      norm_forward(xp + begin * width, wp, sp ? sp + group * width : nullptr, cp ? cp + group * width : nullptr, yp + begin * width,
                   ip + begin, end - begin, width, static_cast<float>(eps));
    }
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &scale = saved[2], &inverse = saved[3];
    auto g = grads[0].contiguous();
    int64_t width = x.size(-1), rows = x.numel() / width;
    bool modulated = scale.defined();
    Groups groups(rows, x.size(0), modulated);
    auto dx = at::empty_like(x);
    auto dweight = at::zeros({groups.count, width}, x.options());
    auto dshift = modulated ? at::zeros({groups.count, width}, x.options()) : Tensor();
    auto dscale = modulated ? at::zeros({groups.count, width}, x.options()) : Tensor();
    const float *gp = g.data_ptr<float>(), *xp = x.data_ptr<float>(), *wp = weight.data_ptr<float>(), *ip = inverse.data_ptr<float>();
    const float* cp = modulated ? scale.data_ptr<float>() : nullptr;
    float *dxp = dx.data_ptr<float>(), *dwp = dweight.data_ptr<float>();
    float *dsp = modulated ? dshift.data_ptr<float>() : nullptr, *dcp = modulated ? dscale.data_ptr<float>() : nullptr;
#pragma omp parallel
    {
      std::vector<float> scratch(static_cast<size_t>(width));
#pragma omp for schedule(static)
      for (int64_t i = 0; i < groups.count; ++i) {
        int64_t begin = i * groups.rows, end = std::min(begin + groups.rows, rows);
        if (begin >= end) continue;
        norm_backward(gp + begin * width, xp + begin * width, wp, cp ? cp + i * width : nullptr, ip + begin, dxp + begin * width,
                      dwp + i * width, dsp ? dsp + i * width : nullptr, dcp ? dcp + i * width : nullptr, scratch.data(), end - begin, width);
      }
    }
    return {dx, ctx->saved_data["weighted"].toBool() ? dweight.sum(0) : Tensor(), dshift, dscale, Tensor()};
  }
};

MG_KERNEL void gate_forward(const float* h, const float* x, const float* gate, float* y, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, h += width, x += width, y += width)
#pragma omp simd
    for (int64_t d = 0; d < width; ++d) y[d] = h[d] + gate[d] * x[d];
}

MG_KERNEL void gate_backward(const float* g, const float* x, const float* gate, float* dx, float* dgate, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r, g += width, x += width, dx += width)
#pragma omp simd
    for (int64_t d = 0; d < width; ++d) {
      dgate[d] += g[d] * x[d];
      dx[d] = g[d] * gate[d];
    }
}

struct GateFunction : torch::autograd::Function<GateFunction> {
  static Tensor forward(AutogradContext* ctx, const Tensor& h_, const Tensor& x_, const Tensor& gate_) {
    auto h = h_.contiguous(), x = x_.contiguous(), gate = gate_.contiguous();
    auto y = at::empty_like(h);
    int64_t B = x.size(0), width = x.size(-1), rows = x.numel() / width / std::max<int64_t>(B, 1);
    const float *hp = h.data_ptr<float>(), *xp = x.data_ptr<float>(), *gp = gate.data_ptr<float>();
    float* yp = y.data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t b = 0; b < B; ++b)
      gate_forward(hp + b * rows * width, xp + b * rows * width, gp + b * width, yp + b * rows * width, rows, width);
    ctx->save_for_backward({x, gate});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    auto saved = ctx->get_saved_variables();
    auto g = grads[0].contiguous();
    const Tensor &x = saved[0], &gate = saved[1];
    auto dx = at::empty_like(x), dgate = at::zeros_like(gate);
    int64_t B = x.size(0), width = x.size(-1), rows = x.numel() / width / std::max<int64_t>(B, 1);
    const float *gp = g.data_ptr<float>(), *xp = x.data_ptr<float>(), *ap = gate.data_ptr<float>();
    float *dxp = dx.data_ptr<float>(), *dap = dgate.data_ptr<float>();
#pragma omp parallel for schedule(static)
    for (int64_t b = 0; b < B; ++b)
      gate_backward(gp + b * rows * width, xp + b * rows * width, ap + b * width, dxp + b * rows * width, dap + b * width, rows, width);
    return {g, dx, dgate};
  }
};

}  // namespace

Tensor rms_norm_modulate(const Tensor& x, const Tensor& weight, const Tensor& shift, const Tensor& scale, double eps) {
  RECORD_USER_SCOPE("rms_norm_modulate");
  if (takes_fast_path(x)) return NormFunction::apply(x, optional(weight), optional(shift), optional(scale), eps);
  return rms_norm(x, weight, eps) * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1);
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  RECORD_USER_SCOPE("rms_norm");
  if (takes_fast_path(x) && x.numel() > 0) return NormFunction::apply(x, optional(weight), Optional(), Optional(), eps);
  auto wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  auto y = (wide * (wide.square().mean(-1, true) + eps).rsqrt()).to(x.scalar_type());
  return weight.defined() ? y * weight : y;
}

Tensor gated_residual(const Tensor& h, const Tensor& x, const Tensor& gate) {
  RECORD_USER_SCOPE("gated_residual");
  if (takes_fast_path(h)) return GateFunction::apply(h, x, gate);
  return h + gate.unsqueeze(1) * x;
}

}  // namespace mg::nn
