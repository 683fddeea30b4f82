#include "journal/codec.h"

#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "journal/fields.h"

namespace holdfast::journal {

namespace {

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

/// Appends fields to a string.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }

 private:
  void put_varint(std::uint64_t value) {
    // Every number of every effect comes by here: it is put together aside and appended at once.
    std::array<char, 10> bytes;
    std::size_t size = 0;
    while (value >= 0x80) {
      bytes[size++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes.data(), size);
  }
  void put(const std::string& text) {
    put_varint(text.size());
    out_ += text;
  }
  void put(std::uint64_t value) { put_varint(value); }
  void put(core::Token token) { put_varint(token.value); }
  void put(Duration duration) { put_varint(zigzag(duration.count())); }
  void put(WallTime time) { put_varint(zigzag(time.time_since_epoch().count())); }
  void put(bool value) { out_.push_back(value ? 1 : 0); }
  void put(core::HolderKind kind) { out_.push_back(static_cast<char>(kind)); }
  void put(core::Loss loss) { out_.push_back(static_cast<char>(loss)); }
  void put(core::Drop drop) { out_.push_back(static_cast<char>(drop)); }
  void put(core::EditKind kind) { out_.push_back(static_cast<char>(kind)); }
  void put(core::DraftEnd how) { out_.push_back(static_cast<char>(how)); }
  void put(const text::Text& text) {
    put_varint(text.extent().bytes);
    text.each_piece([this](std::string_view piece) { out_ += piece; });
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put_varint(list.size());
    for (const T& element : list) put(element);
  }
  template <class T>
  void put(const T& compound) {
    fields(*this, compound);
  }

  std::string& out_;
};

/// Takes fields off the front of a view. Once something was wrong it reads only empty values and `ok()` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  /// Of the effect itself only so many fields are there.
  void read_only(std::size_t fields) { fields_max_ = fields; }

  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

  std::uint8_t byte() {
    if (bytes_.empty()) return static_cast<std::uint8_t>(broken());
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }

  template <class T>
  void operator()(std::string_view, T& value) {
    if (depth_ == 0 && fields_++ >= fields_max_) return;
    if (ok_) get(value);
  }

