/* SPDX-License-Identifier: MIT */
/* Signatures: the vendor's vectors, and those of API.md section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "daemon/roma/auth/sign.h"
#include "daemon/roma/wire/request.h"

#define VECTORS "tests/vectors/sdk-hmac-sha256.json"
#define PROJECT "0123456789abcdef0123456789abcdef"
#define INSTANCE_PATH "/v2/" PROJECT "/apic/instances/6a7b8c9d-0000-4000-8000-000000000001"
#define CHANNEL_PATH INSTANCE_PATH "/vpc-channels/56a7d7358e1b42459c9d730d65b14e59"

static const char *vector_get(json_object *vector, const char *key)
{
    json_object *value = NULL;

    assert_true(json_object_object_get_ex(vector, key, &value));
    return json_object_get_string(value);
}

/* Backwards, so that the order of the vector's file proves nothing. */
static size_t vector_query(json_object *vector, SignPair *query)
{
    SignPair found[SIGN_QUERY_MAX];
    json_object *pairs = NULL;
    size_t count = 0;

    assert_true(json_object_object_get_ex(vector, "query", &pairs));
    json_object_object_foreach(pairs, name, value)
    {
        size_t values = 1;

        if (json_object_is_type(value, json_type_array))
            values = json_object_array_length(value);
        for (size_t i = 0; i < values; i++) {
            json_object *one = json_object_is_type(value, json_type_array)
                                   ? json_object_array_get_idx(value, i)
                                   : value;

            assert_true(count < SIGN_QUERY_MAX);
            found[count++] = (SignPair){name, json_object_get_string(one)};
        }
    }
    for (size_t i = 0; i < count; i++)
        query[i] = found[count - 1 - i];
    return count;
}

static size_t vector_headers(json_object *vector, SignPair *headers)
{
    json_object *pairs = NULL;
    size_t count = 0;

    assert_true(json_object_object_get_ex(vector, "headers", &pairs));
    json_object_object_foreach(pairs, name, value)
    {
        assert_true(count < SIGN_HEADERS_MAX);
        headers[count++] = (SignPair){name, json_object_get_string(value)};
    }
    return count;
}

static void check_vector(json_object *vector)
{
    _cleanup_(secret_freep) Secret *key = NULL;
    _cleanup_(buf_done) Buf canonical = {0}, scratch = {0}, authorization = {0};
    SignPair query[SIGN_QUERY_MAX], headers[SIGN_HEADERS_MAX];
    char hex[DIGEST_HEX_SIZE];
    const char *secret = vector_get(vector, "sk");
    SignInput input = {
        .method = vector_get(vector, "method"),
        .path = vector_get(vector, "path"),
        .query = query,
        .query_count = vector_query(vector, query),
        .headers = headers,
        .header_count = vector_headers(vector, headers),
        .body = vector_get(vector, "body"),
        .body_size = strlen(vector_get(vector, "body")),
    };

    key = secret_new_copy(secret, strlen(secret));
    assert_non_null(key);
    assert_int_equal(sign_canonical_request(&input, &canonical), 0);
    assert_string_equal(buf_text(&canonical), vector_get(vector, "canonical_request"));
    assert_int_equal(digest_sha256_hex(canonical.data, canonical.size, hex), 0);
    assert_string_equal(hex, vector_get(vector, "canonical_request_sha256"));
    assert_int_equal(sign_digest(&canonical, vector_get(vector, "date"), key, hex), 0);
    assert_string_equal(hex, vector_get(vector, "signature"));
    assert_int_equal(
        sign_authorization(&input, vector_get(vector, "ak"), key, &scratch, &authorization), 0);
    assert_string_equal(buf_text(&authorization), vector_get(vector, "authorization"));
}

static void test_every_vector(void **state)
{
    json_object *file = json_object_from_file(VECTORS), *vectors = NULL;

    (void)state;
    assert_non_null(file);
    assert_true(json_object_object_get_ex(file, "vectors", &vectors));
    assert_true(json_object_array_length(vectors) >= 5);
    for (size_t i = 0; i < json_object_array_length(vectors); i++)
        check_vector(json_object_array_get_idx(vectors, i));
    json_object_put(file);
}

static void check_signature(const SignInput *input, const char *date, const char *canonical_hash,
                            const char *signature)
{
    _cleanup_(secret_freep) Secret *key = secret_new_copy("SecretKey", 9);
    _cleanup_(buf_done) Buf canonical = {0};
    char hex[DIGEST_HEX_SIZE];

    assert_int_equal(sign_canonical_request(input, &canonical), 0);
    if (canonical_hash) {
        assert_int_equal(digest_sha256_hex(canonical.data, canonical.size, hex), 0);
        assert_string_equal(hex, canonical_hash);
    }
    assert_int_equal(sign_digest(&canonical, date, key, hex), 0);
    assert_string_equal(hex, signature);
}

static void test_go_sdk_get(void **state)
{
    SignPair query = {"limit", "1"}, header = {"X-Sdk-Date", "20060102T150405Z"};
    SignInput input = {.method = "GET",
                       .path = "/path",
                       .query = &query,
                       .query_count = 1,
                       .headers = &header,
                       .header_count = 1};

    (void)state;
    check_signature(&input, header.value, NULL,
                    "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624");
}

