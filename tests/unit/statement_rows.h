/* SPDX-License-Identifier: MIT */
/* Rows of the prepared state as statement_dump() tells them, for calls that take them away. */
#pragma once

#define ROW_ACTION_2                                                                               \
    "action id=2 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "                            \
    "channel_name=payments kind=delete member_id=m2 identity=i2 member={\"a\":2} "                 \
    "digest=aaaa.. mode=prune recorded_usec=NOW+60 steady_usec=60s\n"
#define ROW_ACTION_3                                                                               \
    "action id=3 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "                            \
    "channel_name=payments kind=add member_id= identity=i3 member= digest=aaaa.. "                 \
    "mode=prune recorded_usec=NOW+60 steady_usec=60s after={\"a\":3}\n"
#define ROW_APPROVAL_A                                                                             \
    "approval digest=aaaa.. given_usec=NOW+120 given_steady_usec=120s "                            \
    "spent_steady_usec=0 opens_window=0\n"
#define ROW_APPROVAL_B                                                                             \
    "approval digest=bbbb.. given_usec=NOW+120 given_steady_usec=120s "                            \
    "spent_steady_usec=0 opens_window=0 shared_of=bbbb..\n"
#define ROW_CONDITION_N1                                                                           \
    "condition notifier=slack a kind=held instance=https://roma.example p1 i1 "                    \
    "channel=n1 instance_name=prod channel_name=payments since_usec=NOW+120 "                      \
    "is_open=1 passes=3 told_steady_usec=100s\n"
#define ROW_CONDITION_N2                                                                           \
    "condition notifier=slack a kind=held instance=https://roma.example p1 i1 "                    \
    "channel=n2 instance_name=prod channel_name=payments since_usec=NOW+180 "                      \
    "is_open=1 passes=3 told_steady_usec=100s\n"
#define ROW_NOTICE_1                                                                               \
    "notice id=1 notifier=slack a name=n1 created_steady_usec=120s kind=held "                     \
    "phase=begins instance_name=prod channel_name=payments body={}\n"
#define ROW_NOTICE_2                                                                               \
    "notice id=2 notifier=slack a name=n2 created_steady_usec=180s kind=held "                     \
    "phase=begins instance_name=prod channel_name=payments body={}\n"
#define ROW_OWNER_1 "owner id=1 instance=2 host=admin-b from_usec=NOW+120\n"
#define ROW_PAUSE_1                                                                                \
    "pause id=1 instance=2 channel_id=c1 channel_name=payments reason=work "                       \
    "created_usec=NOW+120 until_usec=NOW+3600 set_steady_usec=120s "                               \
    "until_steady_usec=3600s uid=7 host=admin-a is_local=1\n"
#define ROW_QUARANTINE_M1                                                                          \
    "quarantine instance=2 channel_id=c1 channel_name=payments member_id=m1 "                      \
    "identity=i1 original={\"a\":1} action=1 is_open=0 span_usec=3600s "                           \
    "passed_usec=0 base_usec=NOW+0 base_steady_usec=1 is_told=0\n"
#define ROW_QUARANTINE_M7                                                                          \
    "quarantine instance=2 channel_id=c1 channel_name=payments member_id=m7 "                      \
    "identity= is_open=0 span_usec=7200s passed_usec=0 base_usec=NOW+120 "                         \
    "base_steady_usec=120s is_told=0\n"
#define ROW_SIGHTING_M1 "sighting instance=2 channel_id=c1 member_id=m1 count=2\n"
