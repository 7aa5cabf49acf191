// Runs the built program in a folder, as a shell would, but without a shell between: any bytes can be arguments.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mg::cli {

struct Finished {
  int code;  // 128 + signal if a signal ended it
  std::string out, err;
};

class Program {
 public:
  Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments) : folder_(folder) {
    std::vector<char*> argv{const_cast<char*>(MG_PROGRAM)};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::string out = (folder / ".stdout").string(), err = (folder / ".stderr").string();
    pid_ = ::fork();
    if (pid_ != 0) return;
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(99);
    ::execv(MG_PROGRAM, argv.data());
    ::_exit(99);
  }
  void signal(int number) { ::kill(pid_, number); }
  Finished wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, read(".stdout"), read(".stderr")};
  }

 private:
  static void redirect(const std::string& path, int descriptor) {
    int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(file, descriptor);
  }
  std::string read(const char* name) {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }
  std::filesystem::path folder_;
  pid_t pid_;
};

}  // namespace mg::cli
