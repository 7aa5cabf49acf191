#include "moviegen/nn/matmul.h"

#include <cpuid.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <map>
#include <tuple>

#include "moviegen/core/error.h"
#include "moviegen/nn/ops.h"
#include "moviegen/nn/profile.h"

namespace mg::nn {
namespace {

Compute current = Compute::kF32;

using Key = std::tuple<int64_t, int64_t, int64_t, bool, bool, bool, bool, bool, int>;

struct Entry {
  dnnl::matmul primitive;
  dnnl::memory::desc a, b, bias, out;
};

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

Entry make_entry(int64_t m, int64_t k, int64_t n, bool transpose_a, bool transpose_b, bool bf16, bool with_bias, bool adds) {
  using dnnl::memory;
  auto type = bf16 ? memory::data_type::bf16 : memory::data_type::f32;
  auto tag = [](bool transposed) { return transposed ? memory::format_tag::ba : memory::format_tag::ab; };
  Entry entry;
  entry.a = memory::desc({m, k}, type, tag(transpose_a));
  entry.b = memory::desc({k, n}, type, tag(transpose_b));
  entry.out = memory::desc({m, n}, memory::data_type::f32, memory::format_tag::ab);
  if (with_bias) entry.bias = memory::desc({1, n}, memory::data_type::f32, memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  dnnl::post_ops after;
  if (adds) after.append_sum();
  attributes.set_post_ops(after);
  auto desc = with_bias ? dnnl::matmul::desc(entry.a, entry.b, entry.bias, entry.out) : dnnl::matmul::desc(entry.a, entry.b, entry.out);
  entry.primitive = dnnl::matmul(dnnl::matmul::primitive_desc(desc, attributes, engine()));
  return entry;
}

constexpr size_t kMostPrimitives = 4096;  // batches of ever new shapes must not fill memory

Entry& entry_for(const Key& key) {
  thread_local std::map<Key, Entry> cache;  // oneDNN's scratch memory belongs to the thread that made a primitive
  auto found = cache.find(key);
  if (found == cache.end()) {
    if (cache.size() >= kMostPrimitives) cache.clear();
    auto [m, k, n, ta, tb, bf16, bias, adds, threads] = key;
    found = cache.emplace(key, make_entry(m, k, n, ta, tb, bf16, bias, adds)).first;
  }
  return found->second;
}

}  // namespace

void set_compute(Compute compute) {
  if (compute == Compute::kBf16 && !has_native_bf16())
    throw UsageError("compute bf16: this processor has no native bf16 products (AVX-512 BF16 or AMX); use f32 or auto");
  current = compute;
}
Compute compute() { return current; }

bool has_native_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5)) && __builtin_cpu_supports("avx512f");
}

Compute parse_compute(const std::string& name) {
  if (name == "f32") return Compute::kF32;
  if (name == "bf16") return Compute::kBf16;
  if (name == "aten") return Compute::kAten;
  if (name == "auto") return has_native_bf16() ? Compute::kBf16 : Compute::kF32;
  throw UsageError("compute: expected auto, f32, bf16 or aten, got '{}'", name);
}

bool takes_fast_path(const at::Tensor& x) { return current != Compute::kAten && x.is_cpu() && x.scalar_type() == at::kFloat; }

at::Tensor operand(const at::Tensor& matrix) {
  auto dense = matrix.contiguous();
  return current == Compute::kBf16 ? dense.to(at::kBFloat16) : dense;
}

at::Tensor product(const at::Tensor& a, bool transpose_a, const at::Tensor& b, bool transpose_b, const at::Tensor& bias, const at::Tensor& add_to) {
  int64_t m = a.size(transpose_a ? 1 : 0), k = a.size(transpose_a ? 0 : 1), n = b.size(transpose_b ? 0 : 1);
  check(b.size(transpose_b ? 1 : 0) == k && a.scalar_type() == b.scalar_type(), "product: {}×{} by {}×{}", m, k, b.size(0), b.size(1));
  auto out = add_to.defined() ? add_to : at::empty({m, n}, a.options().dtype(at::kFloat));
  if (m == 0 || n == 0) return out;
  if (k == 0) return add_to.defined() ? out : out.zero_();
  Entry& entry = entry_for({m, k, n, transpose_a, transpose_b, a.scalar_type() == at::kBFloat16, bias.defined(), add_to.defined(), at::get_num_threads()});
  count_flops(2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n));
  thread_local dnnl::stream stream(engine());
  std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_SRC, {entry.a, engine(), a.data_ptr()}},
                                                  {DNNL_ARG_WEIGHTS, {entry.b, engine(), b.data_ptr()}},
                                                  {DNNL_ARG_DST, {entry.out, engine(), out.data_ptr()}}};
  if (bias.defined()) arguments.insert({DNNL_ARG_BIAS, {entry.bias, engine(), bias.data_ptr()}});
  entry.primitive.execute(stream, arguments);
  stream.wait();
  return out;
}

}  // namespace mg::nn
