// Quick exit: the link and the Escape key pressed three times within two
// seconds. The page's own history entry is replaced; what the site keeps on
// the device is cleared here as well as by the server's answer. Without a line
// an empty page takes the place. Asked at the time of leaving, since a guide
// that is kept on the device leaves by another door.
const target = () => document.body.dataset.exit;
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
document.querySelectorAll('[data-leave]').forEach(a => a.addEventListener('click', e => {
  if (e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  leave();
}));
// A page that comes back from the browser's memory after leaving shows nothing.
addEventListener('pageshow', e => { if (e.persisted && document.documentElement.classList.contains('left')) location.replace(target()); });