 private:
  std::uint64_t broken() {
    ok_ = false;
    bytes_ = {};
    return 0;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (!ok_) return 0;
      if (shift == 63 && next > 1) return broken();  // Beyond 64 bits.
      if (shift > 0 && next == 0) return broken();   // A shorter form says the same.
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return value;
    }
    return broken();
  }
  std::uint8_t at_most(std::uint8_t greatest) {
    const std::uint8_t value = byte();
    return value <= greatest ? value : static_cast<std::uint8_t>(broken());
  }
  void get(std::string& text) {
    const std::uint64_t size = varint();
    if (size > bytes_.size()) return static_cast<void>(broken());
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  void get(std::uint64_t& value) { value = varint(); }
  void get(core::Token& token) { token.value = varint(); }
  void get(Duration& duration) { duration = Duration{unzigzag(varint())}; }
  void get(WallTime& time) { time = WallTime{std::chrono::microseconds{unzigzag(varint())}}; }
  void get(bool& value) { value = at_most(1) != 0; }
  void get(core::HolderKind& kind) {
    kind = static_cast<core::HolderKind>(at_most(static_cast<std::uint8_t>(core::HolderKind::owner)));
  }
  void get(core::Loss& loss) {
    loss = static_cast<core::Loss>(at_most(static_cast<std::uint8_t>(core::Loss::revoked)));
  }
  template <class T>
  void get(std::vector<T>& list) {
    const std::uint64_t size = varint();
    if (size > bytes_.size()) return static_cast<void>(broken());  // Every element takes a byte at least.
    list.clear();
    for (std::uint64_t i = 0; ok_ && i < size; ++i) get(list.emplace_back());
  }
  /// One of an enum whose least value is 1.
  std::uint8_t from_one_to(std::uint8_t greatest) {
    const std::uint8_t value = at_most(greatest);
    return value == 0 ? static_cast<std::uint8_t>(broken()) : value;
  }
  void get(core::Drop& drop) {
    drop = static_cast<core::Drop>(from_one_to(static_cast<std::uint8_t>(core::Drop::disk_full)));
  }
  void get(core::EditKind& kind) {
    kind = static_cast<core::EditKind>(from_one_to(static_cast<std::uint8_t>(core::EditKind::draft)));
  }
  void get(core::DraftEnd& how) {
    how = static_cast<core::DraftEnd>(from_one_to(static_cast<std::uint8_t>(core::DraftEnd::discarded)));
  }
  void get(text::Text& text) {
    const std::uint64_t size = varint();
    if (size > bytes_.size()) return static_cast<void>(broken());
    Result<text::Text> read = text::Text::from_utf8(bytes_.substr(0, size));
    if (!read) return static_cast<void>(broken());
    text = *std::move(read);
    bytes_.remove_prefix(size);
  }
  template <class T>
  void get(T& compound) {
    ++depth_;
    fields(*this, compound);
    --depth_;
  }

  std::string_view bytes_;
  bool ok_ = true;
  std::size_t depth_ = 0;  ///< Inside a field of several fields.
  std::size_t fields_ = 0;
  std::size_t fields_max_ = std::numeric_limits<std::size_t>::max();
};

/// Reads the fields of `E` into `out` if `tag` is its own, or that of its older form.
template <class E>
bool read_as(std::uint8_t tag, Reader& reader, core::Effect& out) {
  const bool older = older_form_of<E>.tag != 0 && tag == older_form_of<E>.tag;
  if (!older && tag != kind_of<E>.tag) return false;
  if (older) reader.read_only(older_form_of<E>.fields);
  fields(reader, out.emplace<E>());
  return true;
}

/// Reads the fields of the alternative whose tag is `tag` into `out`; false if there is none.
template <std::size_t... I>
bool read_fields(std::uint8_t tag, Reader& reader, core::Effect& out, std::index_sequence<I...>) {
  return (read_as<std::variant_alternative_t<I, core::Effect>>(tag, reader, out) || ...);
}

/// Every alternative has a tag of its own, and so has each older form.
template <std::size_t... I>
constexpr bool tags_differ(std::index_sequence<I...>) {
  constexpr std::uint8_t tags[] = {kind_of<std::variant_alternative_t<I, core::Effect>>.tag...};
  constexpr std::uint8_t older[] = {older_form_of<std::variant_alternative_t<I, core::Effect>>.tag...};
  for (std::size_t a = 0; a < sizeof...(I); ++a) {
    if (tags[a] == 0) return false;
    for (std::size_t b = 0; b < sizeof...(I); ++b) {
      if (tags[a] == older[b]) return false;
      if (a != b && (tags[a] == tags[b] || (older[a] != 0 && older[a] == older[b]))) return false;
    }
  }
  return true;
}

using Alternatives = std::make_index_sequence<std::variant_size_v<core::Effect>>;
static_assert(tags_differ(Alternatives{}), "give the new effect a kind_of in journal/fields.h");

}  // namespace

void encode(const core::Effect& effect, std::string& out) {
  Writer writer(out);
  std::visit(
      [&]<class E>(const E& e) {
        out.push_back(static_cast<char>(kind_of<E>.tag));
        fields(writer, e);
      },
      effect);
}

std::expected<core::Effect, Unreadable> decode_front(std::string_view& bytes) {
  Reader reader(bytes);
  const std::uint8_t tag = reader.byte();
  if (!reader.ok() || tag == 0) return std::unexpected(Unreadable::malformed);
  std::expected<core::Effect, Unreadable> effect;
  if (!read_fields(tag, reader, *effect, Alternatives{})) return std::unexpected(Unreadable::newer_kind);
  if (!reader.ok()) return std::unexpected(Unreadable::malformed);
  bytes = reader.rest();
  return effect;
}

std::expected<core::Effect, Unreadable> decode(std::string_view bytes) {
  auto effect = decode_front(bytes);
  if (effect && !bytes.empty()) return std::unexpected(Unreadable::malformed);
  return effect;
}

}  // namespace holdfast::journal
