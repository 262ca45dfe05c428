// The course in one document: shows a page of it at a time, marks answers, draws
// the final test, and tells the learning platform. What is typed in answer to an
// open question is never read here.
import { asking } from './ask.js';

// pause is until the line is back, as far as the browser knows, or a while.
const pause = () => new Promise(go => {
  addEventListener("online", go, { once: true });
  setTimeout(go, 15000);
});

const reader = (() => {
  const most = 4095; // characters, and one to spare, of SCORM 1.2's cmi.suspend_data
  const empty = () => ({ l: course.languages[0], d: [], a: {}, t: null, s: null, p: false });
  let now = empty(), place = "contents", way = [], over = false;
  const kept = {}; // the other languages' documents, as they came
  const main = document.querySelector("main"), by = id => document.getElementById(id);

  // state is what the platform keeps, as text that fits: answers to the units'
  // questions are the first to go.
  const state = () => [{}, { a: {} }, { a: {}, t: null }, { a: {}, t: null, d: [] }].map(less => JSON.stringify({ ...now, ...less })).find(text => text.length <= most) ?? "";
  // report is what a platform may be told; finished is the percent of a test that
  // has just ended.
  const report = (finished = null) => ({ place, state: state(), score: now.s, passed: now.p, done: course.units.every(u => now.d.includes(u)), finished });
  const tell = finished => { if (!over) lms.put(report(finished)); };

  // --- questions

  const { say, name, boxes, read, fill, plain, shown, copy, looked } = asking(main, course.questions, mark);

  const answer = form => {
    for (const box of boxes(form)) {
      const question = course.questions[name(box)], given = read(box, question);
      if (given.length === 0) continue;
      now.a[name(box)] = given;
      shown(box, question, given);
    }
    tell();
  };

  // --- the final test

  const shuffled = list => list.map(x => [crypto.getRandomValues(new Uint32Array(1))[0], x]).sort((a, b) => a[0] - b[0]).map(x => x[1]);
  const draw = () => course.topics.flatMap(t => shuffled(Object.keys(course.questions).filter(q => q.startsWith(t + ".") && course.questions[q].bank)).slice(0, course.draw));
  const testBox = q => by("test." + q);

  // lay puts the drawn questions onto the page: copies of the ones that stand in
  // units, under names of their own.
  const lay = () => {
    now.t ??= { q: draw(), a: {}, n: null };
    const into = main.querySelector("[data-drawn]"), lead = main.querySelector("[data-lead]");
    lead.textContent = lead.textContent.replace("{pass}", course.pass);
    into.replaceChildren(...now.t.q.map(q => copy(q, now.t.a[q] ?? [])));
    if (now.t.n !== null) result();
    else main.querySelector("[data-finish]").hidden = false;
  };
  const result = () => {
    now.t.q.forEach(q => shown(testBox(q), course.questions[q], now.t.a[q] ?? []));
    main.querySelector("[data-finish]").hidden = true;
    main.querySelector("[data-again]").hidden = false;
    const passed = 100 * now.t.n >= course.pass * now.t.q.length;
    main.querySelector("[data-lead]").textContent = say(passed ? "passed" : "failed").replace("{right}", now.t.n).replace("{of}", now.t.q.length).replace("{pass}", course.pass);
  };
  const collect = () => now.t.q.forEach(q => {
    const given = read(testBox(q), course.questions[q]);
    if (given.length) now.t.a[q] = given; else delete now.t.a[q];
  });
  const finish = () => {
    collect();
    now.t.n = now.t.q.filter(q => mark(course.questions[q], now.t.a[q] ?? []) === 1).length;
    const percent = Math.floor(100 * now.t.n / now.t.q.length);
    now.s = Math.max(now.s ?? 0, percent); // the best one counts
    now.p ||= now.s >= course.pass; // nothing passed is taken back
    result();
    tell(percent);
    main.querySelector("#test h1").focus();
  };
  const again = () => {
    now.t = null;
    language(now.l);
    go("test");
  };

  // --- pages

  const show = id => {
    const target = by(id) ?? by("contents"), page = target.closest("[data-page]") ?? by("contents");
    main.querySelectorAll("[data-page]").forEach(p => { p.hidden = p !== page; });
    place = page.id;
    if (page.hasAttribute("data-start")) way = [];
    looked(page, way);
    const fold = target.closest("details");
    if (fold) fold.open = true;
    if (target === page) scrollTo(0, 0); else target.scrollIntoView();
    tell();
  };
  const go = id => {
    if (location.hash === "#" + id) show(id); else location.hash = id;
  };
  const marked = () => main.querySelectorAll(".learn-list a").forEach(a => {
    const done = now.d.includes(a.getAttribute("href").slice(1));
    a.parentElement.classList.toggle("done", done);
    if (done && !a.querySelector("[data-done]")) {
      const said = document.createElement("span");
      said.className = "unseen";
      said.setAttribute("data-done", "");
      said.textContent = say("done");
      a.append(said);
    }
  });

  // shade follows the page around this one: where that is light, a dark page in
  // the middle of it dazzles, and the other way round.
  const shade = () => {
    const around = window !== parent && here(() => [parent.document.body, parent.document.documentElement].map(e => getComputedStyle(e)));
    if (!around) return;
    const painted = around.map(s => s.backgroundColor.match(/[\d.]+/g).map(Number)).find(([, , , alpha = 1]) => alpha > 0) ?? [255, 255, 255];
    const dark = painted[0] + painted[1] + painted[2] < 3 * 128;
    for (const rule of [...document.styleSheets].flatMap(s => [...s.cssRules])) {
      if (rule.media) rule.media.mediaText = rule.media.mediaText.replace("(prefers-color-scheme: dark)", dark ? "(min-width: 0px)" : "(max-width: 0px)");
    }
  };
  // here is what can be read, null where it belongs to another origin.
  const here = read => {
    try {
      return read();
    } catch {
      return null;
    }
  };

  // language puts the course in a language in its place, with the answers so far.
  const language = lang => {
    now.l = lang;
    document.documentElement.lang = lang;
    main.replaceChildren(kept[lang].cloneNode(true));
    main.querySelectorAll("[data-script]").forEach(e => { e.hidden = false; });
    for (const box of boxes(main)) {
      const question = course.questions[name(box)], given = now.a[name(box)];
      plain(box);
      if (given) {
        fill(box, question, given);
        shown(box, question, given);
      }
    }
    lay();
    marked();
    by("leave")?.replaceChildren(say("leave"));
    heard(lms.heard);
  };
  // heard says how it stands with the platform.
  const heard = word => {
    lms.heard = word;
    by("heard").textContent = say(word);
    by("heard").parentElement.classList.toggle("lost", word === "lost"); // in sight wherever one reads
  };

  const listen = () => {
    addEventListener("hashchange", () => show(decodeURIComponent(location.hash.slice(1))));
    main.addEventListener("submit", e => {
      e.preventDefault();
      if (e.target.closest("#test")) finish(); else answer(e.target);
    });
    main.addEventListener("change", e => {
      if (!e.target.closest("[data-drawn]") || now.t.n !== null) return;
      collect();
      tell();
    });
    main.addEventListener("click", e => {
      const choice = e.target.closest("[data-effect]"), next = e.target.closest("[data-next]");
      if (choice) way.push({ text: choice.textContent.trim(), effect: choice.getAttribute("data-effect") });
      if (e.target.closest("[data-again]")) again();
      if (!next) return;
      const unit = next.closest("[data-unit]").id;
      if (!now.d.includes(unit)) now.d.push(unit);
      marked();
    });
    const pick = document.querySelector(".whole-bar select");
    if (pick) {
      pick.value = now.l;
      pick.addEventListener("change", () => {
        if (now.t && now.t.n === null) collect();
        language(pick.value);
        show(place);
      });
    }
    addEventListener("beforeunload", e => {
      if (lms.heard === "lost") e.preventDefault();
    });
    addEventListener("pagehide", () => {
      if (!over) lms.end(report());
      over = true;
    });
    addEventListener("pageshow", e => { if (e.persisted) location.reload(); });
  };

  // recalled is what the platform kept, where it can be read.
  const recalled = text => {
    try {
      const old = JSON.parse(text);
      const known = q => course.questions[q] && by(q);
      if (!course.languages.includes(old.l)) old.l = course.languages[0];
      old.a = Object.fromEntries(Object.entries(old.a).filter(([q, g]) => known(q) && Array.isArray(g)));
      if (old.t && !old.t.q.every(known)) old.t = null;
      return { ...empty(), ...old, d: old.d.filter(u => course.units.includes(u)) };
    } catch {
      return empty();
    }
  };

  const start = async () => {
    document.querySelectorAll("template[data-lang]").forEach(t => { kept[t.getAttribute("data-lang")] = t.content; });
    kept[course.languages[0]] = document.createDocumentFragment();
    kept[course.languages[0]].append(...[...main.childNodes].map(n => n.cloneNode(true)));
    shade();
    document.body.classList.add("live");
    document.querySelectorAll("[data-bar]").forEach(e => { e.hidden = false; });
    const back = await lms.start(heard);
    lms.heard = back?.heard ?? "unheard";
    if (back) {
      now = recalled(back.state);
      now.p ||= back.passed;
      course.pass = back.pass ?? course.pass;
      const leave = by("leave");
      if (leave && /^https?:/.test(back.leave)) {
        leave.href = back.leave;
        leave.hidden = false;
      }
    }
    if (!back?.state) now.l = [back?.language, ...navigator.languages].map(l => (l ?? "").slice(0, 2).toLowerCase()).find(l => course.languages.includes(l)) ?? now.l;
    language(now.l);
    listen();
    const to = location.hash ? decodeURIComponent(location.hash.slice(1)) : back?.place;
    if (to && to !== "contents") go(to); else show("contents");
  };

  return { start };
})();

addEventListener("DOMContentLoaded", reader.start);
