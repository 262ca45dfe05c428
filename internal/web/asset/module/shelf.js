// What a page does with a shelf: fills it, with a worker that answers from it,
// and takes it off this device again.
export const able = 'serviceWorker' in navigator && 'caches' in globalThis;

// noteOf is what a shelf says of itself (list, version, time of its data),
// undefined on a device that has none.
export const noteOf = async (name, note) => (await globalThis.caches?.match(note, { cacheName: name }).catch(() => undefined))?.json();

const ready = worker => new Promise(done => {
  const look = () => worker.state === 'activated' ? done(worker) : worker.state === 'redundant' && done(null);
  worker.addEventListener('statechange', look);
  look();
});
const ours = async script => (await navigator.serviceWorker.getRegistrations()).filter(r => [r.active, r.waiting, r.installing].some(w => w?.scriptURL === new URL(script, location).href));

// fill registers the worker once for each scope: outside of them the browser
// itself keeps it away. It has the list fetched, told hears how many bytes of
// how many are here, and scopes that are no longer wished go.
export const fill = async (script, scopes, list, told = () => {}) => {
  let worker;
  for (const scope of scopes) {
    const there = await navigator.serviceWorker.register(script, { scope });
    worker ??= await ready(there.installing ?? there.waiting ?? there.active);
  }
  const { port1, port2 } = new MessageChannel();
  const end = new Promise(done => { port1.onmessage = e => 'ok' in e.data ? done(e.data) : told(e.data.here, e.data.of); });
  worker.postMessage({ list }, [port2]);
  if (!(await end).ok) throw new Error('not kept');
  for (const one of await ours(script)) if (!scopes.includes(new URL(one.scope).pathname)) await one.unregister();
};

export const empty = async (name, script) => {
  await caches.delete(name);
  for (const one of await ours(script)) await one.unregister();
};

// asOf is a moment as the site writes it: day before month.
export const asOf = at => {
  const { lang } = document.documentElement;
  return new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(at));
};
