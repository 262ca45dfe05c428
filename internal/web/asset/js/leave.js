// Quick exit: the link and the Escape key pressed three times within two
// seconds. The page's own history entry is replaced; what the site keeps on
// the device is cleared here as well as by the server's answer. Without a line
// an empty page takes the place. A room for work that is kept on this device at
// its reader's wish (its worker stands before it) leaves by the door that keeps
// it.
const target = () => /worker\.js$/.test(navigator.serviceWorker?.controller?.scriptURL) ? '/exit/work' : document.body.dataset.exit;
const doors = document.querySelectorAll('[data-leave]');
const point = () => doors.forEach(a => { a.href = target(); });
const leave = () => {
  const to = target();
  document.documentElement.classList.add('left');
  document.title = '\u00a0';
  // Storage may be forbidden.
  try { sessionStorage.clear(); if (to === '/exit') localStorage.clear(); } catch { }
  if (to === '/exit') {
    self.caches?.keys().then(keys => keys.forEach(k => caches.delete(k)), () => {});
    navigator.serviceWorker?.getRegistrations().then(all => all.forEach(one => one.unregister()), () => {});
  }
  location.replace(navigator.onLine ? to : 'about:blank');
};
let presses = [];
addEventListener('keydown', e => {
  if (e.key !== 'Escape' || e.repeat) return;
  presses = presses.filter(t => e.timeStamp - t < 2000).concat(e.timeStamp);
  if (presses.length > 2) leave();
});
doors.forEach(a => a.addEventListener('click', e => {
  if (e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  leave();
}));
point();
navigator.serviceWorker?.addEventListener('controllerchange', point);
// A page that comes back from the browser's memory after leaving shows nothing.
addEventListener('pageshow', e => { if (e.persisted && document.documentElement.classList.contains('left')) location.replace(target()); });
