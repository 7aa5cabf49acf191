#include "moviegen/core/config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "moviegen/core/files.h"
#include "moviegen/core/random.h"

namespace mg {
namespace {

struct Inner {
  double rate = 0.5;
  std::vector<int64_t> sizes{1, 2};
};
template <class V>
void fields(V& v, Inner& c) {
  v("rate", c.rate, "a rate");
  v("sizes", c.sizes, "sizes");
}
struct Outer {
  int64_t steps = 10;
  std::string name = "x";
  bool on = false;
  Inner inner;
};
template <class V>
void fields(V& v, Outer& c) {
  v("steps", c.steps, "steps");
  v("name", c.name, "a name");
  v("on", c.on, "a switch");
  v("inner", c.inner, "nested");
}

TEST(Config, RoundTripsThroughTomlAndJson) {
  Outer config;
  config.steps = 7, config.inner.sizes = {4, 5, 6}, config.on = true;
  auto back = config_from<Outer>(parse_toml(to_toml(config_to_json(config)), "test"), "test");
  EXPECT_EQ(config_to_json(back), config_to_json(config));
}

TEST(Config, ReportsAllProblemsAtOnce) {
  auto tree = parse_toml("steps = 'many'\nstpes = 3\n[inner]\nrate = true\nsizes = [1, 'b']\n", "test");
  try {
    config_from<Outer>(tree, "test.toml");
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    std::string text = error.what();
    for (const char* part : {"test.toml", "4 problems", "steps: expected", "stpes: unknown key", "inner.rate", "inner.sizes"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(Config, SetReadsValuesAndMakesTables) {
  Json tree = Json::object();
  apply_set(tree, "inner.rate=2");
  apply_set(tree, "name=a red fox");
  apply_set(tree, "inner.sizes=[3]");
  auto config = config_from<Outer>(tree, "test");
  EXPECT_EQ(config.inner.rate, 2.0);
  EXPECT_EQ(config.name, "a red fox");
  EXPECT_EQ(config.inner.sizes, std::vector<int64_t>{3});
  EXPECT_THROW(apply_set(tree, "nothing"), UsageError);
  EXPECT_THROW(apply_set(tree, "name.deeper=1"), UsageError);
}

TEST(Config, ExtendsOverridesAndStopsCircles) {
  auto folder = std::filesystem::temp_directory_path() / "moviegen-config-test";
  std::filesystem::create_directories(folder);
  write_text((folder / "base.toml").string(), "steps = 1\n[inner]\nrate = 3.0\n");
  write_text((folder / "top.toml").string(), "extends = 'base.toml'\nsteps = 2\n");
  write_text((folder / "loop.toml").string(), "extends = 'loop.toml'\n");
  auto config = config_from<Outer>(read_toml((folder / "top.toml").string()), "top");
  EXPECT_EQ(config.steps, 2);
  EXPECT_EQ(config.inner.rate, 3.0);
  EXPECT_THROW(read_toml((folder / "loop.toml").string()), DataError);
  EXPECT_THROW(read_toml((folder / "none.toml").string()), NotFound);
  EXPECT_THROW(parse_toml("a = [", "broken"), DataError);
  std::filesystem::remove_all(folder);
}

TEST(Files, WriteIsAtomicAndReadIsBounded) {
  auto folder = std::filesystem::temp_directory_path() / "moviegen-files-test";
  std::filesystem::create_directories(folder);
  auto path = (folder / "a.txt").string();
  write_text(path, "one");
  write_text(path, "two");
  EXPECT_EQ(read_text(path), "two");
  EXPECT_THROW(read_text(path, 2), DataError);
  EXPECT_THROW(read_text(folder.string()), DataError);
  EXPECT_THROW(write_text((folder / "none" / "b.txt").string(), "x"), ResourceError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(Generator, IsSeededForkedAndUniform) {
  Generator a(1, "x"), b(1, "x"), c(1, "y");
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    double n = a.normal();
    sum += n, squares += n * n;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
  auto fork = b.fork("part");
  auto before = b.counter();
  fork.next();
  EXPECT_EQ(b.counter(), before);
}

}  // namespace
}  // namespace mg
