// What a learning platform that speaks SCORM 1.2 is told. Its part is found in
// the frames around this document, or in the window that opened it; without one
// the course is read all the same and nothing is kept.
const lms = (() => {
  let api = null, silent = false, began = Date.now();

  // among looks through the frames around a window; frames of another origin
  // answer nothing.
  const among = win => {
    for (let depth = 0; win && depth < 50; depth++) {
      try {
        if (win.API) return win.API;
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

  const start = async () => {
    api = find();
    if (!api || call("LMSInitialize", "") !== "true" && call("LMSGetLastError") !== "101") {
      api = null;
      return null;
    }
    began = Date.now();
    silent = ["browse", "review"].includes(get("cmi.core.lesson_mode"));
    const status = get("cmi.core.lesson_status");
    if (!silent && (status === "" || status === "not attempted")) {
      set("cmi.core.lesson_status", "incomplete");
      call("LMSCommit", "");
    }
    return { state: get("cmi.suspend_data"), place: get("cmi.core.lesson_location"), passed: status === "passed", language: get("cmi.student_preference.language") };
  };

  // put tells where the reader is and what was done so far.
  const put = now => {
    if (!api || silent) return;
    set("cmi.core.lesson_location", now.place);
    set("cmi.suspend_data", now.state);
    if (now.score !== null) {
      set("cmi.core.score.min", 0);
      set("cmi.core.score.max", 100);
      set("cmi.core.score.raw", now.score);
      set("cmi.core.lesson_status", now.passed ? "passed" : "failed");
    }
    set("cmi.core.session_time", span(Date.now() - began));
    set("cmi.core.exit", "suspend");
    call("LMSCommit", "");
  };

  const end = now => {
    if (!api) return;
    put(now);
    call("LMSFinish", "");
    api = null;
  };

  return { start, put, end };
})();
