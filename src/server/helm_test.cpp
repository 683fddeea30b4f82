#include "server/helm.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace holdfast::server {
namespace {

/// A helm, with this thread as the first hand, and the second one on a thread of its own.
class HelmTest : public testing::Test {
 protected:
  HelmTest() { EXPECT_TRUE(helm.await(Helm::Hand::first)); }
  ~HelmTest() override { helm.close(); }

  std::future<bool> second() {
    return std::async(std::launch::async, [this] {
      const bool has_it = helm.await(Helm::Hand::second);
      EXPECT_EQ(helm.mine(), has_it);
      return has_it;
    });
  }
  Helm helm;
};

TEST_F(HelmTest, is_the_first_ones_to_begin_with) {
  EXPECT_TRUE(helm.mine());
  EXPECT_FALSE(std::async(std::launch::async, [this] { return helm.mine(); }).get());
}

TEST_F(HelmTest, stays_with_whoever_is_not_at_the_disk) {
  EXPECT_FALSE(helm.relieve());
  EXPECT_FALSE(helm.relieve());
  EXPECT_TRUE(helm.mine());
}

TEST_F(HelmTest, stays_with_whoever_went_to_the_disk_since_the_last_look) {
  EXPECT_FALSE(helm.relieve());
  const std::uint64_t wait = helm.leave();
  EXPECT_FALSE(helm.relieve());
  helm.back(wait);
  EXPECT_TRUE(helm.mine());
}

TEST_F(HelmTest, stays_with_whoever_was_back_between_two_looks) {
  for (int i = 0; i < 10; ++i) {
    const std::uint64_t wait = helm.leave();
    EXPECT_FALSE(helm.relieve());
    helm.back(wait);
  }
  EXPECT_TRUE(helm.mine());
}

TEST_F(HelmTest, goes_to_the_other_where_one_is_at_the_disk_for_two_looks) {
  std::future<bool> other = second();
  const std::uint64_t wait = helm.leave();
  EXPECT_FALSE(helm.relieve());
  EXPECT_TRUE(helm.relieve());
  EXPECT_TRUE(other.get());
  EXPECT_FALSE(helm.mine());
  EXPECT_FALSE(helm.all_back());
  helm.back(wait);
  EXPECT_FALSE(helm.mine()) << "what was lost does not come back by itself";
  EXPECT_FALSE(helm.relieve()) << "the other one is not at the disk";
}

TEST_F(HelmTest, comes_back_where_the_other_is_held_up_in_turn) {
  const std::uint64_t wait = helm.leave();
  helm.relieve();
  ASSERT_TRUE(helm.relieve());
  std::async(std::launch::async, [this] {
    ASSERT_TRUE(helm.await(Helm::Hand::second));
    helm.leave();
    EXPECT_FALSE(helm.relieve());
    EXPECT_TRUE(helm.relieve());
  }).get();
  helm.back(wait);
  EXPECT_TRUE(helm.await(Helm::Hand::first));
  EXPECT_TRUE(helm.mine());
  EXPECT_FALSE(helm.all_back()) << "the other one is away now";
}

TEST_F(HelmTest, is_with_whoever_has_it_back_before_having_missed_it) {
  std::thread other([this] {
    ASSERT_TRUE(helm.await(Helm::Hand::second));
    const std::uint64_t wait = helm.leave();
    EXPECT_FALSE(helm.relieve());
    EXPECT_TRUE(helm.relieve());
    helm.back(wait);
    EXPECT_FALSE(helm.await(Helm::Hand::second)) << "closed, once it is back";
  });
  const std::uint64_t wait = helm.leave();
  helm.relieve();
  ASSERT_TRUE(helm.relieve());
  while (!helm.mine()) std::this_thread::yield();  // Lost and got back while this thread was on its way.
  helm.back(wait);
  EXPECT_TRUE(helm.mine());
  while (!helm.all_back()) std::this_thread::yield();
  helm.close();
  other.join();
}

TEST_F(HelmTest, wakes_whoever_waits_when_it_is_closed_and_is_given_to_nobody_any_more) {
  std::future<bool> other = second();
  const std::uint64_t wait = helm.leave();
  EXPECT_FALSE(helm.relieve());
  helm.close();
  EXPECT_FALSE(other.get());
  EXPECT_FALSE(helm.relieve());
  helm.back(wait);
  EXPECT_TRUE(helm.mine()) << "it still has to end the loop";
}

// What the one at the helm wrote is there for the other, however often it changes hands: for the thread sanitizer.
TEST(Helm, hands_over_what_was_done) {
  Helm helm;
  int done = 0;
  const auto work = [&](Helm::Hand hand) {
    while (helm.await(hand)) {
      bool mine = true;  // What is seen once is acted on: it may have been lost, and be got back a moment later.
      while (mine && done < 1'000) {
        ++done;
        const std::uint64_t wait = helm.leave();
        std::this_thread::yield();
        helm.back(wait);
        mine = helm.mine();
      }
      if (mine) return helm.close();
    }
  };
  std::thread first(work, Helm::Hand::first), second(work, Helm::Hand::second);
  std::atomic<bool> over = false;
  std::thread looking([&] {
    while (!over) helm.relieve();
  });
  first.join();
  second.join();
  over = true;
  looking.join();
  EXPECT_EQ(done, 1'000);
}

}  // namespace
}  // namespace holdfast::server
