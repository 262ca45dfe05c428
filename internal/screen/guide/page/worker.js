// Answers for the guide's own addresses from what was kept on this device, and
// for nothing else: whatever is not named here goes to the network as if this
// script were not there. Pages for survivors are never among them.
const shelf = 'guide', note = '/guide/kept';
const ours = /^\/(?:[a-z]{2}\/(?:guide|signs|instruments|entitlement)(?:\/[a-z0-9-]+)*|guide\/(?:say|instrument|entitlement|card)(?:\/[a-z0-9-]+)+\.json|pack\/[a-z]{2}|asset\/[A-Za-z0-9.\/-]+)$/;
const facts = /^\/[a-z]{2}\/guide\/facts\//;
const hour = 36e5, patience = 4000;

addEventListener('install', () => skipWaiting());
addEventListener('activate', e => e.waitUntil(clients.claim()));

addEventListener('fetch', e => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== 'GET' || origin !== location.origin || !ours.test(pathname)) return;
  e.respondWith(answer(e.request, pathname));
  if (e.request.mode === 'navigate') e.waitUntil(refresh().catch(() => {}));
});

const find = path => caches.match(path, { cacheName: shelf, ignoreVary: true, ignoreSearch: true });

// What changes by the minute is asked for first and never kept: it may hold
// what belongs to a house. Everything else comes from the device at once.
async function answer(request, path) {
  const kept = await find(path);
  if (!kept) return fetch(request);
  if (!facts.test(path)) return kept;
  try {
    return await fetch(request, { signal: AbortSignal.timeout(patience) });
  } catch {
    return kept;
  }
}

const read = async () => (await find(note))?.json();
const write = async meta => (await caches.open(shelf)).put(note, new Response(JSON.stringify(meta), { headers: { 'Content-Type': 'application/json' } }));

// Newer words and lines come quietly, at most once an hour.
async function refresh() {
  const meta = await read();
  if (!meta || Date.now() - meta.checked < hour) return;
  await write({ ...meta, checked: Date.now() });
  await store(meta.list, meta.version);
}

// Fetches all of a list before anything that is kept is replaced; what is no
// longer on it goes at the end.
async function store(list, have) {
  const wanted = await (await fetch(list, { cache: 'no-store', credentials: 'omit' })).json();
  const now = Date.now();
  if (wanted.version !== have) {
    const shelfNow = await caches.open(shelf);
    const answers = await Promise.all(wanted.files.map(async path => {
      if (path.startsWith('/asset/') && await find(path)) return null; // its name holds its content
      const answer = await fetch(path, { cache: 'no-store', credentials: 'omit' });
      if (!answer.ok || answer.redirected) throw new Error(path);
      return [path, answer];
    }));
    for (const one of answers) if (one) await shelfNow.put(...one);
    const keep = new Set([...wanted.files, note]);
    for (const old of await shelfNow.keys()) if (!keep.has(new URL(old.url).pathname)) await shelfNow.delete(old);
  }
  await write({ list, version: wanted.version, country: wanted.country, at: now, checked: now });
  return wanted;
}

addEventListener('message', e => {
  e.waitUntil(store(e.data.list).then(() => e.ports[0].postMessage({ ok: true }), error => e.ports[0].postMessage({ ok: false, why: String(error) })));
});
