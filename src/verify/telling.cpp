#include "verify/telling.h"

#include <fmt/format.h>

#include "verify/words.h"

namespace holdfast::verify {

using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

std::string told(recording::Nanos at) {
  return told_moment(at, at % 1'000'000 == 0 ? 1'000'000 : 1'000);
}

std::string name_of(const Recording& recording, recording::Index name) {
  return name < recording.names.size() ? printable(recording.names[name]) : "it";
}

std::string under(std::uint64_t token) {
  return token == 0 ? std::string() : fmt::format(" under token {}", token);
}

std::string held(const Recording& recording, recording::Index name, const Ownership& ownership) {
  return fmt::format("{} held {}{} from {} to {}", told_client(recording, ownership.client), name_of(recording, name),
                     under(ownership.token), told(ownership.from), told(ownership.until));
}

namespace {

std::string_view asked(What what) {
  switch (what) {
    case What::acquire:
      return "to own it";
    case What::renew:
      return "to renew";
    case What::release:
      return "to release";
    case What::query:
      return "who holds it";
    case What::takeover:
      return "to take it over";
    case What::move:
      return "to move it";
    case What::transfer:
      return "to transfer it";
    case What::revoke:
      return "to revoke it";
    case What::read:
      return "to read";
    case What::write:
      return "to write";
  }
  return "";
}

std::string_view done(What what) {
  switch (what) {
    case What::acquire:
      return "granted";
    case What::renew:
      return "renewed";
    case What::release:
      return "released";
    case What::takeover:
      return "taken over";
    case What::move:
      return "moved";
    case What::transfer:
      return "transferred";
    case What::revoke:
      return "revoked";
    case What::read:
      return "read";
    case What::write:
      return "written";
    case What::query:
      break;
  }
  return "";
}

std::string said(const Operation& operation) {
  switch (operation.outcome) {
    case Outcome::ok:
      if (operation.what == What::query) return operation.held ? "held" : "free";
      return std::string(done(operation.what));
    case Outcome::busy:
      return "held by somebody else";
    case Outcome::stale:
      return "stale";
    case Outcome::over:
      return "the wait is over";
    case Outcome::error:
      return "not done";
    case Outcome::unknown:
      break;
  }
  return "";
}

}  // namespace

std::string answered(const Recording& recording, const Operation& operation) {
  const std::string who = told_client(recording, operation.client);
  if (operation.outcome == Outcome::unknown) {
    return fmt::format("{} asked {} at {} and does not know whether it was done", who, asked(operation.what),
                       told(operation.called));
  }
  std::string text = fmt::format("{} asked {}{} at {} and was told '{}'", who, asked(operation.what),
                                 under(operation.token), told(operation.called), said(operation));
  if (operation.shown != 0 && operation.shown != operation.token) text += under(operation.shown);
  if (operation.holder != recording::nobody) text += " (by " + told_client(recording, operation.holder) + ")";
  return text + " at " + told(operation.returned);
}

}  // namespace holdfast::verify
