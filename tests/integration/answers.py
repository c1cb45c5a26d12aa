# SPDX-License-Identifier: MIT
"""Every error code of API.md sections 3.2 and 3.3 with its status, and what is to be done about it."""

RETRY = "sent again, after retry.base"
THROTTLE = "sent again, after retry.throttle_base"
MEMBER = "this member fails, the next one goes on"
CHANNEL = "nothing more is sent to this channel"
INSTANCE = "nothing more is sent to this instance"
RENEW = "the credential is renewed; the same again means nothing more is sent to this instance"

# Section 3.2: the front gateway says APIG or APIGW.
FRONT = {
    RETRY: "0103:500 0104:500 0105:500 0107:500 0201:502 0201:504 0201:500 0202:502 0203:504 0601:500 0605:500 "
           "0606:500 0608:500 0609:500 0610:502 0611:500 0613:503",
    THROTTLE: "0308:429",
    MEMBER: "0106:400 0201:400 0201:413 0201:414 0201:494 0501:405 0502:405 0602:400",
    CHANNEL: "0101:404 0302:403 0304:403 0306:403 0310:403 0401:403 0402:403 0404:403 0405:403 0802:403",
    INSTANCE: "0204:400 0205:400 0305:401",
    RENEW: "0301:401 0303:401 0307:401",
}

# Section 3.3: the service says APIG.
SERVICE = {
    RETRY: "1010:401 1029:500 3500:500 3718:409 9004:500 9005:500 9006:500 9007:500 9013:500 9999:500",
    THROTTLE: "9008:500",
    MEMBER: "1119:400 1120:400 1201:400 1149:409 2000:400 2001:400 2002:400 2003:400 2004:400 2005:400 2006:400 "
            "2007:400 2008:400 2009:400 2010:400 2011:400 2012:400 2013:400 2015:400 2025:400 2041:400 2042:400 "
            "2108:400 3208:400 3306:400 3309:400 3458:412 3711:409 3719:409",
    CHANNEL: "1005:401 1005:403 1020:401 1020:403 1113:403 1136:403 3001:404 3022:404 3023:404 3025:404 3030:404 "
             "3092:404 3100:403 3109:403 3110:403 3414:403 3471:403",
    INSTANCE: "1000:401 1003:401 1007:401 1008:401 1009:401 1011:401 1012:401 1013:401",
    RENEW: "1001:401 1002:401",
}

# The part that keeps instances says APIC.
LIFE_CYCLE = {
    RETRY: "7701:409 9000:500 9100:500 9999:500",
    MEMBER: "7712:409",
    CHANNEL: "7106:403 7109:403 7110:403 7111:403 7130:403 7300:403 7302:404",
    INSTANCE: "7100:401 7103:401 7105:401 7107:401",
    RENEW: "7101:401 7102:401",
}

WHICH = {}
ROWS = []

for prefixes, table in ((("APIG", "APIGW"), FRONT), (("APIG",), SERVICE), (("APIC",), LIFE_CYCLE)):
    for kind, rows in table.items():
        for code, status in (row.split(":") for row in rows.split()):
            WHICH[code, int(status)] = kind
            ROWS += [(prefix, code, int(status)) for prefix in prefixes]
