// SPDX-License-Identifier: MIT
// One side of a conversation with a peer, as its driver sees it: bytes in, bytes out (DESIGN rule
// 4). A conversation knows no socket, no time and no TLS; fed byte by byte or all at once it
// answers the same. Output is pulled, so that whatever is big streams in bounded memory.
//
// The driver's part: pull until has_output() is false before giving more input; give none while
// waiting(); close when ended() and all output is sent; just destroy the conversation when the peer
// is gone.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lbx {

/// What a TLS handshake has come to.
struct TlsInfo {
  std::string version;          // "TLSv1.3"
  std::string cipher;           // "TLS_AES_256_GCM_SHA384"
  std::string certificate;      // whom the client's verified one names, or empty
  std::string channel_binding;  // tls-exporter (RFC 9266), octets, or empty
};

/// Why a driver has done with a conversation.
enum class Ending {
  Said,      // ended()
  PeerGone,  // without a word
  Idle,      // idle_limit() is over
  Failed,    // the connection, or its TLS
};

class Conversation {
 public:
  virtual ~Conversation() = default;

  /// Takes all of `bytes`. What they ask for is done when the answer is pulled: a peer that does
  /// not take its answers gets nothing more done.
  virtual void input(std::string_view bytes) = 0;

  /// True while output() has something to do.
  virtual bool has_output() const = 0;

  /// Appends to `out` until it holds `limit` octets or there is no more; the last piece may go
  /// beyond the limit by kOutputSlack.
  virtual void output(std::string& out, std::size_t limit) = 0;
  static constexpr std::size_t kOutputSlack = std::size_t{128} * 1024;

  /// Nothing more will be answered: send what there is, then close.
  virtual bool ended() const = 0;

  /// Nothing goes on before an answer has come that was asked for elsewhere: meanwhile the driver
  /// serves others. Output may come before the waiting ends.
  virtual bool waiting() const { return false; }

  /// `call` is called each time such an answer has come, in the driver's thread. The driver then
  /// looks at everything above anew.
  virtual void on_answer(std::function<void()> /*call*/) {}  // NOLINT: who waits, keeps it

  /// How long to wait for the peer, now. Waiting for an answer has no limit here: whoever was asked
  /// always answers.
  virtual std::chrono::seconds idle_limit() const = 0;

  /// How long to hold back the output just pulled: what guessing passwords costs.
  virtual std::chrono::milliseconds delay() const { return std::chrono::milliseconds{0}; }

  /// TLS shall begin (RFC 2595, RFC 3207). Once all output is sent, the driver drops whatever it
  /// has read so far, and calls tls_started() when the handshake is done; it calls that without
  /// being asked, too, where TLS begins with the connection.
  virtual bool wants_tls() const { return false; }
  virtual void tls_started(const TlsInfo& /*info*/) {}

  /// Another process shall go on with the peer. The driver calls hand_over() with a descriptor for
  /// the octets of the peer, which stays its own, and reads nothing more while the conversation is
  /// waiting(). If that comes to nothing, the conversation simply goes on. Once handed_over(), the
  /// driver does no more than to carry octets where TLS needs it, until ended().
  virtual bool wants_handover() const { return false; }
  virtual void hand_over(int /*descriptor*/) {}
  virtual bool handed_over() const { return false; }

  /// The driver is done; nothing else is called any more.
  virtual void over(Ending /*why*/) {}
};

}  // namespace lbx
