/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"
#include "tests/romasim/request.h"

/* Reads the state file's "agency". Without one, the host has no metadata service. */
void metadata_load(JsonError *e, json_object *state);

/* GET securitykey and PUT token of API.md section 4.4; each answers. */
void metadata_show_key(Request *r);
void metadata_create_token(Request *r);

/* Makes the keys of the agency that must be good by now known to the service. */
void metadata_rotate(void);
