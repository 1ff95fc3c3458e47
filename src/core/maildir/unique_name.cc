// SPDX-License-Identifier: MIT
#include "core/maildir/unique_name.h"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.h"

namespace lbx {
namespace {

constexpr std::string_view kInfoStart = ":2,";
constexpr std::size_t kRandomDigits = 16;

std::string unique_part(const UniqueName::Seed& seed) {
  return std::to_string(seed.time.seconds) + ".M" + std::to_string(seed.time.micros) + 'P' +
         std::to_string(seed.pid) + 'R' + ascii::to_hex(seed.random, kRandomDigits) + '.';
}

std::string assemble(const UniqueName::Seed& seed, const std::string& sizes) {
  const std::string unique = unique_part(seed);
  const std::size_t used = unique.size() + sizes.size();
  // Sizes beyond 10 digits each leave no room at all: one octet of the host then stays.
  const std::size_t room = used + 1 < kMaxBaseName ? kMaxBaseName - used : 1;
  return unique + escape_host(seed.host.empty() ? "localhost" : seed.host, room) + sizes;
}

std::string octal_escape(char c) {
  const auto value = static_cast<unsigned char>(c);
  std::string out{'\\'};
  for (const unsigned shift : {6U, 3U, 0U}) out += static_cast<char>('0' + ((value >> shift) & 7U));
  return out;
}

}  // namespace

Result<UniqueName> UniqueName::parse(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.empty() || text.front() == '.' || text.find_first_of("/:\0"sv) != text.npos) {
    return Error::never("not a base name of a Maildir: " + std::string{text});
  }
  return UniqueName{std::string{text}};
}

UniqueName UniqueName::make(const Seed& seed, std::uint64_t octets, std::uint64_t wire_octets) {
  return UniqueName{
      assemble(seed, ",S=" + std::to_string(octets) + ",W=" + std::to_string(wire_octets))};
}

UniqueName UniqueName::make_temporary(const Seed& seed) {
  return UniqueName{assemble(seed, "")};
}

std::optional<std::uint64_t> UniqueName::random_part() const {
  // SECONDS.M<usec>P<pid>R<hex>.
  std::string_view rest = text_;
  for (const std::string_view mark : {".M", "P", "R"}) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0 || !rest.substr(digits).starts_with(mark)) return std::nullopt;
    rest.remove_prefix(digits + mark.size());
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value, 16);
  const auto length = static_cast<std::size_t>(end - rest.data());
  if (code != std::errc{} || length != kRandomDigits || !rest.substr(length).starts_with('.')) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> UniqueName::field(std::string_view key) const {
  const std::vector<std::string_view> fields = ascii::split(text_, ',');
  for (auto field = fields.begin() + 1; field != fields.end(); ++field) {
    if (field->starts_with(key)) return ascii::parse_number(field->substr(key.size()));
  }
  return std::nullopt;
}

std::string escape_host(std::string_view host, std::size_t room) {
  std::string out;
  for (const char c : host) {
    // A comma would begin a size field, a backslash an escape.
    const bool plain = ascii::is_graph(c) && c != '/' && c != ':' && c != ',' && c != '\\';
    const std::string piece = plain ? std::string(1, c) : octal_escape(c);
    if (out.size() + piece.size() > room) break;
    out += piece;
  }
  return out.empty() ? "x" : out;
}

Result<MessageFileName> MessageFileName::parse(std::string_view file_name) {
  const std::size_t colon = std::min(file_name.find(':'), file_name.size());
  UniqueName base = LBX_TRY(UniqueName::parse(file_name.substr(0, colon)));
  return MessageFileName{std::move(base), std::string{file_name.substr(colon)}};
}

MaildirFlags MessageFileName::flags() const {
  if (!info.starts_with(kInfoStart)) return {};
  const std::string_view letters = std::string_view{info}.substr(kInfoStart.size());
  return MaildirFlags{letters.substr(0, letters.find(','))};
}

}  // namespace lbx
