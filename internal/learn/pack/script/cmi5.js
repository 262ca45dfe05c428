// What a learning platform that speaks cmi5 is told (cmi5, sections 7 to 10):
// statements to the endpoint that it named when it opened this document, and the
// place to come back to through the State API. Opened without those names, the
// course is read all the same and nothing is kept.
const lms = (() => {
  const given = new URLSearchParams(location.search);
  const [endpoint, activity, registration] = ["endpoint", "activityId", "registration"].map(name => given.get(name) ?? "");
  const cmi5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5", moveOn = "https://w3id.org/xapi/cmi5/context/categories/moveon";
  const mastery = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore";
  const verb = name => ({ id: "http://adlnet.gov/expapi/verbs/" + name, display: { en: name } });
  let actor = null, token = "", launch = null, heard = () => {}, began = 0;
  let saying = [], keeping = "", kept = "", busy = false; // what is to arrive: statements, and the bookmark
  let failed = null; // percent of the best test of this session, while none was passed
  let told = { completed: false, passed: false }; // in this registration

  const ask = (path, options = {}) => fetch(endpoint.replace(/\/?$/, "/") + path, {
    ...options, credentials: "omit", referrerPolicy: "no-referrer",
    headers: { Authorization: "Basic " + token, "X-Experience-API-Version": "1.0.3", ...(options.body ? { "Content-Type": "application/json" } : {}) },
  });
  const state = id => "activities/state?" + new URLSearchParams({ activityId: activity, agent: JSON.stringify(actor), registration, stateId: id });
  const json = async path => {
    const answer = await ask(path);
    return answer.ok ? answer.json() : null;
  };

  // statement is one that cmi5 defines; those about completion and success say
  // so in their category.
  const statement = (name, result, moving, more = {}) => {
    const context = structuredClone(launch.contextTemplate ?? {});
    const also = (context.contextActivities ??= {}).category ?? [];
    context.contextActivities.category = [...also.filter(c => c.id !== cmi5), { id: cmi5 }, ...(moving ? [{ id: moveOn }] : [])];
    context.registration = registration;
    context.extensions = { ...context.extensions, ...more };
    return { id: crypto.randomUUID(), actor, verb: verb(name), object: { objectType: "Activity", id: activity }, context, timestamp: new Date().toISOString(), ...(result ? { result } : {}) };
  };
  const send = said => ask("statements?" + new URLSearchParams({ statementId: said.id }), { method: "PUT", body: JSON.stringify(said), keepalive: true });
  const keep = text => ask(state("bookmark"), { method: "PUT", body: text, keepalive: true });
  // pump sends one thing after the other, statements first, each until the store
  // has answered: what is sent twice is the same statement. What a store refuses
  // is let be.
  const pump = async () => {
    if (busy) return;
    busy = true;
    while (saying.length || keeping !== kept) {
      const said = saying.shift(), text = keeping;
      const settled = await (said ? send(said) : keep(text)).then(r => r.status < 500 && r.status !== 429, () => false);
      if (!settled && !launch) break;
      if (!settled && said) saying.unshift(said);
      if (settled && !said) kept = text;
      if (!settled) heard("lost");
      else if (launch && lms.heard === "lost") heard("heard");
      if (!settled) await pause();
    }
    busy = false;
  };
  const duration = () => "PT" + Math.max(0, Math.round((Date.now() - began) / 10) / 100) + "S";

  const start = async hear => {
    heard = hear;
    try {
      actor = JSON.parse(given.get("actor"));
      if (!endpoint || !activity || !registration || !actor) return null;
      token = (await (await fetch(given.get("fetch"), { method: "POST", credentials: "omit", referrerPolicy: "no-referrer" })).json())["auth-token"];
      if (!token) return null;
      launch = await json(state("LMS.LaunchData"));
      if (!launch) return null;
      const wished = await json("agents/profile?" + new URLSearchParams({ agent: JSON.stringify(actor), profileId: "cmi5LearnerPreferences" }));
      began = Date.now();
      const answer = await send(statement("initialized"));
      if (!answer.ok) throw new Error("refused");
      const kept = await json(state("bookmark"));
      told = { completed: kept?.completed === true, passed: kept?.passed === true };
      return { state: kept?.state ?? "", place: kept?.place ?? "", passed: told.passed, heard: { Browse: "preview", Review: "over" }[launch.launchMode] ?? "heard", pass: launch.masteryScore === undefined ? null : Math.round(100 * launch.masteryScore),
        language: (wished?.languagePreference ?? "").split(",")[0], leave: launch.returnURL ?? "" };
    } catch {
      launch = null;
      return null; // what was named does not answer
    }
  };

  // say makes a statement about completion or success now, whenever it arrives.
  const say = (verb, result, more) => saying.push(statement(verb, { ...result, duration: duration() }, true, more));
  // judge says what a test of this session came to, in percent.
  const judge = percent => {
    const passed = percent >= course.pass; // which start took from the platform
    const more = launch.masteryScore === undefined ? {} : { [mastery]: launch.masteryScore };
    say(passed ? "passed" : "failed", { success: passed, score: { scaled: percent / 100, raw: percent, min: 0, max: 100 } }, more);
  };

  // put tells what was done so far. Of passed and failed a session may say one,
  // once (cmi5, 9.3): so that a test was not passed is said at its end.
  const put = now => {
    if (!launch || launch.launchMode === "Browse") return;
    if (launch.launchMode === "Normal") {
      if (now.finished !== null && !told.passed) failed = Math.max(failed ?? 0, now.finished);
      if (failed !== null && failed >= course.pass) {
        judge(failed);
        failed = null;
        told.passed = true;
      }
      if ((now.done || told.passed) && !told.completed) {
        say("completed", { completion: true });
        told.completed = true;
      }
    }
    keeping = JSON.stringify({ state: now.state, place: now.place, ...told });
    pump();
  };

  // end says at once what is left, for the page goes away, and terminated last.
  const end = now => {
    if (!launch) return;
    put(now);
    if (failed !== null) judge(failed);
    saying.push(statement("terminated", { duration: duration() }));
    const rest = saying.length > 1 ? ask("statements", { method: "POST", body: JSON.stringify(saying), keepalive: true }) : send(saying[0]);
    rest.catch(() => {});
    saying = [];
    if (keeping !== kept) keep(keeping).catch(() => {});
    launch = null;
  };

  return { start, put, end };
})();
