// SPDX-License-Identifier: MIT
#include "deliver/forecast.h"

namespace lbx::deliver {
namespace {

/// The first step that can be seen to fail decides; those after it are not reached.
void foresee_steps(System& system, int home, const Settings& settings, Forecast& forecast) {
  const dotqmail::Script& script = forecast.plan.script;
  for (const dotqmail::Step& step : script.steps) {
    ForecastStep foreseen{step, forecast.result.done(), {}};
    if (step.instruction) {
      foreseen.prospect = foresee(system, home, forecast.plan, *step.instruction, settings);
    }
    if (foreseen.reached && foreseen.prospect.failure) {
      forecast.result = *foreseen.prospect.failure;
    }
    forecast.steps.push_back(std::move(foreseen));
  }
  if (script.fault && forecast.result.done()) {
    forecast.result = mistake_report(script.fault->mistake);
  }
}

}  // namespace

Forecast forecast(System& system, const Request& request, const Settings& settings) {
  Forecast forecast;
  forecast.plan.request = request;
  const Home home = open_home(system.files, request.home);
  if (home.refusal) {
    forecast.result = *home.refusal;
    return forecast;
  }
  forecast.plan = make_plan(system, home.directory.get(), request, settings);
  if (forecast.plan.refusal) {
    forecast.result = *forecast.plan.refusal;
  } else {
    foresee_steps(system, home.directory.get(), settings, forecast);
  }
  if (home.sticky) forecast.result = sticky_home();
  return forecast;
}

}  // namespace lbx::deliver
