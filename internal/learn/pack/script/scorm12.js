// What a learning platform that speaks SCORM 1.2 is told. Its part is found in
// the frames around this document, or in the window that opened it; without one
// the course is read all the same and nothing is kept.
const lms = (() => {
  let api = null, mode = "", began = Date.now(), turn = 0, heard = () => {};
  let sure = null, wanted = null, asking = false; // what has certainly arrived, and what is to
  let kept = ""; // what to keep of the reader

  // among looks through the frames around a window for the one that has the
  // platform's part; frames of another origin answer nothing.
  const among = win => {
    for (let depth = 0; win && depth < 50; depth++) {
      try {
        if (win.API) return win;
      } catch {
        return null;
      }
      if (win.parent === win) return null;
      win = win.parent;
    }
    return null;
  };
  const find = () => {
    const found = among(window);
    if (found) return found;
    try {
      return among(window.opener ?? window.top.opener);
    } catch {
      return null;
    }
  };

  const call = (name, ...args) => {
    try {
      return String(api[name](...args));
    } catch {
      return "";
    }
  };
  const get = name => call("LMSGetValue", name);
  const set = (name, value) => call("LMSSetValue", name, String(value));

  const two = n => String(n).padStart(2, "0");
  // span is a time as the standard's CMITimespan: HHHH:MM:SS.
  const span = ms => {
    const s = Math.min(Math.floor(ms / 1000), 9999 * 3600 + 3599);
    return String(Math.floor(s / 3600)).padStart(4, "0") + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  };

  const start = async hear => {
    const platform = find();
    heard = hear;
    api = platform?.API;
    if (!api || call("LMSInitialize", "") !== "true" && call("LMSGetLastError") !== "101") {
      api = null;
      return null;
    }
    began = Date.now();
    mode = get("cmi.core.lesson_mode");
    const status = get("cmi.core.lesson_status");
    sure = { status, raw: get("cmi.core.score.raw"), place: get("cmi.core.lesson_location") };
    if (mode !== "review" && ["", "not attempted", "browsed"].includes(status)) open();
    return { state: get("cmi.suspend_data"), place: sure.place, passed: status === "passed", heard: { browse: "preview", review: "over" }[mode] ?? "heard",
      language: get("cmi.student_preference.language") || platform.document.documentElement.lang };
  };
  // open begins an attempt. A preview has to say that it is one: where nothing was
  // said, platforms take the attempt for completed, and the next visit for a look
  // back at it (Moodle 4.5).
  const open = () => {
    set("cmi.core.lesson_status", mode === "browse" ? "browsed" : "incomplete");
    if (mode !== "browse") {
      set("cmi.core.score.min", 0);
      set("cmi.core.score.max", 100);
    }
    call("LMSCommit", "");
  };

  // put tells where the reader is and what was done so far. A test that was not
  // passed leaves the attempt open: "failed" ends it on platforms, and what is
  // reached on another day would then count for nothing.
  const put = now => {
    if (!api || mode === "browse") return;
    kept = now.state;
    wanted = { status: now.passed ? "passed" : "incomplete", raw: String(now.score ?? ""), place: now.place };
    set("cmi.core.session_time", span(Date.now() - began));
    set("cmi.core.exit", "suspend");
    const taken = tell(wanted);
    if (mode !== "review" && (wanted.status !== sure.status || wanted.raw !== sure.raw)) ascertain(taken);
  };
  // tell says all of it. The kept text ends in a space every other time: a
  // platform that sends only what has changed (Moodle) then sends it each time,
  // also when it got lost on the way before. Who looks back at an attempt keeps
  // the place, and the result stays.
  const tell = all => {
    turn ^= 1;
    set("cmi.core.lesson_location", all.place);
    set("cmi.suspend_data", kept + " ".repeat(turn));
    if (mode !== "review") {
      set("cmi.core.lesson_status", all.status);
      if (all.raw !== "") set("cmi.core.score.raw", all.raw);
    }
    return call("LMSCommit", "") === "true";
  };

  // ascertain stays with a result until the platform has it. A platform may say
  // that it took what never left the browser, and does not send again what it
  // believes sent (Moodle 4.5): so where the package comes from is asked for one
  // of its files, and once it answers the platform is told what it had before,
  // then the news.
  const ascertain = async taken => {
    if (asking) return;
    asking = true;
    while (api && !(taken && await answers())) {
      heard("lost");
      await pause();
      taken = api && await answers() && tell({ ...sure, raw: sure.raw || "0" }) && tell(wanted);
    }
    asking = false;
    if (!api) return;
    sure = wanted;
    heard("heard");
  };
  const answers = () => fetch("mark.js", { cache: "no-store" }).then(r => r.ok && !r.redirected, () => false);

  const end = now => {
    if (!api) return;
    put(now);
    call("LMSFinish", "");
    api = null;
  };

  return { start, put, end };
})();
