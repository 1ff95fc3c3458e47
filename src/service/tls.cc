// SPDX-License-Identifier: MIT
#include "service/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "core/wire/netstrings.h"

namespace lbx {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::size_t kBindingSize = 32;  // RFC 9266
constexpr std::string_view kBindingLabel = "EXPORTER-Channel-Binding";
constexpr std::size_t kMaxCommonName = 256;
constexpr unsigned char kTicketScope[] = "letterbox";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// What OpenSSL says went wrong; its list of errors is then empty.
Error tls_error(const std::string& what) {
  const unsigned long code = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Error::later(what + ": " + (reason != nullptr ? reason : "unknown error"));
}

Bio reader_of(const std::string& text) {
  return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// Instead of a question on a terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return 0;
}

Certificate next_certificate(BIO* reader) {
  return Certificate{PEM_read_bio_X509(reader, nullptr, no_password, nullptr)};
}

Result<void> use_chain(SSL_CTX* context, const std::string& chain) {
  const Bio reader = reader_of(chain);
  const Certificate leaf = next_certificate(reader.get());
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return tls_error("certificate");
  while (const Certificate each = next_certificate(reader.get())) {
    if (SSL_CTX_add1_chain_cert(context, each.get()) != 1) return tls_error("certificate chain");
  }
  ERR_clear_error();  // that there are no more
  return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& text) {
  const Bio reader = reader_of(text);
  const Key key{PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr)};
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return tls_error("private key");
  return {};
}

Result<void> ask_for_certificates(SSL_CTX* context, const std::string& authorities) {
  const Bio reader = reader_of(authorities);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  std::size_t count = 0;
  while (const Certificate each = next_certificate(reader.get())) {
    if (X509_STORE_add_cert(store, each.get()) != 1 ||
        SSL_CTX_add_client_CA(context, each.get()) != 1) {
      return tls_error("authority for clients");
    }
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return Error::later("no certificate of an authority for clients");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

Result<void> set_up(SSL_CTX* context, const TlsMaterial::Identity& identity,
                    const std::string& authorities) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);  // RFC 8997
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // idle connections are cheap
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kTicketScope, sizeof kTicketScope - 1);
  SSL_CTX_set_num_tickets(context, 1);
  LBX_TRY(use_chain(context, identity.chain));
  LBX_TRY(use_key(context, identity.key));
  if (!authorities.empty()) LBX_TRY(ask_for_certificates(context, authorities));
  return {};
}

// RFC 6066 section 3. A name that nobody has is no error: clients differ in what they send.
int choose_by_name(SSL* ssl, int* /*alert*/, void* data) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto* const server = static_cast<const TlsServer*>(data);
  if (name != nullptr) SSL_set_SSL_CTX(ssl, server->context_for(name));
  return SSL_TLSEXT_ERR_OK;
}

std::string text_of(const ASN1_STRING* value) {
  unsigned char* octets = nullptr;
  const int size = ASN1_STRING_to_UTF8(&octets, value);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  OPENSSL_free(octets);
  return text.size() > kMaxCommonName || text.find('\0') != text.npos ? "" : text;
}

/// The first mail address among the alternative names, else the common name.
std::string holder_of(const X509* certificate) {
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string holder;
  for (int i = 0; names != nullptr && holder.empty() && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_EMAIL) holder = text_of(name->d.rfc822Name);
  }
  GENERAL_NAMES_free(names);
  if (!holder.empty()) return holder;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? "" : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace

std::string encode(const TlsMaterial& material) {
  std::vector<std::string> fields{material.client_authorities};
  for (const TlsMaterial::Identity& each : material.identities) {
    fields.insert(fields.end(), {each.chain, each.key});
  }
  return wire::join_netstrings(fields);
}

Result<TlsMaterial> parse_tls_material(std::string_view text) {
  const auto fields = LBX_TRY(wire::split_netstrings(text, 1 + 2 * kMaxTlsIdentities));
  if (fields.size() % 2 == 0) return Error::never("not certificates and keys");
  TlsMaterial material;
  material.client_authorities = fields.front();
  for (std::size_t i = 1; i < fields.size(); i += 2) {
    material.identities.push_back({fields[i], fields[i + 1]});
  }
  return material;
}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const TlsMaterial& material) {
  const std::shared_ptr<TlsServer> server{new TlsServer};
  for (const TlsMaterial::Identity& each : material.identities) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    if (context == nullptr) return tls_error("TLS");
    server->contexts_.push_back(context);
    const Result<void> ready = set_up(context, each, material.client_authorities);
    if (!ready) {
      return Error::later("certificate " + std::to_string(server->contexts_.size()) + ": " +
                          ready.error().what);
    }
    // What SSL_CTX_set_tlsext_servername_callback() is, but for its old-style cast.
    SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(choose_by_name));
    SSL_CTX_set_tlsext_servername_arg(context, server.get());
  }
  if (server->contexts_.empty()) return Error::later("no certificate");
  return std::shared_ptr<const TlsServer>{server};
}

