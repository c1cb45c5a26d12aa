/* SPDX-License-Identifier: MIT */
#include "config/endpoint_host.h"

#include <string.h>

#include "daemon/base/str.h"

void endpoint_host(const char *endpoint, char ret_host[static ADDRESS_SIZE_MAX])
{
    const char *scheme = strstr(endpoint, "://");
    const char *host = scheme ? scheme + 3 : endpoint;
    size_t size;

    host += host[0] == '[';
    size = strcspn(host, host > endpoint && host[-1] == '[' ? "]" : ":/");
    if (size >= ADDRESS_SIZE_MAX)
        size = ADDRESS_SIZE_MAX - 1;
    memcpy(ret_host, host, size);
    ret_host[size] = '\0';
}

bool endpoint_host_is_near(const char *endpoint)
{
    char host[ADDRESS_SIZE_MAX];

    endpoint_host(endpoint, host);
    return address_is_loopback(host) || str_equal(host, ENDPOINT_METADATA_HOST);
}
