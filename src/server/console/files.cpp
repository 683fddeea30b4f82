#include "server/console/files.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "server/console/embedded.h"

namespace holdfast::server::console {
namespace {

constexpr std::string_view page_path = "/index.html";
/// In the page, where the nonce is to be.
constexpr std::string_view nonce_place = "__NONCE__";

constexpr std::string_view no_console =
    "This server was built without its console, the page that would be here.\n"
    "Everything else works: try  curl http://THIS-SERVER/v1/leases  or  holdfast list.\n"
    "\n"
    "To have it: install Node.js 18 or newer with npm (on Debian: apt install nodejs npm),\n"
    "run  make run  again, or build from a release archive, which contains it.\n";

std::string_view type_of(std::string_view path) {
  const auto ends = [&](std::string_view with) { return path.ends_with(with); };
  if (ends(".js")) return "text/javascript; charset=utf-8";
  if (ends(".css")) return "text/css; charset=utf-8";
  if (ends(".svg")) return "image/svg+xml";
  if (ends(".woff2")) return "font/woff2";
  return "application/octet-stream";
}

/// 128 bits, as a policy for content takes them.
std::string fresh_nonce() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits: tells versions apart, and guards nothing.
std::string print_of(std::string_view bytes) {
  std::uint64_t print = 0xcbf29ce484222325;
  for (const char byte : bytes) print = (print ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return fmt::format("{:016x}", print);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// Scripts and styles of this server alone, nothing inline but the sheet that the editor makes for itself.
std::string policy(std::string_view nonce, const Frames& frames) {
  std::string shown_in;
  for (const std::string& origin : frames.shown_in) shown_in += " " + origin;
  return fmt::format(
      "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'nonce-{}'; object-src 'none'; "
      "base-uri 'none'; form-action 'none'; frame-src {}; frame-ancestors{}",
      nonce, frames.demonstration.empty() ? "'none'" : frames.demonstration, shown_in.empty() ? " 'none'" : shown_in);
}

Result<std::string> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  const bool empty = file.peek() == std::ifstream::traits_type::eof() && !file.bad();
  if (!file.is_open() || (!empty && !(bytes << file.rdbuf())))
    return fail(ErrorCode::bad_configuration, "web_root: cannot read " + path.string());
  return std::move(bytes).str();
}

}  // namespace

Files Files::embedded(const Frames& frames) {
  Named files;
  for (const EmbeddedFile& file : embedded_files()) files.emplace_back(file.path, file.bytes);
  return Files(std::move(files), frames);
}

Result<Files> Files::in_folder(const std::string& folder, const Frames& frames) {
  namespace fs = std::filesystem;
  const fs::path root = folder;
  Named files;
  HF_TRY(page, read(root / "index.html"));
  files.emplace_back(page_path, std::move(page));
  std::error_code error;
  for (fs::directory_iterator at(root / "assets", error), end; !error && at != end; at.increment(error)) {
    // Files of the folder itself: a link may lead anywhere.
    std::error_code unknown;
    if (at->symlink_status(unknown).type() != fs::file_type::regular) continue;
    HF_TRY(bytes, read(at->path()));
    files.emplace_back("/assets/" + at->path().filename().string(), std::move(bytes));
  }
  if (error) return fail(ErrorCode::bad_configuration, "web_root: " + folder + "/assets: " + error.message());
  return Files(std::move(files), frames);
}

Files::Files(Named files, const Frames& frames) {
  for (auto& [path, bytes] : files) {
    if (path == page_path) {
      make_page(std::move(bytes), frames);
    } else {
      files_.emplace(std::move(path), std::move(bytes));
    }
  }
}

void Files::make_page(std::string html, const Frames& frames) {
  version_ = print_of(html);
  const std::string nonce = fresh_nonce();
  page_ = std::move(html);
  replace_all(page_, nonce_place, nonce);
  // Of this start, as the nonce is: a kept page and a policy of another start would not fit each other.
  etag_ = fmt::format("\"{}\"", print_of(page_));
  page_headers_ = fmt::format(
      "cache-control: no-cache\r\netag: {}\r\ncontent-security-policy: {}\r\nreferrer-policy: no-referrer\r\n", etag_,
      policy(nonce, frames));
}

Answer Files::page(const Wanted& wanted) const {
  if (page_.empty()) {
    return {.status = 404,
            .type = "text/plain; charset=utf-8",
            .headers = "cache-control: no-store\r\n",
            .body = no_console};
  }
  Answer answer{.type = "text/html; charset=utf-8", .headers = page_headers_, .body = page_};
  if (wanted.if_none_match == "*" || wanted.if_none_match.find(etag_) != std::string_view::npos) {
    answer.status = 304;
    answer.body = {};
  }
  return answer;
}

Answer Files::answer(const Wanted& wanted) const {
  if (wanted.path == "/") return page(wanted);
  const auto file = files_.find(wanted.path);
  if (file == files_.end()) {
    // Not to be kept by anybody: the next version may have it.
    return {.status = 404,
            .type = "text/plain; charset=utf-8",
            .headers = "cache-control: no-store\r\n",
            .body = "There is no such file. The console may have been upgraded: load its page anew.\n"};
  }
  Answer answer{.type = type_of(wanted.path),
                // A file's name changes with what is in it.
                .headers = "cache-control: public, max-age=31536000, immutable\r\nvary: accept-encoding\r\n",
                .body = file->second};
  const auto coded = [&](std::string_view ending, std::string_view coding) {
    const auto found = files_.find(fmt::format("{}.{}", wanted.path, ending));
    if (found == files_.end()) return false;
    answer.body = found->second;
    answer.headers += fmt::format("content-encoding: {}\r\n", coding);
    return true;
  };
  if (!(wanted.brotli && coded("br", "br")) && wanted.gzip) coded("gz", "gzip");
  return answer;
}

}  // namespace holdfast::server::console
