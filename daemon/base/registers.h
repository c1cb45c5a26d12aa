/* SPDX-License-Identifier: MIT */
/* Copying leaves what was copied in the processor's wide registers, and a core dump has those too.
 */
#pragma once

/* Clears them. To be called once a step that handled secrets is over. */
void registers_clear(void);