TlsServer::~TlsServer() {
  for (SSL_CTX* const each : contexts_) SSL_CTX_free(each);
}

ssl_ctx_st* TlsServer::context_for(const std::string& name) const {
  const auto found = std::ranges::find_if(contexts_, [&](SSL_CTX* context) {
    X509* const leaf = SSL_CTX_get0_certificate(context);
    return X509_check_host(leaf, name.data(), name.size(), 0, nullptr) == 1;
  });
  return found == contexts_.end() ? contexts_.front() : *found;
}

TlsConnection::TlsConnection(std::shared_ptr<const TlsServer> server, ssl_st* ssl)
    : server_{std::move(server)}, ssl_{ssl} {}

TlsConnection::~TlsConnection() {
  SSL_free(ssl_);
}

Result<std::unique_ptr<TlsConnection>> TlsConnection::accept(
    std::shared_ptr<const TlsServer> server) {
  SSL* const ssl = SSL_new(server->context_for(""));
  if (ssl == nullptr) return tls_error("TLS");
  std::unique_ptr<TlsConnection> connection{new TlsConnection{std::move(server), ssl}};
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  if (in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return tls_error("TLS");
  }
  SSL_set_bio(ssl, in, out);  // owns both now
  SSL_set_accept_state(ssl);
  return connection;
}

Result<void> TlsConnection::receive(std::string_view bytes, std::string& plain) {
  ERR_clear_error();
  BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  if (!established_) {
    const int done = SSL_do_handshake(ssl_);
    if (done != 1 && SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ) return {};
    if (done != 1) return tls_error("handshake");
    established_ = true;
  }
  std::array<char, kPiece> piece;  // NOLINT: SSL_read fills what is read of it
  for (;;) {
    const int got = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (got > 0) {
      plain.append(piece.data(), static_cast<std::size_t>(got));
      continue;
    }
    const int why = SSL_get_error(ssl_, got);
    finished_ = finished_ || why == SSL_ERROR_ZERO_RETURN;
    if (finished_ || why == SSL_ERROR_WANT_READ) return {};
    return tls_error("TLS");
  }
}

Result<void> TlsConnection::send(std::string_view plain) {
  ERR_clear_error();
  if (plain.empty()) return {};
  const int sent = SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
  if (sent != static_cast<int>(plain.size())) return tls_error("TLS");
  return {};
}

void TlsConnection::finish() {
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(ssl_));
  ERR_clear_error();
}

void TlsConnection::take_output(std::string& out) {
  BIO* const bio = SSL_get_wbio(ssl_);
  const std::size_t pending = BIO_ctrl_pending(bio);
  if (pending == 0) return;
  const std::size_t before = out.size();
  out.resize(before + pending);
  BIO_read(bio, out.data() + before, static_cast<int>(pending));
}

TlsInfo TlsConnection::info() const {
  TlsInfo info{SSL_get_version(ssl_), SSL_get_cipher_name(ssl_), "", ""};
  const X509* const peer = SSL_get0_peer_certificate(ssl_);
  if (peer != nullptr && SSL_get_verify_result(ssl_) == X509_V_OK) {
    info.certificate = holder_of(peer);
  }
  std::string binding(kBindingSize, '\0');
  auto* const room = reinterpret_cast<unsigned char*>(binding.data());
  // RFC 9266 section 4.2: below TLS 1.3 only with an extended master secret.
  const bool unique = SSL_version(ssl_) >= TLS1_3_VERSION || SSL_get_extms_support(ssl_) == 1;
  if (unique && SSL_export_keying_material(ssl_, room, binding.size(), kBindingLabel.data(),
                                           kBindingLabel.size(), nullptr, 0, 0) == 1) {
    info.channel_binding = std::move(binding);
  }
  return info;
}

}  // namespace lbx
