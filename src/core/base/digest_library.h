// SPDX-License-Identifier: MIT
// What digest.cc asks of a library, besides the class Sha256. Two give it, and a program is linked
// with one of them: OpenSSL (digest_openssl.cc), which uses the processor's SHA instructions, where
// a process stays and digests much; libmd (digest_libmd.cc) in LIGHT programs
// (cmake/LbxTargets.cmake), because OpenSSL asks the processor for its features at each start of a
// program, and in a virtual machine each of those questions goes to the hypervisor.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace lbx::digest_library {

/// The digest of the parts one after the other, 20 octets.
std::string sha1(std::initializer_list<std::string_view> parts);

/// 16 octets.
std::string md5(std::string_view bytes);

}  // namespace lbx::digest_library
