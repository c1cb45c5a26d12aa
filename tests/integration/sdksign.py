# SPDX-License-Identifier: MIT
"""SDK-HMAC-SHA256 (API.md section 5), written from the documentation for the tests: a third opinion
beside the daemon's signer and the stand-in's verifier."""

import datetime
import hashlib
import hmac
from urllib.parse import quote

ALGORITHM = "SDK-HMAC-SHA256"


def date_of(moment=None):
    """X-Sdk-Date for a moment (UTC), now if none is given."""
    moment = moment or datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y%m%dT%H%M%SZ")


def encode(text):
    return quote(text, safe="-_.~")


def pairs_of(query):
    """A dict whose values are texts or lists of texts, as a list of pairs."""
    pairs = []
    for name, values in query.items():
        for value in values if isinstance(values, list) else [values]:
            pairs.append((name, value))
    return pairs


def query_string(query):
    """The query as it may be sent, in the dict's order."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs_of(query))


def canonical_request(method, path, query, headers, signed, body):
    uri = "/".join(encode(segment) for segment in path.split("/"))
    if not uri.endswith("/"):
        uri += "/"
    ordered = sorted(pairs_of(query))
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    return "\n".join([
        method,
        uri,
        "&".join(f"{encode(name)}={encode(value)}" for name, value in ordered),
        "".join(f"{name}:{lowered[name]}\n" for name in signed),
        ";".join(signed),
        hashlib.sha256(body).hexdigest(),
    ])


def signature_of(canonical, date, secret):
    to_sign = "\n".join([ALGORITHM, date, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def sign(method, host, path, query=None, headers=None, body=b"", access="AK", secret="SK", date=None,
         signed=("host", "x-sdk-date")):
    """The headers to send, Authorization among them. `signed` must name x-sdk-date."""
    date = date or date_of()
    headers = {**(headers or {}), "Host": host, "X-Sdk-Date": date}
    signed = sorted(name.lower() for name in signed)
    canonical = canonical_request(method, path, query or {}, headers, signed, body)
    headers["Authorization"] = (
        f"{ALGORITHM} Access={access}, SignedHeaders={';'.join(signed)}, "
        f"Signature={signature_of(canonical, date, secret)}")
    return headers