static void test_go_sdk_post(void **state)
{
    static const char body[] = "{\"Name\":\"test\",\"Id\":1}\n";
    SignPair query = {"key", "value"}, header = {"X-Sdk-Date", "20060102T150405Z"};
    SignInput input = {.method = "POST",
                       .path = "/path",
                       .query = &query,
                       .query_count = 1,
                       .headers = &header,
                       .header_count = 1,
                       .body = body,
                       .body_size = sizeof(body) - 1};

    (void)state;
    check_signature(&input, header.value, NULL,
                    "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59");
}

static void test_own_list(void **state)
{
    SignPair query[] = {{"offset", "0"}, {"limit", "500"}};
    SignPair headers[] = {{"x-sdk-date", "20250102T030405Z"},
                          {"host", "roma.cn-north-4.myhuaweicloud.com"}};
    SignInput input = {.method = "GET",
                       .path = CHANNEL_PATH "/members",
                       .query = query,
                       .query_count = 2,
                       .headers = headers,
                       .header_count = 2};

    (void)state;
    check_signature(&input, headers[0].value,
                    "d8b43267f8d8097232f7a21f2a71c396fa52776d4a5d61d662e60216fd550590",
                    "d1197b93d36f88f8525c999820f183f0c4845bf9bacae774ebd586478f524d9c");
}

static void test_own_delete(void **state)
{
    SignPair headers[] = {{"X-Sdk-Date", "20250102T030405Z"},
                          {"X-Project-Id", PROJECT},
                          {"Content-Type", " application/json\t"},
                          {"Host", "roma.cn-north-4.myhuaweicloud.com"}};
    SignInput input = {.method = "DELETE",
                       .path = CHANNEL_PATH "/members/be63c6260a1043888187f84af39c9f0e",
                       .headers = headers,
                       .header_count = 4};

    (void)state;
    check_signature(&input, headers[0].value,
                    "bad982699362c3d39e9d67b2c97d5bcbb00d329ac9fff66219ba167cabda02e9",
                    "8479a63ce13f249d4a2682e15ecf0dd23287371f9833a72b440356f86c127ae6");
}

static void test_without_date(void **state)
{
    _cleanup_(secret_freep) Secret *key = secret_new_copy("SecretKey", 9);
    _cleanup_(buf_done) Buf scratch = {0}, authorization = {0};
    SignPair header = {"host", "h"};
    SignInput input = {.method = "GET", .path = "/", .headers = &header, .header_count = 1};

    (void)state;
    assert_int_equal(sign_authorization(&input, "AK", key, &scratch, &authorization), -EINVAL);
    assert_int_equal(authorization.size, 0);
}

static const char *canonical(const SignInput *input, int r)
{
    static char text[1024];
    _cleanup_(buf_done) Buf buf = {0};

    assert_int_equal(sign_canonical_request(input, &buf), r);
    snprintf(text, sizeof(text), "%s", buf_text(&buf));
    return text;
}

#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* The path ends with a slash, values without blanks, what stands in order is in order. */
static void test_the_canonical_request(void **state)
{
    static const SignPair headers[] = {{"X-b", " \tb c\t "}, {"x-A", ""}, {"y", "  "}};
    static const SignPair query[] = {{"b", "2"}, {"a", "z"}, {"a", "b c/~"}, {"b", ""}};
    SignInput input = {.method = "GET", .path = "/a b/~", .query = query, .headers = headers};

    (void)state;
    assert_string_equal(canonical(&input, 0), "GET\n/a%20b/~/\n\n\n\n" OF_NOTHING);
    input.path = "/a/";
    assert_string_equal(canonical(&input, 0), "GET\n/a/\n\n\n\n" OF_NOTHING);
    input.path = "";
    assert_string_equal(canonical(&input, 0), "GET\n/\n\n\n\n" OF_NOTHING);
    input.query_count = 4;
    input.header_count = 3;
    input.body = "x";
    input.body_size = 1;
    assert_string_equal(canonical(&input, 0),
                        "GET\n/\na=b%20c%2F~&a=z&b=&b=2\nx-a:\nx-b:b c\ny:\n\nx-a;x-b;y\n"
                        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
}

static void test_too_many_pairs(void **state)
{
    SignPair pairs[SIGN_QUERY_MAX + 1];
    SignInput input = {.method = "GET", .path = "/", .query = pairs, .headers = pairs};

    (void)state;
    for (size_t i = 0; i <= SIGN_QUERY_MAX; i++)
        pairs[i] = (SignPair){"n", "v"};
    input.query_count = SIGN_QUERY_MAX;
    input.header_count = SIGN_HEADERS_MAX;
    canonical(&input, 0);
    input.query_count++;
    canonical(&input, -EINVAL);
    input.query_count--;
    input.header_count++;
    canonical(&input, -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_canonical_request),
        cmocka_unit_test(test_too_many_pairs),
        cmocka_unit_test(test_every_vector),
        cmocka_unit_test(test_go_sdk_get),
        cmocka_unit_test(test_go_sdk_post),
        cmocka_unit_test(test_own_list),
        cmocka_unit_test(test_own_delete),
        cmocka_unit_test(test_without_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
