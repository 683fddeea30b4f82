// What each effect is made of: listed once, for writing it, reading it and showing it.
//
// To add an effect: a `kind_of` line with the next free tag, and a `fields` function. Forgetting one does not compile,
// nor does forgetting a field: each function takes its effect apart with a structured binding.
// Never change what is here: old journals are read with it. A field can only be added as a new kind of effect.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/effects.h"

namespace holdfast::journal {

/// How an effect is marked in a journal, and what it is called when shown.
struct Kind {
  std::uint8_t tag = 0;  ///< On disk. Never 0, never reused.
  std::string_view name;
};

template <class Effect>
inline constexpr Kind kind_of{};
template <>
inline constexpr Kind kind_of<core::Granted>{1, "granted"};
template <>
inline constexpr Kind kind_of<core::Joined>{2, "joined"};
template <>
inline constexpr Kind kind_of<core::Renewed>{3, "renewed"};
template <>
inline constexpr Kind kind_of<core::Released>{4, "released"};
template <>
inline constexpr Kind kind_of<core::Lapsed>{5, "lapsed"};
template <>
inline constexpr Kind kind_of<core::Revived>{6, "revived"};
template <>
inline constexpr Kind kind_of<core::Forgotten>{7, "forgotten"};
template <>
inline constexpr Kind kind_of<core::Numbered>{8, "numbered"};
template <>
inline constexpr Kind kind_of<core::Kept>{9, "kept"};
template <>
inline constexpr Kind kind_of<core::KeptTotals>{10, "kept_totals"};

/// `T`, to be read or to be written.
template <class E, class T>
concept Of = std::same_as<std::remove_const_t<E>, T>;

template <class Archive, Of<core::Who> E>
void fields(Archive& a, E& e) {
  auto& [owner, session] = e;
  a("owner", owner);
  a("session", session);
}

template <class Archive, Of<core::Granted> E>
void fields(Archive& a, E& e) {
  auto& [name, who, token, ttl, holder, note, metadata, since] = e;
  a("name", name);
  a("who", who);
  a("token", token);
  a("ttl", ttl);
  a("holder", holder);
  a("note", note);
  a("metadata", metadata);
  a("since", since);
}

template <class Archive, Of<core::Joined> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, ttl] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("ttl", ttl);
}

template <class Archive, Of<core::Renewed> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, ttl] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("ttl", ttl);
}

template <class Archive, Of<core::Released> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token] = e;
  a("name", name);
  a("session", session);
  a("token", token);
}

template <class Archive, Of<core::Lapsed> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token] = e;
  a("name", name);
  a("session", session);
  a("token", token);
}

template <class Archive, Of<core::Revived> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, ttl] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("ttl", ttl);
}

template <class Archive, Of<core::Forgotten> E>
void fields(Archive& a, E& e) {
  auto& [name] = e;
  a("name", name);
}

template <class Archive, Of<core::Numbered> E>
void fields(Archive& a, E& e) {
  auto& [name, buffer] = e;
  a("name", name);
  a("buffer", buffer);
}

template <class Archive, Of<core::KeptPart> E>
void fields(Archive& a, E& e) {
  auto& [session, ttl, lapsed] = e;
  a("session", session);
  a("ttl", ttl);
  a("lapsed", lapsed);
}

template <class Archive, Of<core::KeptLoss> E>
void fields(Archive& a, E& e) {
  auto& [token, loss] = e;
  a("token", token);
  a("loss", loss);
}

template <class Archive, Of<core::Kept> E>
void fields(Archive& a, E& e) {
  auto& [name, owner, token, previous, holder, note, metadata, since, buffer, ended, parts, losses] = e;
  a("name", name);
  a("owner", owner);
  a("token", token);
  a("previous", previous);
  a("holder", holder);
  a("note", note);
  a("metadata", metadata);
  a("since", since);
  a("buffer", buffer);
  a("ended", ended);
  a("parts", parts);
  a("losses", losses);
}

template <class Archive, Of<core::KeptTotals> E>
void fields(Archive& a, E& e) {
  auto& [greatest, buffers] = e;
  a("greatest", greatest);
  a("buffers", buffers);
}

}  // namespace holdfast::journal
