#include "moviegen/eval/film_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace mg::eval {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string likeliest(const std::vector<double>& likely, const std::vector<std::string>& names, size_t count) {
  std::vector<size_t> order(likely.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return likely[a] > likely[b]; });
  std::vector<std::string> said;
  for (size_t i = 0; i < std::min(count, order.size()); ++i) said.push_back(names[order[i]]);
  std::sort(said.begin(), said.end());
  return fmt::format("{}", fmt::join(said, ", "));
}

constexpr const char* kStyle = R"(body{font:14px system-ui,sans-serif;margin:2rem;background:#111;color:#ddd}pre{line-height:1.4}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:1.5rem}article{background:#1c1c1c;padding:1rem;border-radius:8px}
video,img{width:48%;image-rendering:auto;border-radius:4px}td{padding:0 .8rem 0 0}.no{color:#f77}.yes{color:#7d7}p{min-height:2.6em})";

}  // namespace

FilmCard card_of(const JudgedFilm& judged, const video::VideoJudgeConfig& judge) {
  auto attributes = video::attributes_of(judge);
  auto truths = truths_of(judged.item.labels, attributes);
  FilmCard card{.prompt = judged.item.prompt, .made = {}, .rendered = {}, .seen = {}};
  for (size_t a = 0; a < attributes.size(); ++a) {
    if (truths[a].empty()) continue;
    std::vector<std::string> meant;
    for (int64_t value : truths[a]) meant.push_back(attributes[a].values[static_cast<size_t>(value)]);
    std::sort(meant.begin(), meant.end());
    card.seen.push_back({attributes[a].name, fmt::format("{}", fmt::join(meant, ", ")), likeliest(judged.made.values[a], attributes[a].values, meant.size()),
                         likeliest(judged.rendered.values[a], attributes[a].values, meant.size())});
  }
  return card;
}

std::string film_page(const std::string& title, const std::string& figures, const std::vector<FilmCard>& cards) {
  auto clip = [](const std::string& file) {
    auto name = escaped(file);
    return file.ends_with(".mp4") ? fmt::format("<video src=\"{}\" muted loop autoplay playsinline></video>", name) : fmt::format("<img src=\"{}\" alt=\"\">", name);
  };
  std::string page = fmt::format("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style><h1>{0}</h1><pre>{2}</pre>"
                                 "<p>Left the film that was made, right the rendered clip of the same caption; below what the judge saw in each.</p><main>\n",
                                 escaped(title), kStyle, escaped(figures));
  for (const auto& card : cards) {
    page += fmt::format("<article>{} {}<p>{}</p><table>", clip(card.made), clip(card.rendered), escaped(card.prompt));
    for (const auto& [name, meant, made, rendered] : card.seen)
      page += fmt::format("<tr><td>{}<td>{}<td class=\"{}\">{}<td class=\"{}\">{}</tr>", name, escaped(meant), made == meant ? "yes" : "no", escaped(made),
                          rendered == meant ? "yes" : "no", escaped(rendered));
    page += "</table></article>\n";
  }
  return page + "</main></html>\n";
}

}  // namespace mg::eval
