// Load for etcd: clients that each create a name of their own if it is not there, the way its locks begin.
//
//   holdfast_versus_etcd HOST:PORT CLIENTS CONNECTIONS SECONDS
//
// Every client has one request under way, always. Prints one line of JSON.
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::bench {
namespace {

using Steady = std::chrono::steady_clock;

// The messages are few and small enough to be written by hand; what is written is rpc.proto of etcd 3.

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_varint(out, field << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

void put_number(std::string& out, unsigned field, std::uint64_t value) {
  put_varint(out, field << 3);
  put_varint(out, value);
}

/// TxnRequest: if the key was never created, put it.
std::string create_if_absent(std::string_view key) {
  std::string compare;
  put_number(compare, 1, 0);  // result: EQUAL
  put_number(compare, 2, 1);  // target: CREATE
  put_bytes(compare, 3, key);
  put_number(compare, 5, 0);  // create_revision
  std::string put;
  put_bytes(put, 1, key);
  put_bytes(put, 2, "v");
  std::string operation;
  put_bytes(operation, 2, put);  // request_put
  std::string request;
  put_bytes(request, 1, compare);
  put_bytes(request, 2, operation);  // success
  return request;
}

/// TxnResponse: whether the comparison held. Its header comes first and is skipped.
bool succeeded(const grpc::ByteBuffer& answer) {
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  std::size_t at = 0;
  const auto number = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("etcd's answer is not a TxnResponse");
  };
  while (at < bytes.size()) {
    const std::uint64_t tag = number();
    const std::uint64_t value = number();
    if (tag == (2 << 3)) return value != 0;
    if ((tag & 7) == 2) at += value;
  }
  return false;  // proto3 leaves a false out.
}

struct Tally {
  std::uint64_t granted = 0;
  std::uint64_t refused = 0;
  std::vector<double> us;

  void add(const Tally& other) {
    granted += other.granted;
    refused += other.refused;
    us.insert(us.end(), other.us.begin(), other.us.end());
  }
};

/// One client: asks, and asks again as soon as it is answered.
class Client {
 public:
  Client(std::shared_ptr<grpc::Channel> channel, grpc::CompletionQueue& queue, std::uint64_t seed)
      : stub_(std::move(channel)), queue_(queue), random_(seed) {}

  void ask() {
    const std::string text = create_if_absent(fmt::format("k:{:012}", random_() % 100'000'000));
    grpc::Slice slice(text);
    const grpc::ByteBuffer request(&slice, 1);
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    began_ = Steady::now();
    call_ = stub_.PrepareUnaryCall(context_.get(), "/etcdserverpb.KV/Txn", request, &queue_);
    call_->StartCall();
    call_->Finish(&answer_, &status_, this);
  }

  void take(Tally& tally) {
    if (!status_.ok()) throw std::runtime_error("etcd: " + status_.error_message());
    tally.us.push_back(std::chrono::duration<double, std::micro>(Steady::now() - began_).count());
    ++(succeeded(answer_) ? tally.granted : tally.refused);
  }

 private:
  grpc::GenericStub stub_;
  grpc::CompletionQueue& queue_;
  std::mt19937_64 random_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> call_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  Steady::time_point began_;
};

std::shared_ptr<grpc::Channel> connect(const std::string& address, int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // Else all channels would share one connection.
  arguments.SetInt("holdfast.number", number);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
    throw std::runtime_error("nothing answers at " + address);
  }
  return channel;
}

int run(const std::vector<std::string>& words) {
  if (words.size() != 4) {
    fmt::print(stderr, "Usage: holdfast_versus_etcd HOST:PORT CLIENTS CONNECTIONS SECONDS\n");
    return 64;
  }
  const int clients = std::stoi(words[1]);
  const int connections = std::stoi(words[2]);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < connections; ++i) channels.push_back(connect(words[0], i));

  grpc::CompletionQueue queue;
  std::deque<Client> all;
  std::random_device seeds;
  for (int i = 0; i < clients; ++i) {
    all.emplace_back(channels[static_cast<std::size_t>(i % connections)], queue, seeds());
  }
  const Steady::time_point began = Steady::now();
  const Steady::time_point end =
      began + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(std::stod(words[3])));
  for (Client& client : all) client.ask();
  Tally tally;
  void* tag = nullptr;
  bool ok = false;
  for (int under_way = clients; under_way > 0 && queue.Next(&tag, &ok);) {
    Client& client = *static_cast<Client*>(tag);
    client.take(tally);
    if (Steady::now() < end) {
      client.ask();
    } else {
      --under_way;
    }
  }
  const double seconds = std::chrono::duration<double>(Steady::now() - began).count();
  std::ranges::sort(tally.us);
  fmt::print("{{\"rate\": {:.1f}, \"p50_us\": {:.1f}, \"granted\": {}, \"refused\": {}}}\n",
             static_cast<double>(tally.granted) / seconds, tally.us.at(tally.us.size() / 2), tally.granted,
             tally.refused);
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) try {
  return holdfast::bench::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast_versus_etcd: {}\n", error.what());
  return 1;
}
