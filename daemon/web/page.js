// SPDX-License-Identifier: MIT
// The page follows the daemon: it asks for itself once a second and takes over what is different,
// so that focus, scrolling, what is unfolded and what is searched for stay. It changes nothing.
'use strict';
(() => {
  const POLL_MSEC = 1000, ANSWER_MSEC = 8000, COPIED_MSEC = 2000, SAMPLES_MSEC = 60000;
  const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  // What the script and the reader have set; the document has nothing to say about it.
  const OWN = new Set(['open', 'hidden', 'title', 'data-distance', 'style']);
  const SVG = 'http://www.w3.org/2000/svg';

  const main = document.querySelector('main');
  const script = document.querySelector('script').textContent;
  const pulse = document.getElementById('pulse'), gone = document.getElementById('gone');
  let answered = Date.now();
  let skew = 0; // of the daemon's clock, to this one's
  const ROW_REM = 2.76; // the height of a channel that is folded
  let rows = [];

  // ---- taking over what is different ----

  const key = (node) => node.dataset?.key;

  function update(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
    } else if (old.dataset.own === undefined && !old.isEqualNode(fresh)) {
      morph(old, fresh);
    }
  }

  function morph(old, fresh) {
    for (const {name, value} of fresh.attributes)
      if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const {name} of [...old.attributes])
      if (!OWN.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    const keyed = new Map([...old.children].filter(key).map((child) => [key(child), child]));
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const alike = at && !key(at) && at.nodeName === child.nodeName ? at : null;
      const known = key(child) ? keyed.get(key(child)) : alike;
      if (!known) {
        old.insertBefore(child, at);
        continue;
      }
      if (known === at) at = at.nextSibling;
      else old.insertBefore(known, at);
      update(known, child);
    }
    while (at) {
      const next = at.nextSibling;
      if (at.dataset?.own === undefined) at.remove();
      at = next;
    }
  }

  function take(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const focused = document.activeElement;
    // Another rosterd, with another script.
    if (fresh.querySelector('script')?.textContent !== script) return location.reload();
    const told = fresh.querySelector('main');
    // Last, for what is not taken over whole is to be asked for again.
    const version = told.dataset.version;
    told.dataset.version = '';
    morph(main, told);
    main.dataset.version = version;
    if (document.title !== fresh.title) document.title = fresh.title;
    if (focused?.isConnected && focused !== document.activeElement)
      focused.focus({preventScroll: true});
    collect();
    filter();
  }

  // ---- following ----

  const clock = (msec) => new Date(msec).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';

  function tell(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function live() {
    answered = Date.now();
    gone.hidden = true;
    tell(pulse, 'Live');
  }

  function lost(why) {
    tell(pulse, 'Not followed');
    tell(gone, `rosterd has not answered since ${clock(answered + skew)}${why}. ` +
      'What stands here is as it was then.');
    gone.hidden = false;
  }

  async function follow() {
    try {
      const response = await fetch(`?have=${main.dataset.version}`,
        {cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MSEC)});
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      const told = Date.parse(response.headers.get('date')) - Date.now();
      if (Math.abs(told - skew) > 2 * SECOND) skew = told;
      if (type.startsWith('text/html') && text.includes('<main data-version=')) take(text);
      else if (!response.ok) throw new Error(`HTTP ${response.status}`);
      live();
    } catch (error) {
      lost(error.message.startsWith('HTTP') ? ` as it should (${error.message})` : '');
    }
    distances();
    setTimeout(follow, POLL_MSEC);
  }

  // ---- times ----

  function distance(msec) {
    if (msec < MINUTE) return `${Math.floor(msec / SECOND)} s`;
    if (msec < HOUR) return `${Math.floor(msec / MINUTE)} min`;
    if (msec < 2 * DAY) return `${Math.floor(msec / HOUR)} h ${Math.floor(msec % HOUR / MINUTE)} min`;
    return `${Math.floor(msec / DAY)} days`;
  }

  function distances() {
    const now = Date.now() + skew;
    for (const time of document.querySelectorAll(
      ':is(#verdict, #next, details[open]) :is(time[data-ago], time[data-in])')) {
      const at = Date.parse(time.dateTime), is_in = time.dataset.in !== undefined;
      const text = is_in ? (at > now ? `in ${distance(at - now)}` : 'now')
        : `${distance(Math.max(0, now - at))} ago`;
      if (time.dataset.distance !== text) time.dataset.distance = text;
      if (!time.title) time.title = new Date(at).toLocaleString();
    }
  }

  // ---- searching ----

  const search = () => document.getElementById('search')?.value.trim().toLowerCase() ?? '';
  const wanted = () => document.getElementById('result')?.value ?? '';

  function collect() {
    rows = [...document.querySelectorAll('.channel')].map((element) => ({
      element,
      text: element.textContent.toLowerCase(),
      result: element.dataset.result === 'converged' ? 'in_sync' : element.dataset.result || 'unread',
    }));
  }

  function filter() {
    const text = search(), result = wanted();
    const groups = new Map();
    let count = 0;
    for (const row of rows) {
      const fits = (!result || (result === 'not' ? row.result !== 'in_sync' : row.result === result)) &&
        row.text.includes(text);
      const group = row.element.parentNode;
      if (row.element.hidden === fits) row.element.hidden = !fits;
      groups.set(group, (groups.get(group) ?? 0) + fits);
      count += fits;
    }
    for (const [group, fitting] of groups) {
      group.hidden = fitting === 0;
      group.style.containIntrinsicBlockSize = `${fitting * ROW_REM}rem`;
    }
    const shown = document.getElementById('shown');
    if (shown) tell(shown, `${count} of ${rows.length}`);
  }

  // A link to a channel unfolds it, and drops a filter that hides it.
  function unfold() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.classList.contains('channel')) return;
    if (target.hidden) {
      document.getElementById('filter').reset();
      filter();
    }
    target.open = true;
    target.querySelector('summary').focus({preventScroll: true});
    target.scrollIntoView({block: 'start'});
  }

  // ---- live against desired ----

  const SPANS = {hour: HOUR, day: DAY, week: 7 * DAY};
  const WORDS = {hour: 'the last hour', day: 'the last day', week: 'the last week'};
  const TROUBLES = ['held', 'failed', 'unmanageable'];
  const range = () => document.querySelector('input[name=range]:checked')?.value ?? 'day';

  function shape(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
  }

  // A line that keeps its height until the next sample.
  function steps(samples, field, x, y, end) {
    let path = '';
    samples.forEach((sample, i) => {
      if (sample[field] === null || sample[field] === undefined) return;
      const next = i + 1 < samples.length ? samples[i + 1].at : end;
      path += `M${x(sample.at)} ${y(sample[field])}H${x(next)}`;
      if (i + 1 < samples.length && samples[i + 1][field] != null) path += `V${y(samples[i + 1][field])}`;
    });
    return path;
  }

  function words(samples, span) {
    const known = samples.filter((sample) => sample.live != null).map((sample) => sample.live);
    const last = samples[samples.length - 1];
    const held = samples.some((sample) => sample.result === 'held');
    const failed = samples.some((sample) => sample.result === 'failed');
    return `Live and desired members in ${WORDS[span]}: ` +
      (known.length ? `${Math.min(...known)} to ${Math.max(...known)} live, ` : 'not read, ') +
      `${last.desired} desired` + (held ? '; held for a time' : '') + (failed ? '; failed for a time' : '') + '.';
  }

  function plot(samples, begin, span, end) {
    const most = Math.max(1, ...samples.map((sample) => Math.max(sample.live ?? 0, sample.desired)));
    const x = (at) => Math.round((at - begin) / SPANS[span] * 1000);
    const y = (count) => (58 - count / most * 54).toFixed(1);
    const text = words(samples, span);
    const svg = shape('svg', {viewBox: '0 0 1000 60', preserveAspectRatio: 'none', role: 'img', 'aria-label': text});
    samples.forEach((sample, i) => {
      if (!TROUBLES.includes(sample.result)) return;
      const from = x(sample.at), to = x(i + 1 < samples.length ? samples[i + 1].at : end);
      svg.append(shape('rect', {class: 'failed span', x: from, width: Math.max(2, to - from), height: 60}));
    });
    svg.append(shape('path', {class: 'desired', d: steps(samples, 'desired', x, y, end)}),
      shape('path', {class: 'live', d: steps(samples, 'live', x, y, end)}));
    const caption = document.createElement('figcaption');
    caption.textContent = text;
    return [svg, caption];
  }

  // The chart of a channel that is unfolded, at its end.
  function draw(channel) {
    const span = range(), end = Date.now() + skew, begin = end - SPANS[span], all = channel.samples ?? [];
    const first = Math.max(0, all.findLastIndex((sample) => sample.at <= begin));
    const samples = all.slice(first).map((sample) => ({...sample, at: Math.max(sample.at, begin)}));
    const figure = channel.querySelector('.live-chart') ?? document.createElement('figure');
    if (samples.length === 0) return figure.remove();
    figure.className = 'chart live-chart';
    figure.dataset.own = '';
    figure.replaceChildren(...plot(samples, begin, span, end));
    if (!figure.isConnected) channel.append(figure);
  }

  async function sample(channel) {
    if (Date.now() - (channel.asked ?? 0) < SAMPLES_MSEC) return;
    channel.asked = Date.now();
    try {
      const query = `since=7d&channel=${encodeURIComponent(channel.dataset.key)}`;
      const response = await fetch(`v1/samples?${query}`, {cache: 'no-store'});
      if (!response.ok) return;
      channel.samples = (await response.json()).samples.map((row) => ({...row, at: Date.parse(row.time)}))
        .sort((one, other) => one.at - other.at);
      draw(channel);
    } catch {
      // The chart stays as it was; the page itself tells when nothing answers.
    }
  }

  // ---- beginning ----

  async function copy(button) {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, COPIED_MSEC);
    } catch {
      // Only https and loopback may write it: it is marked, to be copied by hand.
      getSelection().selectAllChildren(code);
    }
  }

  document.documentElement.classList.add('script');
  document.addEventListener('click', (event) => {
    const button = event.target.closest('.copy');
    if (button) copy(button);
    else if (event.target.closest('a[href^="#c"]')) setTimeout(unfold);
  });
  document.addEventListener('input', (event) => {
    if (event.target.form?.id === 'filter') filter();
  });
  document.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('change', (event) => {
    if (event.target.name === 'range') document.querySelectorAll('.channel[open]').forEach(draw);
  });
  document.addEventListener('toggle', (event) => {
    if (event.target.open && event.target.classList.contains('channel')) sample(event.target);
    distances();
  }, true);
  setInterval(() => document.querySelectorAll('.channel[open]').forEach(sample), SAMPLES_MSEC);
  live();
  collect();
  filter();
  unfold();
  follow();
})();
