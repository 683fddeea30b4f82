// Following events, with a server that breaks off, forgets, and refuses.
#include <holdfast/watch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client/scripted_for_tests.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using client::PeerEnd;
using client::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

std::string event(int number, const std::string& type = "granted") {
  const std::string position = "3." + std::to_string(number);
  return "id: " + position + "\nevent: " + type + "\ndata: {\"position\":\"" + position + "\",\"type\":\"" + type +
         "\",\"name\":\"job\",\"token\":" + std::to_string(number) + "}\n\n";
}

std::string begin(int number) {
  const std::string position = "3." + std::to_string(number);
  return "id: " + position + "\nevent: begin\ndata: {\"position\":\"" + position + "\",\"type\":\"begin\"}\n\n";
}

Client client_of(const ScriptedServer& server) {
  return Client::open({.servers = server.address(), .owner = "bob"}).value();
}

std::string position_of(const Answer<Event>& event) {
  return std::visit([](const auto& it) { return it.position; }, event.value());
}

TEST(Watch, hands_out_changes_in_order_with_their_positions) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send(": hello\n\n" + event(1) + event(2, "taken_over"));
  });
  Watch watch(client_of(server), {.prefix = "a b", .after = "3.0"});
  const auto first = watch.next();
  ASSERT_TRUE(first);
  const Change& change = std::get<Change>(*first);
  EXPECT_EQ(change.type, "granted");
  EXPECT_EQ(change.name, "job");
  EXPECT_EQ(change.token, 1u);
  EXPECT_EQ(watch.position(), "3.1");
  EXPECT_EQ(std::get<Change>(*watch.next()).type, "taken_over");
  EXPECT_EQ(watch.position(), "3.2");
  EXPECT_THAT(server.requests().at(0), HasSubstr("GET /v1/events?prefix=a%20b&after=3.0 "));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nAccept: text/event-stream\r\n"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nLast-Event-ID: 3.0\r\n"));
}

TEST(Watch, begins_now_unless_told_where_and_says_where_that_is_only_once) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    end.send(head);
    end.send(number == 1 ? begin(41) : begin(41) + event(42) + begin(42) + event(43));
    if (number == 1) end.close();
  });
  Watch watch(client_of(server), {.prefix = "p"});
  const auto first = watch.next();
  ASSERT_TRUE(std::holds_alternative<Begin>(*first));
  EXPECT_EQ(position_of(first), "3.41");
  EXPECT_THAT(std::get<Begin>(*first).json, HasSubstr(R"("type":"begin")"));
  EXPECT_EQ(position_of(watch.next()), "3.42");
  EXPECT_EQ(position_of(watch.next()), "3.43");
  EXPECT_EQ(server.lines().at(0), "GET /v1/events?prefix=p");
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("Last-Event-ID")));
  EXPECT_THAT(server.requests().at(1), HasSubstr("\r\nLast-Event-ID: 3.41\r\n")) << "nothing in between is missed";
}

TEST(Watch, goes_on_from_where_the_server_said_that_nothing_concerned_it) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    end.send(head);
    if (number > 1) return end.send(event(90));
    end.send(begin(1) + ":\nid: 3.80\n\n:\nid: 3.81\n");  // The last is cut off.
    end.close();
  });
  Watch watch(client_of(server), {});
  EXPECT_EQ(position_of(watch.next()), "3.1");
  EXPECT_EQ(position_of(watch.next()), "3.90");
  EXPECT_THAT(server.requests().at(1), HasSubstr("\r\nLast-Event-ID: 3.80\r\n"));
}

TEST(Watch, tells_of_trouble_so_that_its_caller_can_end_it) {
  std::stop_source enough;
  std::vector<Problem> troubles;
  const auto on_trouble = [&](const Problem& why, std::chrono::milliseconds pause) {
    EXPECT_GT(pause, 0ms);
    troubles.push_back(why);
    if (troubles.size() == 3) enough.request_stop();
  };
  auto server = std::make_unique<ScriptedServer>([](PeerEnd& end, const std::string&, int number) {
    if (number == 1) return end.answer(503, R"({"code":"stopping","fate":"not_done","detail":"it stops"})");
    end.send(head);
    end.send(begin(1));
    end.close();
  });
  Watch watch(client_of(*server), {.on_trouble = on_trouble});
  EXPECT_EQ(position_of(watch.next()), "3.1");
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_EQ(troubles[0].code, "stopping");
  EXPECT_EQ(troubles[0].status, 503);
  server.reset();
  const auto ended = watch.next(enough.get_token());
  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.problem().cancelled);
  ASSERT_EQ(troubles.size(), 3u);
  EXPECT_EQ(troubles[1].code, "answer_lost") << "the stream ended";
  EXPECT_EQ(troubles[2].code, "unreachable") << "and nobody is there";
}

