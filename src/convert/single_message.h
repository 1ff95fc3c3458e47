// SPDX-License-Identifier: MIT
// A message that is a file of its own: .eml, a file of an MH folder, Apple's .emlx. Its octets are
// the message, with nothing removed; only where every line ends in CR LF it is stored with LF.
#pragma once

#include <cstdint>

#include "convert/conversion.h"
#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::convert {

enum class MessageForm {
  Plain,
  Emlx,  // a line with its length, the message, a property list with its flags
};

/// What the file `fd` of `size` octets holds. Flags are those that mail programs have noted in its
/// header; its time is that of the newest Received field, else of Date, else nothing. `files` and
/// `fd` must outlive the message. An .emlx that is none is an error, Retry::Never.
Result<Message> read_single_message(FileOps& files, int fd, std::uint64_t size, MessageForm form);

}  // namespace lbx::convert
