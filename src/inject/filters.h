// SPDX-License-Identifier: MIT
// The filters that .qmail files run (CONTRACT 1.21), each as a function of its arguments, with the
// message on standard input and the environment of qmail-command(8). The value is an exit status.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/wire/queue_client.h"

namespace lbx::inject {

/// The words after the program's name.
using Arguments = std::vector<std::string>;
Arguments arguments_of(int argc, char** argv);

/// A variable that qmail-command(8) sets; where it is missing, the error is Retry::Never: nobody
/// but a delivery should run this.
Result<std::string> delivery_variable(const System& system, const std::string& name);

/// `head` and the rest of standard input to the queue. The value is the queue program's process.
Result<pid_t> queue_input(System& system, const std::string& head, const wire::Envelope& envelope);

Result<int> forward(System& system, const Arguments& arguments);
Result<int> condredirect(System& system, const Arguments& arguments);
Result<int> bouncesaying(System& system, const Arguments& arguments);
Result<int> except(System& system, const Arguments& arguments);
/// The letters f, r and d leave the From_, Return-Path and Delivered-To line out, F, R and D take
/// it back.
Result<int> preline(System& system, int argc, char** argv);
/// A receipt for the sender, where he asked for one for our address.
Result<int> qreceipt(System& system, const Arguments& arguments);
Result<int> predate(System& system, const Arguments& arguments);
Result<int> datemail(System& system, const Arguments& arguments);
Result<int> mailsubj(System& system, const Arguments& arguments);

}  // namespace lbx::inject
