// What each effect is made of: listed once, for writing it, reading it and showing it.
//
// To add an effect: a `kind_of` line with the next free tag, and a `fields` function. Forgetting one does not compile,
// nor does forgetting a field: each function takes its effect apart with a structured binding.
// Old journals are read with what is here, so nothing of it may change. To add a field to an effect: add it at the end,
// give the effect the next free tag, and say in `older_form_of` which tag it had before and with how many fields.
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
inline constexpr Kind kind_of<core::Granted>{11, "granted"};
template <>
inline constexpr Kind kind_of<core::Joined>{12, "joined"};
template <>
inline constexpr Kind kind_of<core::Renewed>{3, "renewed"};
template <>
inline constexpr Kind kind_of<core::Released>{13, "released"};
template <>
inline constexpr Kind kind_of<core::Lapsed>{14, "lapsed"};
template <>
inline constexpr Kind kind_of<core::Revived>{15, "revived"};
template <>
inline constexpr Kind kind_of<core::Forgotten>{7, "forgotten"};
template <>
inline constexpr Kind kind_of<core::Numbered>{8, "numbered"};
template <>
inline constexpr Kind kind_of<core::Kept>{9, "kept"};
template <>
inline constexpr Kind kind_of<core::KeptTotals>{10, "kept_totals"};
template <>
inline constexpr Kind kind_of<core::Taken>{16, "taken"};
template <>
inline constexpr Kind kind_of<core::Revoked>{17, "revoked"};
template <>
inline constexpr Kind kind_of<core::TakeoverAsked>{18, "takeover_asked"};
template <>
inline constexpr Kind kind_of<core::TakeoverDropped>{19, "takeover_dropped"};
template <>
inline constexpr Kind kind_of<core::Requested>{20, "requested"};
template <>
inline constexpr Kind kind_of<core::Started>{21, "started"};
template <>
inline constexpr Kind kind_of<core::KeptWhys>{22, "kept_whys"};
template <>
inline constexpr Kind kind_of<core::KeptStart>{23, "kept_start"};
template <>
inline constexpr Kind kind_of<core::BufferCreated>{24, "buffer_created"};
template <>
inline constexpr Kind kind_of<core::BufferRemoved>{25, "buffer_removed"};
template <>
inline constexpr Kind kind_of<core::BufferEdited>{26, "buffer_edited"};
template <>
inline constexpr Kind kind_of<core::DraftKept>{27, "draft_kept"};
template <>
inline constexpr Kind kind_of<core::DraftEnded>{28, "draft_ended"};
template <>
inline constexpr Kind kind_of<core::KeptBuffer>{29, "kept_buffer"};
template <>
inline constexpr Kind kind_of<core::KeptDraft>{30, "kept_draft"};

/// How an effect was written before fields were added to it: its first fields only. What is missing stays empty.
struct OlderForm {
  std::uint8_t tag = 0;  ///< 0: there is no older form.
  std::size_t fields = 0;
};

template <class Effect>
inline constexpr OlderForm older_form_of{};
template <>
inline constexpr OlderForm older_form_of<core::Granted>{1, 8};
template <>
inline constexpr OlderForm older_form_of<core::Joined>{2, 4};
template <>
inline constexpr OlderForm older_form_of<core::Released>{4, 3};
template <>
inline constexpr OlderForm older_form_of<core::Lapsed>{5, 3};
template <>
inline constexpr OlderForm older_form_of<core::Revived>{6, 4};

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
  auto& [name, who, token, ttl, holder, note, metadata, since, waited, from] = e;
  a("name", name);
  a("who", who);
  a("token", token);
  a("ttl", ttl);
  a("holder", holder);
  a("note", note);
  a("metadata", metadata);
  a("since", since);
  a("waited", waited);
  a("from", from);
}

template <class Archive, Of<core::Joined> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, ttl, at, owner, waited, from] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("ttl", ttl);
  a("at", at);
  a("owner", owner);
  a("waited", waited);
  a("from", from);
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
  auto& [name, session, token, at, owner, ends] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("at", at);
  a("owner", owner);
  a("ends", ends);
}

template <class Archive, Of<core::Lapsed> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, at, owner, ends] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("at", at);
  a("owner", owner);
  a("ends", ends);
}

