// keptNote is what the kept guide knows of itself (country, time of its data),
// undefined on a device that keeps none.
export const keptNote = async () => {
  const note = await globalThis.caches?.match('/guide/kept', { cacheName: 'guide' }).catch(() => undefined);
  return note?.json();
};
