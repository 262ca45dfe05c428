// Whether a line of a country's pack answers at a time by its hours and the
// country's public holidays: for pages that are kept on the device and cannot
// ask. Undefined is not known. Form of the hours: docs/offline-pack.md.
export const lineOpen = (hours, at, holidays = []) => {
  if (!hours) return undefined;
  if (hours.always) return true;
  if (!hours.open) return undefined;
  const local = when => {
    const p = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone: hours.zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(when).map(x => [x.type, x.value]));
    const date = `${p.year}-${p.month}-${p.day}`;
    return { date, day: (new Date(date + 'T00:00Z').getUTCDay() + 6) % 7 + 1, minute: p.hour * 60 + +p.minute };
  };
  const minute = text => { const [h, m] = text.split(':'); return h * 60 + +m; };
  const spans = day => {
    const except = (hours.except ?? []).filter(x => x.date === day.date);
    if (except.length) return except.filter(x => x.from);
    return hours.holidays !== 'open' && holidays.includes(day.date) ? [] : hours.open.filter(x => x.days.includes(day.day));
  };
  const silent = day => !hours.holidays && holidays.includes(day.date) && !hours.except?.some(x => x.date === day.date);
  const now = local(at), before = local(new Date(+at - 864e5));
  const within = (list, m) => list.some(x => minute(x.from) <= m && m < minute(x.to));
  return within(spans(now), now.minute) || within(spans(before), now.minute + 1440) || (silent(now) ? undefined : false);
};

// Dates are written as the rest of the site writes them: day before month.
export const dateLang = lang => lang === 'en' ? 'en-GB' : lang;
