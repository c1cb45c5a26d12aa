// SPDX-License-Identifier: MIT
// Signs generated requests with the vendor's signer and prints, for each, a line of JSON: what was signed and
// what came of it. Arguments: the folder of the SDK, the seed, how many.
"use strict";

const [folder, seed, count] = process.argv.slice(2);
const path = require("path");
const url = require("url");
const { AKSKSigner } = require(path.join(folder, "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner"));

// A small generator that gives the same requests everywhere.
let state = Number(seed);
function below(n) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 4294967296 * n);
}

const usual = "abcXYZ019-_.~/";
function character(n) {
    switch (below(5)) {
    case 0: return String.fromCharCode(1 + below(127));
    case 1: return String.fromCharCode(0x80 + below(0x780));
    case 2: return String.fromCharCode(0x800 + below(0xc000));
    default: return usual[below(usual.length)];
    }
}

function text(size) {
    let made = "";
    for (let left = below(size + 1); left > 0; left--)
        made += character();
    return made;
}

function plain(size) {
    let made = "";
    for (let left = 1 + below(size); left > 0; left--)
        made += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/="[below(65)];
    return made;
}

function query(n) {
    const parameters = {};
    for (let left = below(5); left > 0; left--)
        parameters["k" + n + text(6)] = below(4) ? text(12) : [text(5), text(5), ""];
    return parameters;
}

const methods = ["GET", "DELETE", "POST", "PUT"];
const access = "AK" + plain(20).replace(/[+/=]/g, "0");

for (let i = 0; i < Number(count); i++) {
    const raw = "/" + text(40);
    const endpoint = "https://service-" + below(9) + ".example.com" + (below(2) ? ":8443" : "") + raw;
    const headers = { "X-Sdk-Date": `2025${String(1 + below(12)).padStart(2, "0")}02T0${below(10)}04${10 + below(50)}Z` };
    if (below(2))
        headers["X-Project-Id"] = "0123456789abcdef0123456789abcdef";
    if (below(2))
        headers["X-Security-Token"] = plain(3000);
    if (below(3) === 0)
        headers["content-type"] = "application/json";
    const request = { method: methods[below(4)], endpoint, headers, queryParams: query(i) };
    if (below(2))
        request.data = { name: text(30), list: [below(9), text(3)], more: { yes: true, no: null } };
    const secret = plain(40);
    const signed = AKSKSigner.sign(request, { getAk: () => access, getSk: () => secret });
    const { Authorization: authorization, ...sent } = signed;
    process.stdout.write(JSON.stringify({
        method: request.method, raw, uri: AKSKSigner.CanonicalURI(raw), path: url.parse(endpoint, true).pathname,
        query: request.queryParams, headers: sent, body: request.data ? JSON.stringify(request.data) : "",
        access, secret, authorization,
    }) + "\n");
}
