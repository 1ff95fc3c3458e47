// SPDX-License-Identifier: MIT
#include "core/mbox/dialect.h"

namespace lbx {

std::string_view to_string(MboxDialect dialect) {
  switch (dialect) {
    case MboxDialect::Mboxo:
      return "mboxo";
    case MboxDialect::Mboxrd:
      return "mboxrd";
    case MboxDialect::Mboxcl:
      return "mboxcl";
    case MboxDialect::Mboxcl2:
      return "mboxcl2";
    case MboxDialect::Mmdf:
      return "MMDF";
  }
  return "";
}

FromQuoting quoting_of(MboxDialect dialect) {
  switch (dialect) {
    case MboxDialect::Mboxrd:
      return FromQuoting::Nested;
    case MboxDialect::Mboxcl2:
    case MboxDialect::Mmdf:
      return FromQuoting::None;
    case MboxDialect::Mboxo:
    case MboxDialect::Mboxcl:
      return FromQuoting::Plain;
  }
  return FromQuoting::Nested;
}

bool has_lengths(MboxDialect dialect) {
  return dialect == MboxDialect::Mboxcl || dialect == MboxDialect::Mboxcl2;
}

}  // namespace lbx
