// SPDX-License-Identifier: MIT
// Debian's Chromium by playwright-core, for pages.py: one command a line on standard input, one answer a line.
'use strict';
const {chromium} = require('playwright-core');
const readline = require('readline');

let browser;
const contexts = new Map();

const commands = {
  async open({name, options, url, before}) {
    const context = await browser.newContext(options);
    if (before) await context.addInitScript(before);
    const page = await context.newPage();
    const seen = {console: [], requests: [], policies: []};
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) seen.console.push(message.text()); });
    page.on('pageerror', (error) => seen.console.push(String(error)));
    page.on('request', (request) => seen.requests.push(request.url()));
    page.on('response', async (response) => {
      if (response.request().isNavigationRequest()) seen.policies.push(response.headers()['content-security-policy'] ?? '');
    });
    contexts.set(name, {context, page, seen});
    await page.goto(url);
  },
  async close({name}) {
    await contexts.get(name).context.close();
    contexts.delete(name);
  },
  async evaluate({name, code}) { return contexts.get(name).page.evaluate(code); },
  async resize({name, width, height}) { await contexts.get(name).page.setViewportSize({width, height}); },
  async scheme({name, scheme}) { await contexts.get(name).page.emulateMedia({colorScheme: scheme}); },
  async press({name, key}) { await contexts.get(name).page.keyboard.press(key); },
  async type({name, text}) { await contexts.get(name).page.keyboard.type(text); },
  async text({name, selector}) { return contexts.get(name).page.locator(selector).innerText(); },
  async screenshot({name, path, whole}) { await contexts.get(name).page.screenshot({path, fullPage: whole}); },
  // Of the page's own thread, as processors count it: seconds since it began.
  async busy({name}) {
    const seen = contexts.get(name);
    if (!seen.session) {
      seen.session = await seen.context.newCDPSession(seen.page);
      await seen.session.send('Performance.enable', {timeDomain: 'threadTicks'});
    }
    const {metrics} = await seen.session.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map((metric) => [metric.name, metric.value]));
  },
  async seen({name}) { return contexts.get(name).seen; },
};

async function main() {
  browser = await chromium.launch({executablePath: process.argv[2], args: ['--no-sandbox', '--disable-dev-shm-usage']});
  for await (const line of readline.createInterface({input: process.stdin})) {
    const {command, ...parts} = JSON.parse(line);
    let answer;
    try {
      answer = {value: (await commands[command](parts)) ?? null};
    } catch (error) {
      answer = {error: String(error)};
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  await browser.close();
}

main();
