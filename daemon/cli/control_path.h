/* SPDX-License-Identifier: MIT */
/* What the control socket is asked: daemon/ctl asks, daemon/control answers (control.h). */
#pragma once

#define CONTROL_PATH_PAGE "/"
#define CONTROL_PATH_LIVE "/livez"
#define CONTROL_PATH_READY "/readyz"
#define CONTROL_PATH_STATUS "/v1/status"
#define CONTROL_PATH_PROGRESS "/v1/progress"
#define CONTROL_PATH_HISTORY "/v1/history"
#define CONTROL_PATH_SAMPLES "/v1/samples"
#define CONTROL_PATH_CHANNELS "/v1/channels"
#define CONTROL_PATH_PLAN "/v1/plan"
#define CONTROL_PATH_PAUSE "/v1/pause"
#define CONTROL_PATH_RESUME "/v1/resume"
#define CONTROL_PATH_APPROVE "/v1/approve"
#define CONTROL_PATH_RECONCILE "/v1/reconcile"
#define CONTROL_PATH_UNDO "/v1/undo"
#define CONTROL_PATH_FLEET "/v1/fleet"
#define CONTROL_PATH_DRAIN "/v1/drain"
#define CONTROL_PATH_UNDRAIN "/v1/undrain"
#define CONTROL_PATH_METRICS "/metrics"