TEST(Watch, goes_on_behind_the_last_whole_event_where_the_connection_breaks) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    end.send(head);
    if (number == 1) {
      const std::string both = event(1) + event(2);
      end.send(both.substr(0, both.size() - 1));  // The second has no end.
      return end.close();
    }
    if (number == 2) return end.reset();
    end.send(event(2) + event(3));
  });
  Watch watch(client_of(server), {.after = "3.0"});
  std::vector<std::string> got;
  for (int i = 0; i < 3; ++i) got.push_back(position_of(watch.next()));
  EXPECT_THAT(got, ElementsAre("3.1", "3.2", "3.3"));
  EXPECT_THAT(server.requests().at(1), HasSubstr("Last-Event-ID: 3.1\r\n"));
  EXPECT_THAT(server.requests().at(2), HasSubstr("Last-Event-ID: 3.1\r\n"));
}

TEST(Watch, says_where_changes_were_missed) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send("id: 4.7\nevent: reset\ndata: {\"position\":\"4.7\",\"code\":\"position_gone\"}\n\n");
    end.send("id: 4.8\ndata: {\"type\":\"lapsed\"}\n\nid: 4.9\nevent: reset\ndata: {\n\n");
  });
  Watch watch(client_of(server), {.after = "3.9"});
  const auto gap = watch.next();
  ASSERT_TRUE(std::holds_alternative<Gap>(*gap));
  EXPECT_EQ(position_of(gap), "4.7");
  EXPECT_EQ(std::get<Gap>(*gap).code, "position_gone");
  EXPECT_THAT(std::get<Gap>(*gap).json, HasSubstr("position_gone"));
  EXPECT_EQ(std::get<Change>(*watch.next()).type, "lapsed");
  EXPECT_EQ(watch.position(), "4.8");
  EXPECT_TRUE(std::holds_alternative<Gap>(*watch.next())) << "also where nobody can read why";
}

TEST(Watch, reads_a_chunked_stream) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n");
    for (const char c : event(1)) end.send("1\r\n" + std::string(1, c) + "\r\n");
  });
  Watch watch(client_of(server), {.after = "3.0"});
  EXPECT_EQ(position_of(watch.next()), "3.1");
}

TEST(Watch, is_stopped_at_once_and_goes_on_later) {
  std::atomic<bool> connected = false;
  ScriptedServer server([&](PeerEnd& end, const std::string&, int number) {
    end.send(head);
    if (number == 2) end.send(event(1));
    connected = true;
  });
  Watch watch(client_of(server), {.after = "3.0"});
  std::stop_source source;
  std::jthread stopping([&] {
    while (!connected) std::this_thread::yield();
    source.request_stop();
  });
  const auto stopped = watch.next(source.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_TRUE(stopped.problem().cancelled);
  EXPECT_EQ(position_of(watch.next()), "3.1");
}

TEST(Watch, returns_what_the_server_refuses_for_good) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.answer(422, R"({"code":"not_supported_yet","fate":"not_done"})");
  });
  Watch watch(client_of(server), {.after = "3.0"});
  EXPECT_EQ(watch.next().problem().code, "not_supported_yet");
}

TEST(Watch, asks_again_where_the_server_is_in_trouble) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int number) {
    if (number == 1) return end.answer(503, R"({"code":"stopping","fate":"not_done"})");
    end.send(head);
    end.send(event(1));
  });
  Watch watch(client_of(server), {.after = "3.0"});
  EXPECT_EQ(position_of(watch.next()), "3.1");
}

TEST(Watch, goes_on_at_another_address) {
  ScriptedServer there([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send(event(2));
  });
  auto first = std::make_unique<ScriptedServer>([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send(event(1));
  });
  const Client client = Client::open({.servers = first->address() + "," + there.address(), .owner = "bob"}).value();
  Watch watch(client, {.after = "3.0"});
  EXPECT_EQ(position_of(watch.next()), "3.1");
  first.reset();
  EXPECT_EQ(position_of(watch.next()), "3.2");
  EXPECT_THAT(there.requests().at(0), HasSubstr("Last-Event-ID: 3.1\r\n"));
}

TEST(Watch, tells_of_an_event_that_cannot_be_read_instead_of_skipping_it) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send("id: 3.1\ndata: {\n\n" + event(2));
  });
  Watch watch(client_of(server), {.after = "3.0"});
  EXPECT_EQ(watch.next().problem().code, "bad_answer");
  EXPECT_EQ(position_of(watch.next()), "3.2");
}

TEST(Watch, puts_nothing_into_a_header_that_does_not_belong_there) {
  ScriptedServer server([](PeerEnd&, const std::string&, int) {});
  Watch watch(client_of(server), {.after = "3.0\r\nX: y"});
  EXPECT_EQ(watch.next().problem().field, "after");
  EXPECT_TRUE(server.lines().empty());
}

TEST(Watch, does_not_ask_as_fast_as_that_goes_where_each_stream_ends_at_once) {
  ScriptedServer server([](PeerEnd& end, const std::string&, int) {
    end.send(head);
    end.send(begin(0));
    end.close();
  });
  Watch watch(client_of(server), {.after = "3.0"});
  EXPECT_EQ(position_of(watch.next()), "3.0");
  std::stop_source source;
  std::jthread stopping([&] {
    std::this_thread::sleep_for(500ms);
    source.request_stop();
  });
  EXPECT_FALSE(watch.next(source.get_token()));
  EXPECT_LE(server.lines().size(), 10u);
}

}  // namespace
}  // namespace holdfast
