// SPDX-License-Identifier: MIT
// TLS for servers, from OpenSSL, without files and sockets: certificates come as text, octets go in
// and out. It promises:
//   - TLS 1.2 and up, no renegotiation, no compression;
//   - of several certificates the one for the name that the client asks for (SNI), else the first;
//   - a client is asked for a certificate only where there is an authority for them; it need not
//     have one, but one that does not verify ends the connection;
//   - sessions are resumed by tickets alone: the server remembers nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/wire/conversation.h"

struct ssl_ctx_st;
struct ssl_st;

namespace lbx {

/// What a server shows and asks for, as PEM.
struct TlsMaterial {
  struct Identity {
    std::string chain;  // the certificate, then those that lead to the root
    std::string key;
    bool operator==(const Identity&) const = default;
  };
  std::vector<Identity> identities;
  std::string client_authorities;  // empty: no client is asked for a certificate
  bool operator==(const TlsMaterial&) const = default;
};

/// Octets of all PEM texts at most, and certificates.
inline constexpr std::size_t kMaxTlsMaterial = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kMaxTlsIdentities = 1000;

std::string encode(const TlsMaterial& material);
Result<TlsMaterial> parse_tls_material(std::string_view text);

/// What connections are made from. Connections keep what they need of it: it may be replaced at any
/// time.
class TlsServer {
 public:
  /// An error says which certificate, and why.
  static Result<std::shared_ptr<const TlsServer>> make(const TlsMaterial& material);
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer();

  /// The context for a client that asks for `name`; empty: for none.
  ssl_ctx_st* context_for(const std::string& name) const;

 private:
  TlsServer() = default;
  std::vector<ssl_ctx_st*> contexts_;
};

/// One connection: octets of the peer in, octets for the peer out.
class TlsConnection {
 public:
  static Result<std::unique_ptr<TlsConnection>> accept(std::shared_ptr<const TlsServer> server);
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;
  ~TlsConnection();

  /// Takes what the peer sent, and appends what it said to `plain`. An error ends the connection:
  /// send what take_output() has, an alert, and close.
  Result<void> receive(std::string_view bytes, std::string& plain);
  /// Once the handshake is done.
  Result<void> send(std::string_view plain);
  /// Says that nothing more comes.
  void finish();

  /// Appends what is to be sent to the peer.
  void take_output(std::string& out);

  bool established() const { return established_; }
  /// The peer has said that it sends nothing more.
  bool finished() const { return finished_; }
  TlsInfo info() const;

 private:
  TlsConnection(std::shared_ptr<const TlsServer> server, ssl_st* ssl);

  std::shared_ptr<const TlsServer> server_;
  ssl_st* ssl_;
  bool established_{false};
  bool finished_{false};
};

}  // namespace lbx
