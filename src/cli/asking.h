// What the verbs that ask a server have in common.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <optional>
#include <string>

#include "cli/options.h"
#include "client/lease.h"

namespace holdfast::cli {

/// The server that `caller` names; or the exit status, having said what is wrong with its address.
std::expected<client::HttpLeases, int> server_of(const Caller& caller, const Options& options);

/// Says why not: a sentence on stderr, or the problem as JSON on stdout. Returns the exit status.
int refused(const Verb& verb, const Caller& caller, const std::string& name, const client::Problem& problem);

/// One line on stdout.
void print_json(const boost::json::object& json);

/// A sentence on stderr, after the verb's name.
void say(const Verb& verb, std::string_view sentence);

/// What a new holder wants to know: the token on stdout, and on stderr until when and how to go on. `ttl` as asked for.
void say_granted(const Verb& verb, const client::Holding& grant, std::optional<Duration> ttl);

/// `holdfast <verb> NAME --token N ...`, as it can be pasted.
std::string command_line(std::string_view verb, const client::Holding& holding);

}  // namespace holdfast::cli
