// The picture of a group as it grows: the same page is asked for again every
// ten seconds while it is seen. After half an hour without a touch it is left to
// the link, so that an empty room keeps nobody signed in.
const every = 10_000, patience = 30 * 60_000;
let touched = Date.now();
for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => { touched = Date.now(); });

const look = async () => {
  const here = document.querySelector('#live[data-live]');
  if (!here || document.hidden || Date.now() - touched > patience || here.contains(document.activeElement)) return;
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#live');
  if (fresh && fresh.innerHTML !== here.innerHTML) here.replaceWith(document.adoptNode(fresh));
};
setInterval(() => look().catch(() => {}), every);
document.querySelector('[data-still]')?.setAttribute('hidden', '');
