// What was chosen about a person is forgotten: after a quarter of an hour
// without a touch, also when the lid was closed meanwhile, and whenever the
// page goes. A part with data-forget hears "forget", told whether the page is
// being left. What its room does not answer itself (preventDefault) is reset,
// hidden while the page goes, and asked for anew at the address in data-forget.
const parts = document.querySelectorAll('[data-forget]');
const quarter = 15 * 60e3;
let touched = Date.now(), chosen = [...parts].some(part => part.dataset.sent !== undefined);
const forget = left => {
  for (const part of parts) {
    if (!part.dispatchEvent(new CustomEvent('forget', { cancelable: true, detail: { left } })) || !chosen) continue;
    part.querySelectorAll('form').forEach(form => form.reset());
    if (left) part.hidden = true; else location.replace(part.dataset.forget);
  }
};
const idle = () => { if (Date.now() - touched >= quarter) { touched = Date.now(); forget(false); } };
if (parts.length) {
  for (const sign of ['pointerdown', 'keydown', 'scroll']) addEventListener(sign, () => { idle(); touched = Date.now(); }, { capture: true, passive: true });
  for (const part of parts) part.addEventListener('input', () => { chosen = true; });
  setInterval(idle, 15e3);
  document.addEventListener('visibilitychange', idle);
  addEventListener('pagehide', () => forget(true));
  addEventListener('pageshow', e => { if (e.persisted) forget(false); });
}
