// SPDX-License-Identifier: MIT
#include "convert/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lbx::convert {
namespace {

std::string column(std::uint64_t number) {
  constexpr std::size_t kWidth = 9;
  std::string text = std::to_string(number);
  text.insert(0, kWidth - std::min(text.size(), kWidth), ' ');
  return text;
}

std::string row(const SourceSummary& source) {
  std::string text = column(source.added + source.known + source.failed + source.findings.left_out);
  text += column(source.added) + column(source.known) + column(source.findings.left_out) +
          column(source.failed) + column(source.findings.doubt_count) + "  " +
          printable(source.name);
  if (!source.findings.decided.empty()) text += " (" + source.findings.decided + ')';
  if (source.broke_off) text += ", which broke off";
  if (source.removed) text += ", removed";
  return text + '\n';
}

std::string row(const FolderSummary& folder) {
  return column(folder.added + folder.known + folder.failed) + column(folder.added) +
         column(folder.known) + column(folder.failed) + "  " + printable(folder.name.str()) + '\n';
}

/// Only where there is more than the inbox.
std::string folder_table(const ImportSummary& summary) {
  const bool only_inbox = std::ranges::all_of(
      summary.folders, [](const FolderSummary& each) { return each.name.is_inbox(); });
  if (only_inbox) return "";
  std::string text = "       in    added    known   failed  folder\n";
  for (const FolderSummary& each : summary.folders) text += row(each);
  return text;
}

nlohmann::json object_of(const FolderSummary& folder) {
  return {{"name", folder.name.str()}, {"directory", folder.name.directory()},
          {"added", folder.added},     {"known", folder.known},
          {"failed", folder.failed},   {"octets", folder.octets}};
}

nlohmann::json object_of(const SourceSummary& source) {
  nlohmann::json doubts = nlohmann::json::array();
  for (const Doubt& each : source.findings.doubts) {
    doubts.push_back({{"where", each.where}, {"what", each.what}, {"text", each.text}});
  }
  return {{"name", source.name},
          {"added", source.added},
          {"octets", source.octets},
          {"known", source.known},
          {"left_out", source.findings.left_out},
          {"failed", source.failed},
          {"broke_off", source.broke_off},
          {"removed", source.removed},
          {"decided", source.findings.decided},
          {"doubt_count", source.findings.doubt_count},
          {"doubts", std::move(doubts)}};
}

}  // namespace

std::string summary_table(const ImportSummary& summary, const ImportOptions& options) {
  std::string text = "       in    added    known left out   failed   doubts  source\n";
  for (const SourceSummary& each : summary.sources) text += row(each);
  text += folder_table(summary);
  text += std::to_string(summary.added) + " messages from " +
          std::to_string(summary.sources.size()) + " files into " + options.target;
  if (options.dry_run) text += " (nothing was done)";
  if (summary.resumed > 0) {
    text += ", " + std::to_string(summary.resumed) + " of them from an interrupted run";
  }
  if (summary.verified > 0) text += ", " + std::to_string(summary.verified) + " verified";
  return text + '\n';
}

std::string summary_json(const ImportSummary& summary, const ImportOptions& options) {
  nlohmann::json sources = nlohmann::json::array();
  for (const SourceSummary& each : summary.sources) sources.push_back(object_of(each));
  nlohmann::json folders = nlohmann::json::array();
  for (const FolderSummary& each : summary.folders) folders.push_back(object_of(each));
  const nlohmann::json all{{"target", options.target},      {"dry_run", options.dry_run},
                           {"added", summary.added},        {"resumed", summary.resumed},
                           {"octets", summary.octets},      {"failed", summary.failed},
                           {"doubts", summary.doubts},      {"verified", summary.verified},
                           {"sources", std::move(sources)}, {"folders", std::move(folders)}};
  // Paths and doubtful lines may hold any octets; JSON cannot.
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace lbx::convert
