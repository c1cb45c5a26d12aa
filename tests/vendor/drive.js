// SPDX-License-Identifier: MIT
// Lists and deletes with the vendor's own client. Arguments: the folder of the SDK, the endpoint, project, instance
// and channel, access and secret key. Prints one line of JSON.
"use strict";

const [folder, endpoint, project, instance, channel, access, secret] = process.argv.slice(2);
const path = require("path");
const core = path.join(folder, "@huaweicloud/huaweicloud-sdk-core");
const { ClientBuilder } = require(path.join(core, "ClientBuilder"));
const { BasicCredentials } = require(path.join(core, "auth/BasicCredentials"));

const credentials = new BasicCredentials().withAk(access).withSk(secret).withProjectId(project);
const client = new ClientBuilder((c) => c).withCredential(credentials).withEndpoint(endpoint).build();

async function ask(method, rest, queryParams) {
    const request = {
        method, url: `/v2/${project}/apic/instances/${instance}/vpc-channels${rest}`, contentType: "application/json",
        queryParams: queryParams || {}, pathParams: {}, headers: {}, data: {},
    };
    if (method === "GET")
        delete request.data;
    try {
        const answer = await client.sendRequest(request);
        return { status: answer.httpStatusCode, body: answer };
    } catch (error) {
        return { status: error.httpStatusCode, code: error.errorCode, message: error.errorMsg || error.message };
    }
}

async function main() {
    const channels = await ask("GET", "", { offset: 0, limit: 500 });
    const before = await ask("GET", `/${channel}/members`, { offset: 0, limit: 500 });
    const member = before.body.members[0].id;
    const deleted = await ask("DELETE", `/${channel}/members/${member}`);
    const again = await ask("DELETE", `/${channel}/members/${member}`);
    const after = await ask("GET", `/${channel}/members`, { offset: 0, limit: 500 });
    process.stdout.write(JSON.stringify({ channels, before, deleted, again, after }) + "\n");
}

main();
