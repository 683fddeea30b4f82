#include "engine/faulty/fault.h"

namespace holdfast::engine {

void grant_unchecked(Hands& hands, const core::Acquire& asked, core::Address from, core::Token token, Duration waited) {
  hands.step.carry_out_unchecked(core::Granted{asked.name, asked.who, token, asked.ttl, asked.holder, asked.note,
                                               asked.metadata, hands.now.wall, waited, asked.from});
  core::Reply reply;
  reply.who = asked.who;
  reply.waited = waited;
  reply.granted_at = hands.now.lease;
  reply.void_after = core::deadline(hands.now.lease, asked.ttl);
  hands.step.answer(from, asked.name, std::move(reply));
}

void say_held(Hands& hands, const std::string& name, const core::Who& who, Duration ttl, core::Address from) {
  core::Reply reply;
  reply.who = who;
  reply.granted_at = hands.now.lease;
  reply.void_after = core::deadline(hands.now.lease, ttl);
  hands.step.answer(from, name, std::move(reply));
}

}  // namespace holdfast::engine