template <class Archive, Of<core::Revived> E>
void fields(Archive& a, E& e) {
  auto& [name, session, token, ttl, at, owner] = e;
  a("name", name);
  a("session", session);
  a("token", token);
  a("ttl", ttl);
  a("at", at);
  a("owner", owner);
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

template <class Archive, Of<core::Taken> E>
void fields(Archive& a, E& e) {
  auto& [grant, displaced, reason] = e;
  a("grant", grant);
  a("displaced", displaced);
  a("reason", reason);
}

template <class Archive, Of<core::Revoked> E>
void fields(Archive& a, E& e) {
  auto& [name, token, by, reason, at] = e;
  a("name", name);
  a("token", token);
  a("by", by);
  a("reason", reason);
  a("at", at);
}

template <class Archive, Of<core::TakeoverAsked> E>
void fields(Archive& a, E& e) {
  auto& [name, token, by, reason, flush, at, from] = e;
  a("name", name);
  a("token", token);
  a("by", by);
  a("reason", reason);
  a("flush", flush);
  a("at", at);
  a("from", from);
}

template <class Archive, Of<core::TakeoverDropped> E>
void fields(Archive& a, E& e) {
  auto& [name, token, by, because, at] = e;
  a("name", name);
  a("token", token);
  a("by", by);
  a("because", because);
  a("at", at);
}

template <class Archive, Of<core::Requested> E>
void fields(Archive& a, E& e) {
  auto& [name, token, by, message, at, from] = e;
  a("name", name);
  a("token", token);
  a("by", by);
  a("message", message);
  a("at", at);
  a("from", from);
}

template <class Archive, Of<core::Started> E>
void fields(Archive& a, E& e) {
  auto& [incarnation, at] = e;
  a("incarnation", incarnation);
  a("at", at);
}

template <class Archive, Of<core::KeptWhy> E>
void fields(Archive& a, E& e) {
  auto& [token, by, reason] = e;
  a("token", token);
  a("by", by);
  a("reason", reason);
}

template <class Archive, Of<core::KeptWhys> E>
void fields(Archive& a, E& e) {
  auto& [name, whys, taker] = e;
  a("name", name);
  a("whys", whys);
  a("taker", taker);
}

template <class Archive, Of<core::KeptStart> E>
void fields(Archive& a, E& e) {
  auto& [incarnation, from] = e;
  a("incarnation", incarnation);
  a("from", from);
}

template <class Archive, Of<core::BufferCreated> E>
void fields(Archive& a, E& e) {
  auto& [name, by, text, ends, byte_order_mark, at] = e;
  a("name", name);
  a("by", by);
  a("text", text);
  a("ends", ends);
  a("byte_order_mark", byte_order_mark);
  a("at", at);
}

template <class Archive, Of<core::BufferRemoved> E>
void fields(Archive& a, E& e) {
  auto& [name, by, at] = e;
  a("name", name);
  a("by", by);
  a("at", at);
}

template <class Archive, Of<core::BufferEdited> E>
void fields(Archive& a, E& e) {
  auto& [name, token, who, base, seq, changes, kind, draft, at] = e;
  a("name", name);
  a("token", token);
  a("who", who);
  a("base", base);
  a("seq", seq);
  a("changes", changes);
  a("kind", kind);
  a("draft", draft);
  a("at", at);
}

template <class Archive, Of<core::DraftKept> E>
void fields(Archive& a, E& e) {
  auto& [draft, name, buffer, who, token, base, seq, changes, because, by, at] = e;
  a("draft", draft);
  a("name", name);
  a("buffer", buffer);
  a("who", who);
  a("token", token);
  a("base", base);
  a("seq", seq);
  a("changes", changes);
  a("because", because);
  a("by", by);
  a("at", at);
}

template <class Archive, Of<core::DraftEnded> E>
void fields(Archive& a, E& e) {
  auto& [draft, name, how, by, at] = e;
  a("draft", draft);
  a("name", name);
  a("how", how);
  a("by", by);
  a("at", at);
}

template <class Archive, Of<core::KeptUndo> E>
void fields(Archive& a, E& e) {
  auto& [owner, stack] = e;
  a("owner", owner);
  a("stack", stack);
}

template <class Archive, Of<core::KeptSeq> E>
void fields(Archive& a, E& e) {
  auto& [who, seq, revision] = e;
  a("who", who);
  a("seq", seq);
  a("revision", revision);
}

template <class Archive, Of<core::KeptEnd> E>
void fields(Archive& a, E& e) {
  auto& [who, seq, last, draft] = e;
  a("who", who);
  a("seq", seq);
  a("last", last);
  a("draft", draft);
}

template <class Archive, Of<core::KeptBuffer> E>
void fields(Archive& a, E& e) {
  auto& [name, buffer, at, changed_at, ends, byte_order_mark, log, blame, owners, last_author, undo, seqs, ended] = e;
  a("name", name);
  a("buffer", buffer);
  a("at", at);
  a("changed_at", changed_at);
  a("ends", ends);
  a("byte_order_mark", byte_order_mark);
  a("log", log);
  a("blame", blame);
  a("owners", owners);
  a("last_author", last_author);
  a("undo", undo);
  a("seqs", seqs);
  a("ended", ended);
}

template <class Archive, Of<core::KeptDraft> E>
void fields(Archive& a, E& e) {
  auto& [draft, base_text] = e;
  a("draft", draft);
  a("base_text", base_text);
}

}  // namespace holdfast::journal
