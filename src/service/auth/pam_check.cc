// SPDX-License-Identifier: MIT
#include "service/auth/pam_check.h"

#include <security/pam_appl.h>

#include <cstdlib>
#include <cstring>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/base/log.h"
#include "service/auth/helper.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

constexpr int kYes = 0;
constexpr int kLater = 111;
constexpr std::size_t kMaxQuestion = 4096;

/// PAM frees the answers with free(3), so they come from calloc(3) and strdup(3).
int answer(int count, const pam_message** messages, pam_response** responses, void* password) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* const made = static_cast<pam_response*>(
      std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (made == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const bool secret = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF;
    made[i].resp = ::strdup(secret ? static_cast<const char*>(password) : "");
  }
  *responses = made;
  return PAM_SUCCESS;
}

/// Failures cost time in authd, where it is counted; here nobody sleeps.
void no_delay(int /*status*/, unsigned /*microseconds*/, void* /*data*/) {}

int judge(int code) {
  switch (code) {
    case PAM_SUCCESS:
      return kYes;
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_CRED_INSUFFICIENT:
    case PAM_MAXTRIES:
    case PAM_PERM_DENIED:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
      return kHelperRefuses;
    default:
      return kLater;
  }
}

using FailDelay = void (*)(int, unsigned, void*);

int ask(const std::string& service, const std::string& name, std::string& password,
        const std::string& address, bool with_password) {
  const pam_conv conversation{&answer, password.data()};
  pam_handle_t* handle = nullptr;
  int code = ::pam_start(service.c_str(), name.c_str(), &conversation, &handle);
  if (code != PAM_SUCCESS) return code;
  const FailDelay delay = &no_delay;
  static_cast<void>(::pam_set_item(handle, PAM_FAIL_DELAY, reinterpret_cast<const void*>(delay)));
  if (!address.empty()) static_cast<void>(::pam_set_item(handle, PAM_RHOST, address.c_str()));
  constexpr int kFlags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
  if (with_password) code = ::pam_authenticate(handle, kFlags);
  if (code == PAM_SUCCESS) code = ::pam_acct_mgmt(handle, kFlags);
  ::pam_end(handle, code);
  return code;
}

}  // namespace

Result<int> check_pam(System& system, const std::string& service, int fd) {
  std::string question = LBX_TRY(read_whole(system.files, fd, kMaxQuestion, "the question"));
  const std::vector<std::string_view> fields = ascii::split(question, '\0');
  if (fields.size() != 5) return Error::later("not NAME, PASSWORD, ADDRESS and MODE");
  const std::string name{fields[0]};
  std::string password{fields[1]};
  const int code = ask(service, name, password, std::string{fields[2]}, fields[3] == "password");
  wipe(password);
  wipe(question);
  const int status = judge(code);
  if (status == kLater) {
    log("pam-failed", {{"service", service}, {"why", ::pam_strerror(nullptr, code)}});
  }
  return status;
}

}  // namespace lbx::auth
