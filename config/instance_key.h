/* SPDX-License-Identifier: MIT */
/*
 * What makes an instance the same instance for the state and for digests: its endpoint, its project
 * and its own id. The name that the settings give it is for people alone: it may differ from host
 * to host, and may mean another instance tomorrow.
 */
#pragma once

#include "config/config.h"

/* Room for the longest key with its NUL. */
#define INSTANCE_KEY_SIZE 448

/* "ENDPOINT PROJECT INSTANCE" of an instance of a checked configuration; none of the three holds a
 * space. */
void instance_key(const Instance *instance, char ret_key[static INSTANCE_KEY_SIZE]);
