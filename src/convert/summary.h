// SPDX-License-Identifier: MIT
// What an import says at its end: a table for people, JSON for programs.
#pragma once

#include <string>

#include "convert/import.h"

namespace lbx::convert {

/// A line per source with what went in and what came out, and one for all of it.
std::string summary_table(const ImportSummary& summary, const ImportOptions& options);

/// One object, in one line; see letterbox-convert(1).
std::string summary_json(const ImportSummary& summary, const ImportOptions& options);

}  // namespace lbx::convert
