// Answers for a room's own addresses from what its reader wished to have kept
// on this device, and for nothing else: whatever the room does not name goes to
// the network as if this script were not there. What is said of the shelf stands
// before these lines.
const own = new RegExp(shelf.own), first = shelf.first && new RegExp(shelf.first);
const hour = 36e5, patience = 4000;

addEventListener('install', () => skipWaiting());
addEventListener('activate', e => e.waitUntil(clients.claim()));

addEventListener('fetch', e => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== 'GET' || origin !== location.origin || !own.test(pathname)) return;
  e.respondWith(answer(e.request, pathname));
  if (e.request.mode === 'navigate') e.waitUntil(refresh().catch(() => {}));
});

const find = path => caches.match(path, { cacheName: shelf.name, ignoreVary: true, ignoreSearch: true });

// What is asked for first comes from the device only when nobody answers, or a
// door before the server says that it is not there. Everything else comes from
// the device at once.
async function answer(request, path) {
  const kept = await find(path) ?? (shelf.whole && request.mode === 'navigate' ? await find(path.slice(0, 3) + shelf.whole) : undefined);
  if (!kept) return fetch(request);
  if (!first?.test(path)) return kept;
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    return answer.status < 500 ? answer : kept;
  } catch {
    return kept;
  } finally {
    clearTimeout(late);
  }
}

const read = async () => (await find(shelf.note))?.json();
const write = async meta => (await caches.open(shelf.name)).put(shelf.note, new Response(JSON.stringify(meta), { headers: { 'Content-Type': 'application/json' } }));

// Newer words come quietly, at most once an hour; pages that stand open hear
// of them.
let renewing;
const refresh = () => renewing ??= renew().finally(() => { renewing = undefined; });
async function renew() {
  const meta = await read();
  if (!meta || Date.now() - meta.checked < hour) return;
  const now = await store(meta.list, meta);
  if (now.version !== meta.version) for (const page of await clients.matchAll()) page.postMessage({ at: now.at });
}

// Fetches all of a list, to the last byte, before anything that is kept is
// replaced. What pages load is put there before them, so that each page changes
// in one step with all that it needs; what is no longer on the list goes at the
// end.
async function store(list, meta, told = () => {}) {
  const wanted = await (await fetch(list, { cache: 'no-store', credentials: 'omit' })).json();
  const now = Date.now(), note = { list, version: wanted.version, country: wanted.country, bytes: wanted.bytes, at: now, checked: now };
  if (meta) await write({ ...meta, checked: now });
  if (wanted.version !== meta?.version) {
    let here = 0;
    const came = size => told({ here: wanted.bytes * Math.min(1, (here += size) / wanted.size), of: wanted.bytes }); // as on the wire
    const answers = (await Promise.all(wanted.files.map(path => take(path, came)))).filter(one => one);
    const shelfNow = await caches.open(shelf.name);
    for (const later of [false, true]) for (const [path, answer] of answers) if (asset(path) !== later) await shelfNow.put(path, answer);
    const keep = new Set([...wanted.files, shelf.note]);
    await write(note);
    for (const old of await shelfNow.keys()) if (!keep.has(new URL(old.url).pathname)) await shelfNow.delete(old);
  } else await write(note);
  return note;
}

const asset = path => path.startsWith('/asset/');

// take is an address with its whole answer; null when it is here: the name of an
// asset holds its content.
async function take(path, came) {
  if (asset(path) && await find(path)) return null;
  const answer = await fetch(path, { cache: 'no-store', credentials: 'omit' });
  if (!answer.ok || answer.redirected) throw new Error(path);
  const counted = answer.body.pipeThrough(new TransformStream({ transform(part, on) { came(part.byteLength); on.enqueue(part); } }));
  const headers = new Headers(answer.headers);
  for (const name of ['Content-Encoding', 'Content-Length']) headers.delete(name); // of the wire
  return [path, new Response(await new Response(counted).blob(), { headers })];
}

addEventListener('message', e => {
  if (!e.data.list) return e.waitUntil(refresh().catch(() => {}));
  const tell = said => e.ports[0].postMessage(said);
  e.waitUntil(store(e.data.list, undefined, tell).then(() => tell({ ok: true }), error => tell({ ok: false, why: String(error) })));
});
