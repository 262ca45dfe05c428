// Quick exit: the link and the Escape key pressed three times within two
// seconds. The page's own history entry is replaced; what the site keeps on
// the device is cleared here as well as by the server's answer. Without a line
// an empty page takes the place. A room that is kept on this device at its
// reader's wish (a worker stands before it) leaves by the door that keeps it.
const target = () => navigator.serviceWorker?.controller ? '/exit/work' : document.body.dataset.exit;
const doors = document.querySelectorAll('[data-leave]');
const point = () => doors.forEach(a => { a.href = target(); });
const leave = () => {
  document.documentElement.classList.add('left');
  document.title = '\u00a0';
  try { sessionStorage.clear(); if (target() === '/exit') localStorage.clear(); } catch { /* storage may be forbidden */ }
  if (target() === '/exit') {
    self.caches?.keys().then(keys => keys.forEach(k => caches.delete(k)), () => {});
    navigator.serviceWorker?.getRegistrations().then(all => all.forEach(one => one.unregister()), () => {});
  }
  location.replace(navigator.onLine ? target() : 'about:blank');
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
if (navigator.serviceWorker?.controller) point();
navigator.serviceWorker?.addEventListener('controllerchange', point);
// A page that comes back from the browser's memory after leaving shows nothing.
addEventListener('pageshow', e => { if (e.persisted && document.documentElement.classList.contains('left')) location.replace(target()); });
