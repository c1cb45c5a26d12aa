/* SPDX-License-Identifier: MIT */
/* Endpoints: which are taken, in which form, and which would leak or mislead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "config/endpoint_host.h"
#include "config/settings/endpoint.h"
#include "daemon/base/mem.h"

static void canonical_forms(void **state)
{
    static const char *const forms[][2] = {
        {"https://roma.cn-north-4.myhuaweicloud.com", "https://roma.cn-north-4.myhuaweicloud.com"},
        {"HTTPS://Roma.Example.COM/", "https://roma.example.com"},
        {"https://roma.example.com.:443", "https://roma.example.com"},
        {"https://roma.example.com:8443/", "https://roma.example.com:8443"},
        {"https://10.0.0.1:80", "https://10.0.0.1:80"},
        {"https://[2001:DB8:0::1]", "https://[2001:db8::1]"},
        {"https://[2001:db8::1]:65535", "https://[2001:db8::1]:65535"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"http://127.255.0.9:80/", "http://127.255.0.9"},
        {"http://[::1]:1", "http://[::1]:1"},
        {"http://LOCALHOST:8080", "http://localhost:8080"},
    };
    char endpoint[ENDPOINT_SIZE_MAX];
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        assert_int_equal(endpoint_parse(forms[i][0], ENDPOINT_SERVICE, endpoint, &err), 0);
        assert_string_equal(endpoint, forms[i][1]);
    }
}

static void what_is_no_endpoint(void **state)
{
    static const char *const wrong[] = {
        "roma.example.com",
        "ftp://roma.example.com",
        "https:/roma.example.com",
        "https://",
        "https:///",
        "https://:443",
        "https://roma.example.com:",
        "https://roma.example.com:0",
        "https://roma.example.com:65536",
        "https://roma.example.com:080",
        "https://roma.example.com:1x",
        "https://roma.example.com/v2",
        "https://roma.example.com//",
        "https://roma.example.com?a=b",
        "https://roma.example.com/?a",
        "https://roma.example.com#a",
        "https://user@roma.example.com",
        "https://user:secret@roma.example.com",
        "https://roma example.com",
        "https://2001:db8::1",
        "https://[2001:db8::1",
        "https://[10.0.0.1]",
        "https://[roma]",
        "https://[::1]x",
        "https://10.0.0.256",
        "https://ro\\ma",
        "http://roma.example.com",
        "http://10.0.0.1",
        "http://128.0.0.1",
        "http://127.example.com",
        "http://localhost.example.com",
        "http://[::2]",
        "http://169.254.169.254",
        "http://127.0.0.1@roma.example.com",
    };
    char endpoint[ENDPOINT_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        Err err = {0};

        assert_int_equal(endpoint_parse(wrong[i], ENDPOINT_SERVICE, endpoint, &err),
                         strchr(wrong[i], '@') ? -EACCES : -EINVAL);
        assert_true(err_is_set(&err));
    }
}

static void hosts_beyond_all_bounds(void **state)
{
    char text[1024] = "https://", endpoint[ENDPOINT_SIZE_MAX];

    (void)state;
    memset(text + 8, 'a', sizeof(text) - 8);
    for (size_t length = 250; length < 600; length++) {
        Err err = {0};

        text[8 + length] = '\0';
        assert_int_equal(endpoint_parse(text, ENDPOINT_SERVICE, endpoint, &err), -EINVAL);
        assert_int_equal(strstr(err.text, "too long") != NULL, length >= ENDPOINT_SIZE_MAX);
        text[8 + length] = 'a';
    }
}

static void metadata_service_may_be_http(void **state)
{
    char endpoint[ENDPOINT_SIZE_MAX];
    Err err = {0};

    (void)state;
    assert_int_equal(endpoint_parse("http://169.254.169.254/", ENDPOINT_METADATA, endpoint, &err),
                     0);
    assert_string_equal(endpoint, "http://169.254.169.254");
    assert_int_equal(endpoint_parse("http://127.0.0.1:1", ENDPOINT_METADATA, endpoint, &err), 0);
    assert_int_equal(endpoint_parse("http://169.254.169.253", ENDPOINT_METADATA, endpoint, &err),
                     -EINVAL);
}

static void a_proxy_is_a_host_with_a_port(void **state)
{
    static const char *const forms[][2] = {
        {"http://proxy.example.com:3128", "http://proxy.example.com:3128"},
        {"HTTP://Proxy.Example.COM.:80/", "http://proxy.example.com:80"},
        {"http://10.0.0.1:3128", "http://10.0.0.1:3128"},
        {"http://[2001:DB8:0::1]:8080", "http://[2001:db8::1]:8080"},
    };
    char proxy[ENDPOINT_SIZE_MAX];
    Err err = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        assert_int_equal(endpoint_parse(forms[i][0], ENDPOINT_PROXY, proxy, &err), 0);
        assert_string_equal(proxy, forms[i][1]);
    }
}

static void what_is_no_proxy(void **state)
{
    static const char *const wrong[] = {
        "proxy.example.com:3128",
        "https://proxy.example.com:3128",
        "socks5://proxy.example.com:3128",
        "http://proxy.example.com",
        "http://proxy.example.com/",
        "http://proxy.example.com:",
        "http://proxy.example.com:0",
        "http://proxy.example.com:65536",
        "http://:3128",
        "http://proxy.example.com:3128/path",
        "http://proxy.example.com:3128?a",
        "http://user:secret@proxy.example.com:3128",
        "user:secret@proxy.example.com:3128",
    };
    char proxy[ENDPOINT_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        Err err = {0};

        assert_int_equal(endpoint_parse(wrong[i], ENDPOINT_PROXY, proxy, &err),
                         strchr(wrong[i], '@') ? -EACCES : -EINVAL);
        assert_non_null(strstr(err.text, "must "));
        assert_null(strstr(err.text, "secret"));
    }
}

/* No proxy stands between us and these. */
static void what_is_near(void **state)
{
    static const char *const near[] = {
        "http://127.0.0.1:8080", "https://127.9.9.9",      "https://[::1]:443",
        "http://localhost",      "http://169.254.169.254", "https://169.254.169.254:8443",
    };
    static const char *const far[] = {
        "https://roma.example.com", "https://127.example.com",       "https://[::2]",
        "https://10.0.0.1:8443",    "https://localhost.example.com", "https://169.254.169.25",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(near); i++)
        assert_true(endpoint_host_is_near(near[i]));
    for (size_t i = 0; i < ELEMENTS(far); i++)
        assert_false(endpoint_host_is_near(far[i]));
}

static void the_host_of_an_endpoint(void **state)
{
    static const char *const hosts[][2] = {
        {"https://roma.example.com", "roma.example.com"},
        {"https://roma.example.com:8443", "roma.example.com"},
        {"http://10.0.0.1:1", "10.0.0.1"},
        {"https://[2001:db8::1]", "2001:db8::1"},
        {"https://[2001:db8::1]:8443", "2001:db8::1"},
    };
    char host[ADDRESS_SIZE_MAX];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(hosts); i++) {
        endpoint_host(hosts[i][0], host);
        assert_string_equal(host, hosts[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_forms),
        cmocka_unit_test(what_is_no_endpoint),
        cmocka_unit_test(hosts_beyond_all_bounds),
        cmocka_unit_test(metadata_service_may_be_http),
        cmocka_unit_test(a_proxy_is_a_host_with_a_port),
        cmocka_unit_test(what_is_no_proxy),
        cmocka_unit_test(what_is_near),
        cmocka_unit_test(the_host_of_an_endpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
