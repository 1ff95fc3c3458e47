// SPDX-License-Identifier: MIT
#include "core/wire/proxy_header.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::Pair;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string binary(char command, char family, const std::string& body) {
  return kSignature + command + family + static_cast<char>(body.size() >> 8U) +
         static_cast<char>(body.size() & 0xFFU) + body;
}

NoProxyHeader refusal(std::string_view bytes) {
  const auto outcome = parse_proxy_header(bytes);
  const auto* none = std::get_if<NoProxyHeader>(&outcome);
  EXPECT_NE(none, nullptr) << bytes;
  return none == nullptr ? NoProxyHeader::More : *none;
}

ProxyHeader header(std::string_view bytes) {
  const auto outcome = parse_proxy_header(bytes);
  const auto* found = std::get_if<ProxyHeader>(&outcome);
  EXPECT_NE(found, nullptr) << bytes;
  return found == nullptr ? ProxyHeader{} : *found;
}

TEST(ProxyHeaderTest, ALineNamesClientAndServer) {
  const std::string line = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 110\r\n";
  const ProxyHeader found = header(line + "USER bob\r\n");
  EXPECT_EQ(found.size, line.size());
  EXPECT_EQ(found.source, (PeerAddress{"192.0.2.1", 56324}));
  EXPECT_EQ(found.destination, (PeerAddress{"198.51.100.7", 110}));
  EXPECT_EQ(header("PROXY TCP6 2001:DB8::0:1 ::1 1 2\r\n").source, (PeerAddress{"2001:db8::1", 1}));
}

TEST(ProxyHeaderTest, UnknownAndLocalSayNothingOfTheClient) {
  EXPECT_EQ(header("PROXY UNKNOWN\r\n").source, std::nullopt);
  EXPECT_EQ(header("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n").source, std::nullopt);
  EXPECT_EQ(header(binary('\x20', '\0', "")).source, std::nullopt);
  EXPECT_EQ(header(binary('\x21', '\x31', std::string(216, 'x'))).source, std::nullopt);  // AF_UNIX
}

TEST(ProxyHeaderTest, TheBinaryFormNamesThemToo) {
  const std::string four =
      binary('\x21', '\x11', "\xC0\x00\x02\x01\xC6\x33\x64\x07\xDC\x04\x00\x6E"s);
  EXPECT_EQ(header(four + "rest").size, four.size());
  EXPECT_EQ(header(four).source, (PeerAddress{"192.0.2.1", 56324}));
  EXPECT_EQ(header(four).destination, (PeerAddress{"198.51.100.7", 110}));
  const std::string six = std::string(15, '\0') + '\1' + std::string(15, '\0') + '\2' + "\0\1\0\2"s;
  EXPECT_EQ(header(binary('\x21', '\x21', six + "additions")).destination, (PeerAddress{"::2", 2}));
}

TEST(ProxyHeaderTest, ABeginningIsWaitedFor) {
  const std::string line = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 110\r\n";
  const std::string bytes = binary('\x21', '\x11', std::string(12, 'x'));
  for (const std::string& whole : {line, bytes}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(refusal(whole.substr(0, size)), NoProxyHeader::More) << size;
    }
  }
}

TEST(ProxyHeaderTest, WhatIsNoneIsRefusedAsSoonAsThatIsClear) {
  for (const char* each :
       {"USER bob\r\n", "P ", "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY \r\n",
        "\r\n\r\nx"}) {
    EXPECT_EQ(refusal(each), NoProxyHeader::Bad) << each;
  }
  EXPECT_EQ(refusal(binary('\x11', '\x11', std::string(12, 'x'))), NoProxyHeader::Bad);
  EXPECT_EQ(refusal(binary('\x22', '\x11', std::string(12, 'x'))), NoProxyHeader::Bad);
  EXPECT_EQ(refusal(binary('\x21', '\x11', std::string(11, 'x'))), NoProxyHeader::Bad);
}

TEST(ProxyHeaderTest, BeyondItsLimitNothingIsWaitedFor) {
  EXPECT_EQ(refusal("PROXY UNKNOWN " + std::string(kMaxProxyLine - 14, 'x')), NoProxyHeader::Bad);
  EXPECT_EQ(refusal("PROXY UNKNOWN " + std::string(kMaxProxyLine - 15, 'x')), NoProxyHeader::More);
  EXPECT_EQ(refusal(binary('\x21', '\x11', std::string(kMaxProxyHeader - 15, 'x')).substr(0, 16)),
            NoProxyHeader::Bad);
  EXPECT_EQ(header(binary('\x21', '\x11', std::string(kMaxProxyHeader - 16, 'x'))).size,
            kMaxProxyHeader);
}

TEST(XclientTest, AttributesAreNamesAndDecodedValues) {
  EXPECT_THAT(*parse_xclient("ADDR=192.0.2.1 port=25 LOGIN=a+20b+2B NAME=[UNAVAILABLE]"),
              ElementsAre(Pair("ADDR", "192.0.2.1"), Pair("PORT", "25"), Pair("LOGIN", "a b+"),
                          Pair("NAME", "")));
  for (const char* each :
       {"", "ADDR", "=x", "A=+", "A=+2", "A=+zz", "A=+2b", "A1=x", "A=\xc3\xa4"}) {
    EXPECT_EQ(parse_xclient(each), std::nullopt) << each;
  }
  std::string many;
  for (std::size_t i = 0; i < kMaxXclientAttributes; ++i) many += "A=b ";
  EXPECT_TRUE(parse_xclient(many));
  EXPECT_FALSE(parse_xclient(many + "A=b"));
}

TEST(XclientTest, AnAddressHasOneSpelling) {
  EXPECT_EQ(parse_xclient_address("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(parse_xclient_address("IPV6:2001:DB8::0:1"), "2001:db8::1");
  EXPECT_EQ(parse_xclient_address("::1"), "::1");
  EXPECT_EQ(parse_xclient_address("IPV6:1.2.3.4"), std::nullopt);
  EXPECT_EQ(parse_xclient_address("host"), std::nullopt);
}

}  // namespace
}  // namespace lbx
