#include "server/resp/connection_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "api/names.h"

namespace holdfast::server::resp {
namespace {

using Words = std::span<const std::string_view>;

/// The version of Redis whose commands these are, for clients that choose their words by it.
constexpr std::string_view redis_version = "7.0.15";

struct Talk {
  Words words;
  Conversation& conversation;
  const std::function<Facts()>& facts;
  Writer writer;

  bool is(std::size_t word, std::string_view lower) const { return word < words.size() && is_word(words[word], lower); }
};

void wrong_number(Talk& talk) {
  talk.writer.error(fmt::format("ERR wrong number of arguments for '{}'", talk.words[0]));
}

void no_passwords(Talk& talk) {
  talk.writer.error(
      "ERR AUTH: this server asks nobody for a password, so none was checked. Connect without user and password");
}

void ping(Talk& talk) {
  if (talk.words.size() > 2) return wrong_number(talk);
  talk.words.size() == 2 ? talk.writer.text(talk.words[1]) : talk.writer.status("PONG");
}

void echo(Talk& talk) {
  if (talk.words.size() != 2) return wrong_number(talk);
  talk.writer.text(talk.words[1]);
}

void quit(Talk& talk) {
  talk.writer.status("OK");
  talk.conversation.over = true;
}

void select(Talk& talk) {
  if (talk.words.size() != 2) return wrong_number(talk);
  if (talk.words[1] == "0") return talk.writer.status("OK");
  talk.writer.error("ERR DB index is out of range: there is database 0 only, names are told apart by their paths");
}

/// Names are owners, so they are checked like owners. None: it is one.
const char* fault_of_name(std::string_view name) {
  return name.empty() || api::is_plain_text(name, 256)
             ? nullptr
             : "ERR the name must be UTF-8 of at most 256 bytes without control "
               "characters: it is the owner of what this connection takes";
}

bool set_name(Talk& talk, std::string_view name) {
  if (const char* fault = fault_of_name(name)) {
    talk.writer.error(fault);
    return false;
  }
  talk.conversation.name = name;
  return true;
}

void hello(Talk& talk) {
  Writer::Version version = talk.conversation.version;
  std::size_t at = 1;
  if (at < talk.words.size()) {
    if (talk.words[at] != "2" && talk.words[at] != "3")
      return talk.writer.error("NOPROTO unsupported protocol version");
    version = talk.words[at] == "2" ? Writer::Version::resp2 : Writer::Version::resp3;
    ++at;
  }
  std::string_view name;
  while (at < talk.words.size()) {
    if (talk.is(at, "auth")) return no_passwords(talk);
    if (!talk.is(at, "setname") || at + 1 == talk.words.size()) {
      return talk.writer.error(fmt::format("ERR syntax error in HELLO option '{}'", talk.words[at]));
    }
    name = talk.words[at + 1];
    at += 2;
  }
  if (!name.empty() && !set_name(talk, name)) return;
  talk.conversation.version = version;
}

void say_hello(Talk& talk) {
  Writer& writer = talk.writer;
  writer.map(7);
  writer.text("server");
  writer.text("holdfast");
  writer.text("version");
  writer.text(redis_version);
  writer.text("proto");
  writer.integer(static_cast<int>(talk.conversation.version));
  writer.text("id");
  writer.integer(static_cast<std::int64_t>(talk.conversation.id));
  writer.text("mode");
  writer.text("standalone");
  writer.text("role");
  writer.text("master");
  writer.text("modules");
  writer.list(0);
}

std::string described(const Conversation& conversation) {
  return fmt::format("id={} addr={} name={} lib-name={} resp={}", conversation.id, conversation.peer, conversation.name,
                     conversation.library, static_cast<int>(conversation.version));
}

void client(Talk& talk) {
  Writer& writer = talk.writer;
  if (talk.words.size() < 2) return wrong_number(talk);
  if (talk.is(1, "setname") && talk.words.size() == 3) {
    if (set_name(talk, talk.words[2])) writer.status("OK");
  } else if (talk.is(1, "getname")) {
    talk.conversation.name.empty() ? writer.null() : writer.text(talk.conversation.name);
  } else if (talk.is(1, "id")) {
    writer.integer(static_cast<std::int64_t>(talk.conversation.id));
  } else if (talk.is(1, "setinfo") && talk.words.size() == 4) {
    if (!api::is_plain_text(talk.words[3], 256)) return writer.error("ERR CLIENT SETINFO: not a plain text");
    if (talk.is(2, "lib-name")) talk.conversation.library = talk.words[3];
    writer.status("OK");
  } else if (talk.is(1, "info") || talk.is(1, "list")) {
    writer.text(described(talk.conversation) + "\n");
  } else if (talk.is(1, "no-evict") || talk.is(1, "no-touch")) {
    writer.status("OK");
  } else {
    writer.error(fmt::format("ERR CLIENT '{}' is not known here", talk.words[1]));
  }
}

void info(Talk& talk) {
  const Facts facts = talk.facts();
  talk.writer.verbatim(
      fmt::format("# Server\r\nredis_version:{}\r\nredis_mode:standalone\r\nholdfast_version:{}\r\n"
                  "process_id:{}\r\ntcp_port:{}\r\nuptime_in_seconds:{}\r\n"
                  "# Clients\r\nconnected_clients:{}\r\n"
                  "# Persistence\r\nloading:0\r\n"
                  "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n",
                  redis_version, HOLDFAST_VERSION, ::getpid(), facts.port, facts.uptime_s, facts.connections));
}

/// There are no settings to read here. Clients that ask for some want to see their names again; with nothing beside
/// them they are content.
void config(Talk& talk) {
  if (talk.is(1, "get") && talk.words.size() > 2) {
    talk.writer.map(talk.words.size() - 2);
    for (const std::string_view name : talk.words.subspan(2)) {
      talk.writer.text(name);
      talk.writer.text("");
    }
    return;
  }
  talk.writer.error("ERR CONFIG: only GET, which shows nothing. Holdfast is configured by its file and its flags");
}

void command(Talk& talk) {
  if (talk.is(1, "count")) return talk.writer.integer(0);
  if (talk.is(1, "docs")) return talk.writer.map(0);
  talk.writer.list(0);
}

void reset(Talk& talk) {
  talk.conversation.version = Writer::Version::resp2;
  talk.conversation.name.clear();
}

struct Entry {
  std::string_view name;
  void (*answer)(Talk&);
};
constexpr std::array entries{
    Entry{"ping", ping},     Entry{"echo", echo},       Entry{"quit", quit},
    Entry{"select", select}, Entry{"client", client},   Entry{"info", info},
    Entry{"config", config}, Entry{"command", command}, Entry{"auth", no_passwords},
};

}  // namespace

bool is_word(std::string_view word, std::string_view lower) {
  return std::ranges::equal(word, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

bool answer_connection_command(Words words, Conversation& conversation, const std::function<Facts()>& facts,
                               std::string& out) {
  Talk talk{words, conversation, facts, Writer(out, conversation.version)};
  // These two change the language that they are answered in.
  const bool greets = is_word(words[0], "hello");
  if (greets || is_word(words[0], "reset")) {
    const std::size_t before = out.size();
    greets ? hello(talk) : reset(talk);
    if (out.size() > before) return true;  // Refused, with nothing changed.
    Talk after{words, conversation, facts, Writer(out, conversation.version)};
    greets ? say_hello(after) : after.writer.status("RESET");
    return true;
  }
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) { return is_word(words[0], entry.name); });
  if (found == entries.end()) return false;
  found->answer(talk);
  return true;
}

}  // namespace holdfast::server::resp
