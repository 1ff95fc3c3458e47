// SPDX-License-Identifier: MIT
#include "service/auth/gsasl_server.h"

#include <gsasl.h>

#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

struct ContextDeleter {
  void operator()(Gsasl* context) const { ::gsasl_done(context); }
};
struct SessionDeleter {
  void operator()(Gsasl_session* session) const { ::gsasl_finish(session); }
};

std::string text_of(Gsasl_session* session, Gsasl_property property) {
  const char* const text = ::gsasl_property_fast(session, property);
  return text == nullptr ? "" : text;
}

/// Prepared, if that can be done: so a name is equal to itself however it is typed.
std::string comparable(const std::string& name) {
  const Result<std::string> prepared = prepare_name(name, Prepare::Compare);
  return prepared ? *prepared : name;
}

/// libgsasl asks for what it needs through a callback, in the middle of a step; what the backend
/// said there is kept in verdict_ until the step ends.
class GsaslServer final : public SaslServer {
 public:
  GsaslServer(std::string mechanism, Backend& backend, Connection connection)
      : mechanism_{std::move(mechanism)}, backend_{backend}, connection_{std::move(connection)} {}

  Result<void> open() {
    Gsasl* context = nullptr;
    int code = ::gsasl_init(&context);
    if (code != GSASL_OK) return Error::later(::gsasl_strerror(code));
    context_.reset(context);
    ::gsasl_callback_set(context, &GsaslServer::on_callback);
    Gsasl_session* session = nullptr;
    code = ::gsasl_server_start(context, mechanism_.c_str(), &session);
    if (code != GSASL_OK) return Error::later(mechanism_ + ": " + ::gsasl_strerror(code));
    session_.reset(session);
    ::gsasl_session_hook_set(session, this);
    return {};
  }

 protected:
  SaslStep answer(std::string_view message) override {
    if (finished_) return acknowledge(message);
    char* out = nullptr;
    std::size_t size = 0;
    const int code = ::gsasl_step(session_.get(), message.data(), message.size(), &out, &size);
    const std::string reply = out == nullptr ? "" : std::string{out, size};
    ::gsasl_free(out);
    set_name(text_of(session_.get(), GSASL_AUTHID));
    // Without keys, libgsasl would go on with random ones.
    if (const auto* const failure = std::get_if<Failure>(&verdict_)) return *failure;
    if (code == GSASL_NEEDS_MORE) return Challenge{reply};
    if (code == GSASL_OK) return finish(reply);
    // A name that SASLprep forbids is a wrong one, not a wrong message.
    const bool parsed = code == GSASL_AUTHENTICATION_ERROR || code == GSASL_SASLPREP_ERROR ||
                        code == GSASL_NO_AUTHID || code == GSASL_NO_PASSWORD;
    return Failure{parsed ? FailureKind::Credentials : FailureKind::Malformed,
                   ::gsasl_strerror(code)};
  }

 private:
  using Step = std::variant<std::monostate, Account, Failure>;

  static int on_callback(Gsasl* /*context*/, Gsasl_session* session, Gsasl_property property) {
    return static_cast<GsaslServer*>(::gsasl_session_hook_get(session))->provide(property);
  }

  int provide(Gsasl_property property) {
    switch (property) {
      case GSASL_VALIDATE_SIMPLE:
        return validate_password();
      case GSASL_VALIDATE_EXTERNAL:
        return keep(backend_.account(connection_.certificate), connection_.certificate);
      case GSASL_SCRAM_ITER:
      case GSASL_SCRAM_SALT:
      case GSASL_SCRAM_STOREDKEY:
      case GSASL_SCRAM_SERVERKEY:
        return provide_scram_keys();
      case GSASL_CB_TLS_EXPORTER:
        if (connection_.channel_binding.empty()) return GSASL_NO_CALLBACK;
        return set(GSASL_CB_TLS_EXPORTER, to_base64(connection_.channel_binding));
      default:
        return GSASL_NO_CALLBACK;
    }
  }

  int validate_password() {
    const std::string name = text_of(session_.get(), GSASL_AUTHID);
    std::string password = text_of(session_.get(), GSASL_PASSWORD);
    const int code = keep(backend_.check_password(name, password), name);
    wipe(password);
    return code;
  }

  /// RFC 4616 section 2 and RFC 5802 section 7: who may act for others is ours to say, and it is
  /// nobody.
  int keep(Verdict verdict, const std::string& name) {
    const std::string authzid = text_of(session_.get(), GSASL_AUTHZID);
    if (!authzid.empty() && comparable(authzid) != comparable(name)) {
      verdict = Failure{FailureKind::Credentials, "asked to be " + authzid};
    }
    std::visit([this](auto& each) { verdict_ = std::move(each); }, verdict);
    return std::holds_alternative<Account>(verdict_) ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
  }

  int provide_scram_keys() {
    Result<ScramKeys> keys = backend_.scram_keys(text_of(session_.get(), GSASL_AUTHID));
    if (!keys) {
      verdict_ = Failure{FailureKind::Temporary, keys.error().what};
      return GSASL_NO_CALLBACK;
    }
    static_cast<void>(set(GSASL_SCRAM_ITER, std::to_string(keys->iterations)));
    static_cast<void>(set(GSASL_SCRAM_SALT, to_base64(keys->salt)));
    static_cast<void>(set(GSASL_SCRAM_STOREDKEY, to_base64(keys->stored_key)));
    return set(GSASL_SCRAM_SERVERKEY, to_base64(keys->server_key));
  }

  int set(Gsasl_property property, const std::string& value) {
    return ::gsasl_property_set(session_.get(), property, value.c_str());
  }

  SaslStep finish(const std::string& reply) {
    if (std::holds_alternative<std::monostate>(verdict_)) {  // SCRAM: the proof was right
      const std::string name = text_of(session_.get(), GSASL_AUTHID);
      static_cast<void>(keep(backend_.account(name), name));
    }
    if (const auto* const failure = std::get_if<Failure>(&verdict_)) return *failure;
    finished_ = true;
    // POP3 and SMTP have no room for data beside success: it is one more challenge, and the client
    // answers it with nothing (RFC 4954 section 4, RFC 5034 section 4).
    if (!reply.empty()) return Challenge{reply};
    return success();
  }

  SaslStep acknowledge(std::string_view message) {
    if (!message.empty()) return Failure{FailureKind::Malformed, "more than was asked for"};
    return success();
  }

  SaslStep success() const {
    return Success{std::get<Account>(verdict_), text_of(session_.get(), GSASL_AUTHZID)};
  }

  std::string mechanism_;
  Backend& backend_;
  Connection connection_;
  std::unique_ptr<Gsasl, ContextDeleter> context_;
  std::unique_ptr<Gsasl_session, SessionDeleter> session_;
  Step verdict_;
  bool finished_{false};
};

}  // namespace

Result<std::unique_ptr<SaslServer>> start_gsasl_server(const std::string& mechanism,
                                                       Backend& backend,
                                                       const Connection& connection) {
  auto server = std::make_unique<GsaslServer>(mechanism, backend, connection);
  LBX_TRY(server->open());
  return std::unique_ptr<SaslServer>{std::move(server)};
}

}  // namespace lbx::auth
