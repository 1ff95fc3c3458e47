// SPDX-License-Identifier: MIT
#include "deliver/spawn_protocol.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx::deliver {
namespace {

constexpr std::string_view kCut = "\nError report too long, sorry.\n";
/// What a report has besides its text: slot, letter, NUL.
constexpr std::size_t kFrame = 3;

struct StatusRow {
  int code;
  std::string_view report;
};

/// Statuses with a report of their own (CONTRACT 1.2): the delivery has not begun, or cannot be.
constexpr std::array kStatusReports{
    StatusRow{112, "ZInternal qmail-lspawn bug.\n"},
    StatusRow{113, "ZNot allowed to perform deliveries as root.\n"},
    StatusRow{115, "ZNFS failure in qmail-local.\n"},
    StatusRow{116, "ZUnable to find alias user!\n"},
    StatusRow{117, "ZTrouble reading users/cdb in qmail-lspawn.\n"},
    StatusRow{118, "ZTemporary failure in qmail-lspawn.\n"},
    StatusRow{119, "ZOut of memory in qmail-lspawn.\n"},
    StatusRow{120, "ZUnable to run qmail-local.\n"},
    StatusRow{121, "ZUnable to run qmail-getpw.\n"},
    StatusRow{126, "DUnable to run qmail-local.\n"},
};

constexpr std::array kLater{71, 74, 75, 111};

char letter_of(int code) {
  if (code == 0) return 'K';
  return std::ranges::find(kLater, code) != kLater.end() ? 'Z' : 'D';
}

}  // namespace

void SpawnReader::feed(std::string_view bytes,
                       const std::function<void(const SpawnCommand&)>& take) {
  static constexpr std::size_t kTexts = 3;
  for (const char octet : bytes) {
    if (part_ == 0) {
      command_.slot = static_cast<unsigned char>(octet);
      part_ = 1;
    } else if (octet != '\0') {
      add(octet);
    } else if (part_++ == kTexts) {
      take(command_);
      command_ = {};
      part_ = 0;
    }
  }
}

void SpawnReader::add(char octet) {
  const std::array texts{&command_.message, &command_.sender, &command_.recipient};
  std::string& text = *texts.at(part_ - 1);
  if (text.size() < kMaxSpawnText) {
    text += octet;
  } else {
    command_.too_long = true;
  }
}

std::string spawn_refusal(const SpawnCommand& command) {
  const std::string& name = command.message;
  const bool proper =
      std::ranges::all_of(name, [](char each) { return ascii::is_digit(each) || each == '/'; });
  if (!proper || name.empty() || name.front() == '/' || name.size() > kMaxSpawnMessage) {
    return "DThis is no name of a queued message. (#5.3.5)\n";
  }
  if (command.too_long) return "DThe sender or the recipient is too long. (#5.1.3)\n";
  if (command.recipient.find('@') == std::string::npos) {
    return "DSorry, address must include host name. (#5.1.3)\n";
  }
  return {};
}

std::string local_report(const ExitStatus& status, std::string_view output) {
  if (status.crashed) return "Zqmail-local crashed.\n";
  const auto* const row = std::ranges::find(kStatusReports, status.code, &StatusRow::code);
  if (row != kStatusReports.end()) return std::string{row->report};
  std::string report{letter_of(status.code)};
  if (output.size() <= kMaxSpawnReport) return report.append(output);
  report += output.substr(0, kMaxSpawnReport - kFrame - kCut.size());
  return report.append(kCut);
}

std::string spawn_report(unsigned char slot, std::string_view text) {
  std::string report(1, static_cast<char>(slot));
  report += text.substr(0, text.find('\0'));
  report += '\0';
  return report;
}

}  // namespace lbx::deliver
