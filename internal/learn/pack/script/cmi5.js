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
  let actor = null, token = "", launch = null, heard = () => {}, began = 0, last = "", line = Promise.resolve();
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
  // queue sends one thing after the other, each until the store has answered:
  // what is sent twice is the same statement. What a store refuses is let be.
  const queue = step => {
    line = line.then(async () => {
      while (!await step().then(r => r.status < 500 && r.status !== 429, () => false) && launch) {
        heard("lost");
        await pause();
      }
      if (launch && lms.heard === "lost") heard("heard");
    });
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
  const say = (verb, result, more) => {
    const said = statement(verb, result, true, more);
    queue(() => send(said));
  };

  // result of a test that was just finished, in percent.
  const result = percent => {
    const passed = percent >= course.pass; // which start took from the platform
    const more = launch.masteryScore === undefined ? {} : { [mastery]: launch.masteryScore };
    const score = { scaled: percent / 100, raw: percent, min: 0, max: 100 };
    say(passed ? "passed" : "failed", { success: passed, score, duration: duration() }, more);
    told.passed = passed;
  };
  const complete = () => {
    told.completed = true;
    say("completed", { completion: true, duration: duration() });
  };

  const put = now => {
    if (!launch || launch.launchMode === "Browse") return;
    if (launch.launchMode === "Normal") {
      if (now.finished !== null && !told.passed) result(now.finished);
      if ((now.done || told.passed) && !told.completed) complete();
    }
    const body = JSON.stringify({ state: now.state, place: now.place, ...told });
    if (body === last) return;
    last = body;
    queue(() => ask(state("bookmark"), { method: "PUT", body, keepalive: true }));
  };

  const end = now => {
    if (!launch) return;
    put(now);
    const said = statement("terminated", { duration: duration() });
    send(said).catch(() => {}); // at once: the page goes away
    launch = null;
  };

  return { start, put, end };
})();
