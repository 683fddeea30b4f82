#include "cli/verify_targets.h"

#include <filesystem>
#include <utility>

#include "cli/own_server.h"
#include "cli/verify_description.h"
#include "cli/verify_engine.h"
#include "cli/verify_holdfast.h"

namespace holdfast::cli {
namespace {

std::unexpected<Error> wrong(std::string why) {
  return fail(ErrorCode::bad_configuration, std::move(why));
}

/// A target and what it needs to be there for as long.
template <class Kept>
class With final : public verify::Target {
 public:
  With(Kept kept, std::unique_ptr<verify::Target> target) : kept_(std::move(kept)), target_(std::move(target)) {}
  std::string about() const override { return target_->about(); }
  verify::Traits traits() const override { return target_->traits(); }
  std::unique_ptr<verify::Session> session(const std::string& client) override { return target_->session(client); }
  Result<std::unique_ptr<verify::Watching>> watch(const std::string& prefix,
                                                  std::function<void(const verify::Change&)> told) override {
    return target_->watch(prefix, std::move(told));
  }

 private:
  Kept kept_;
  std::unique_ptr<verify::Target> target_;
};

template <class Kept>
std::unique_ptr<verify::Target> with(Kept kept, std::unique_ptr<verify::Target> target) {
  return std::make_unique<With<Kept>>(std::move(kept), std::move(target));
}

std::string with_faults(std::string about, const std::vector<std::string>& inject) {
  for (const std::string& injection : inject) about += " --inject " + injection;
  return about;
}

Result<std::unique_ptr<verify::Target>> open_engine(const std::string& word, const std::vector<std::string>& inject) {
  Settings settings;
  settings.journal = word == "engine" ? "memory" : word.substr(word.find(':') + 1);
  settings.inject = inject;
  if (settings.journal == "file") {
    HF_TRY(directory, TemporaryDirectory::make());
    settings.data = (directory.path() / "data").string();
    HF_TRY_VOID(check(settings));
    HF_TRY(target, make_engine_target(settings, with_faults(word, inject)));
    return with(std::move(directory), std::move(target));
  }
  HF_TRY_VOID(check(settings));
  return make_engine_target(settings, with_faults(word, inject));
}

Result<std::unique_ptr<verify::Target>> open_own_server(const std::vector<std::string>& inject) {
  Settings settings;  // A mistake is told here, before a process is started.
  settings.inject = inject;
  HF_TRY_VOID(check(settings));
  HF_TRY(server, OwnServer::start({.inject = inject}));
  auto target = make_holdfast_target(server.url(), with_faults("a server of its own", inject));
  return with(std::move(server), std::move(target));
}

}  // namespace

Result<std::unique_ptr<verify::Target>> open_target(const std::string& word, const std::vector<std::string>& inject) {
  if (word == "server") return open_own_server(inject);
  if (word == "engine" || word.starts_with("engine:")) return open_engine(word, inject);
  if (!inject.empty()) {
    return wrong("--inject works where this program starts what it verifies: holdfast verify server --inject " +
                 inject.front() + ". Start a server of yours with holdfast serve --inject");
  }
  if (word.starts_with("https://")) return wrong("only http:// can be verified, not https://");
  if (word.starts_with("http://")) {
    HF_TRY(url, client::parse_url(word));
    return make_holdfast_target(url);
  }
  std::error_code error;
  if (!std::filesystem::exists(word, error)) {
    return wrong("there is no file '" + word +
                 "'. TARGET is http://HOST:PORT, server, engine:memory, a lock described in a .toml file, or a "
                 "recording");
  }
  if (!word.ends_with(".toml")) return nullptr;
  HF_TRY(description, read_description(word));
  return verify::make_http_target(std::move(description));
}

}  // namespace holdfast::cli
