// SPDX-License-Identifier: MIT
// letterbox maildir copy|merge|check|repair. See letterbox-maildir(1).
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "admin/commands.h"
#include "convert/maildir_check.h"
#include "convert/maildir_copy.h"
#include "core/maildir/folder_name.h"
#include "service/command_line.h"

namespace lbx::admin {
namespace {

using Json = nlohmann::ordered_json;
using convert::CopiedFolder;
using convert::CopyOptions;
using convert::MaildirFinding;
using convert::MaildirReport;
using convert::ServerKind;

std::string to_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string folder_text(const CopiedFolder& folder) {
  return FolderName::of_directory(folder.folder).str();
}

Json to_json(const std::vector<CopiedFolder>& folders) {
  Json all = Json::array();
  for (const CopiedFolder& each : folders) {
    all.push_back({{"source", each.source},
                   {"folder", folder_text(each)},
                   {"messages", each.messages},
                   {"added", each.added},
                   {"octets", each.octets},
                   {"known", each.known},
                   {"renamed", each.renamed},
                   {"vanished", each.vanished},
                   {"keywords_lost", each.keywords_lost},
                   {"uids_kept", each.uids_kept}});
  }
  return {{"folders", std::move(all)}};
}

std::string to_text(const std::vector<CopiedFolder>& folders) {
  std::string text;
  for (const CopiedFolder& each : folders) {
    text += each.source + ' ' + folder_text(each) + ": " + std::to_string(each.messages) +
            " messages, " + std::to_string(each.added) + " added, " + std::to_string(each.known) +
            " known";
    const auto note = [&text](std::uint64_t count, const char* what) {
      if (count > 0) text += ", " + std::to_string(count) + what;
    };
    note(each.renamed, " under another name");
    note(each.vanished, " removed meanwhile");
    note(each.keywords_lost, " keywords lost");
    text += each.uids_kept ? ", IMAP numbers kept\n" : "\n";
  }
  return text;
}

Result<int> copy(System& system, CopyOptions::Into into, int argc, char** argv) {
  const bool fresh = into == CopyOptions::Into::New;
  CopyOptions options;
  options.into = into;
  bool json = false;
  CLI::App app{fresh ? "Copy Maildirs into a new one." : "Add Maildirs to one that exists.",
               fresh ? "letterbox maildir copy" : "letterbox maildir merge"};
  app.add_option("maildirs", options.sources, "the Maildirs to read, then the target")
      ->required()
      ->expected(2, CLI::detail::expected_max_vector_size);
  app.add_option("--for", options.server, "the IMAP server that will show the target")
      ->transform(CLI::CheckedTransformer(std::map<std::string, ServerKind>{
          {"dovecot", ServerKind::Dovecot}, {"courier", ServerKind::Courier}}));
  app.add_flag("--any-folder", options.any_folder,
               "pass over what any folder of the target has, not only the same one");
  app.add_flag("--dry-run", options.dry_run, "only count");
  app.add_flag("--json", json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  options.target = options.sources.back();
  options.sources.pop_back();
  ::umask(077);
  PosixLockOps locks;
  const std::vector<CopiedFolder> done = LBX_TRY(convert::copy_maildirs(system, locks, options));
  print(json ? to_text(to_json(done)) : to_text(done));
  return 0;
}

Json to_json(const MaildirReport& report, const std::string& maildir) {
  Json findings = Json::array();
  for (const MaildirFinding& each : report.findings) {
    findings.push_back({{"problem", to_string(each.problem)},
                        {"path", each.path},
                        {"detail", each.detail},
                        {"remedy", each.remedy},
                        {"mended", each.mended},
                        {"failure", each.failure}});
  }
  return {{"maildir", maildir},
          {"folders", report.folders},
          {"messages", report.messages},
          {"findings", std::move(findings)}};
}

std::string to_text(const MaildirReport& report, const std::string& maildir) {
  std::string text;
  for (const MaildirFinding& each : report.findings) {
    text += maildir + '/' + each.path + ": " + each.detail;
    if (each.mended) {
      text += "; done: " + each.remedy;
    } else if (!each.failure.empty()) {
      text += "; could not " + each.remedy + ": " + each.failure;
    } else if (!each.remedy.empty()) {
      text += "; repair would " + each.remedy;
    }
    text += '\n';
  }
  return text + maildir + ": " + std::to_string(report.messages) + " messages in " +
         std::to_string(report.folders) + " folders, " + std::to_string(report.findings.size()) +
         " findings\n";
}

Result<int> look(System& system, convert::Mend mend, int argc, char** argv) {
  const bool repair = mend == convert::Mend::Yes;
  std::vector<std::string> maildirs;
  bool dry_run = false;
  bool json = false;
  CLI::App app{repair ? "Mend what is wrong with Maildirs, as far as that is safe."
                      : "Look for what is wrong with Maildirs.",
               repair ? "letterbox maildir repair" : "letterbox maildir check"};
  app.add_option("maildirs", maildirs, "the Maildirs")->required();
  if (repair) app.add_flag("--dry-run", dry_run, "only say what would be done");
  app.add_flag("--json", json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  ::umask(077);
  PosixLockOps locks;
  Json all = Json::array();
  bool wrong = false;
  for (const std::string& each : maildirs) {
    const MaildirReport report =
        LBX_TRY(convert::check_maildir(system, locks, each, dry_run ? convert::Mend::No : mend));
    wrong = wrong || !std::ranges::all_of(report.findings, &MaildirFinding::mended);
    if (json) {
      all.push_back(to_json(report, each));
    } else {
      print(to_text(report, each));
    }
  }
  if (json) print(to_text(all));
  return wrong ? 1 : 0;
}

struct MaildirVerb {
  std::string_view name;
  Result<int> (*run)(System&, int, char**);
};

constexpr std::array kMaildirVerbs{
    MaildirVerb{"check", [](System& system, int argc,
                            char** argv) { return look(system, convert::Mend::No, argc, argv); }},
    MaildirVerb{"copy",
                [](System& system, int argc, char** argv) {
                  return copy(system, CopyOptions::Into::New, argc, argv);
                }},
    MaildirVerb{"merge",
                [](System& system, int argc, char** argv) {
                  return copy(system, CopyOptions::Into::Existing, argc, argv);
                }},
    MaildirVerb{"repair", [](System& system, int argc,
                             char** argv) { return look(system, convert::Mend::Yes, argc, argv); }},
};

}  // namespace

Result<int> maildir_command(System& system, int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  const auto* const found = std::ranges::find(kMaildirVerbs, word, &MaildirVerb::name);
  if (found != kMaildirVerbs.end()) return found->run(system, argc - 1, argv + 1);
  const std::string usage = "letterbox maildir takes one of: check copy merge repair";
  if (word != "--help" && word != "-h") return Error::never(usage);
  print(usage + "; see also letterbox-maildir(1).\n");
  return 0;
}

}  // namespace lbx::admin
