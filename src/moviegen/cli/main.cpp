// `moviegen`: results on stdout, everything else on stderr. Exit codes: docs/cli.md.
#include <fmt/format.h>

#include <cstdio>

#include "moviegen/cli/commands.h"
#include "moviegen/core/cancel.h"
#include "moviegen/core/error.h"
#include "moviegen/core/progress.h"

namespace {

constexpr const char* kExamples =
    "moviegen: an open Movie Gen.\n\n"
    "Examples:\n"
    "  moviegen generate \"a red fox runs to the left through snow\" -o fox.mp4\n"
    "  moviegen sound holiday.mp4 -o holiday-with-sound.mp4 --prompt \"waves, seagulls, calm guitar\"\n"
    "  moviegen inspect fox.mp4\n"
    "  moviegen doctor\n";

int fail(mg::ExitCode code, const std::string& message) {
  fmt::print(stderr, "moviegen: {}\n", message);
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  CLI::App app(kExamples, "moviegen");
  app.set_version_flag("--version", MG_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  bool quiet = false, verbose = false;
  app.add_flag("--quiet", quiet, "print results and errors only");
  app.add_flag("-v,--verbose", verbose, "print more");
  app.fallthrough();  // moviegen generate … --quiet works as moviegen --quiet generate … does
  mg::cli::Action action;
  mg::cli::add_generate(app, action);
  mg::cli::add_sound(app, action);
  mg::cli::add_inspect(app, action);
  mg::cli::add_model(app, action);
  mg::cli::add_doctor(app, action);
  mg::cli::add_world(app, action);
  mg::cli::add_train(app, action);
  mg::cli::add_eval(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(mg::ExitCode::kUsage, fmt::format("{}. See moviegen --help.", error.what()));
  }
  mg::set_verbosity(quiet ? mg::Verbosity::kQuiet : verbose ? mg::Verbosity::kVerbose : mg::Verbosity::kNormal);
  mg::install_signal_handlers();
  action();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const mg::Cancelled& error) {
    int signal = mg::received_signal();
    fmt::print(stderr, "moviegen: {}\n", error.what());
    return signal ? 128 + signal : static_cast<int>(error.code());
  } catch (const mg::Error& error) {
    return fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(mg::ExitCode::kResources, "out of memory");
  } catch (const std::exception& error) {
    return fail(mg::ExitCode::kFailed, error.what());
  }
}
