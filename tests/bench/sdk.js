// SPDX-License-Identifier: MIT
// What bare.c does, with the vendor's own client: lists each channel, some side by side, and deletes whom the roster
// does not want. Arguments: the folder of the SDK, the endpoint, project and instance, access and secret key, the
// roster as stand.py writes it, and how many channels side by side. Prints how many were deleted.
"use strict";

const [folder, endpoint, project, instance, access, secret, roster, concurrency] = process.argv.slice(2);
const path = require("path");
const yaml = require(path.join(folder, "js-yaml"));
const core = path.join(folder, "@huaweicloud/huaweicloud-sdk-core");
const { ClientBuilder } = require(path.join(core, "ClientBuilder"));
const { BasicCredentials } = require(path.join(core, "auth/BasicCredentials"));

const credentials = new BasicCredentials().withAk(access).withSk(secret).withProjectId(project);
const client = new ClientBuilder((c) => c).withCredential(credentials).withEndpoint(endpoint).build();

// As bare.c reads it by libyaml.
function readRoster() {
    const { channels } = yaml.load(require("fs").readFileSync(roster, "utf8"));
    return new Map(channels.map((channel) => [channel.name, new Set(channel.members)]));
}

function ask(method, rest, queryParams) {
    return client.sendRequest({
        method, url: `/v2/${project}/apic/instances/${instance}/vpc-channels${rest}`, contentType: "application/json",
        queryParams: queryParams || {}, pathParams: {}, headers: {}, ...(method === "GET" ? {} : { data: {} }),
    });
}

async function main() {
    const wanted = readRoster();
    const { vpc_channels: channels } = await ask("GET", "", { offset: 0, limit: 500 });
    let deleted = 0;

    async function work() {
        for (let channel = channels.shift(); channel; channel = channels.shift()) {
            const members = [];
            let page;
            do {
                page = await ask("GET", `/${channel.id}/members`, { offset: members.length, limit: 500 });
                members.push(...page.members);
            } while (members.length < page.total);
            for (const member of members) {
                if (wanted.get(channel.name).has(`${member.host}:${member.port}`))
                    continue;
                await ask("DELETE", `/${channel.id}/members/${member.id}`);
                deleted++;
            }
        }
    }
    await Promise.all(Array.from({ length: Number(concurrency) }, work));
    console.log(`${deleted} deleted`);
}

main();
