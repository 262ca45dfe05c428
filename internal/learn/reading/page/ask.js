// Questions in a document that no server answers, marked as they are elsewhere:
// each stands there with all that can be said to its answers, which is held back
// until something was answered. What is typed in answer to an open question is
// never read. questions are Outline.Questions, mark is that of mark.js.
export const asking = (main, questions, mark) => {
  const say = name => main.querySelector(`[data-say="${name}"]`).textContent;
  const name = box => box.id.replace(/^test\./, "");
  const boxes = root => [...root.querySelectorAll("fieldset.learn-q")].filter(b => questions[name(b)].kind !== "text");

  // read takes an answer out of a question's fields, as learn.Question.Read.
  const read = (box, question) => {
    const fields = [...box.querySelectorAll("select")].filter(f => f.value !== "");
    const last = f => f.name.slice(f.name.lastIndexOf(".") + 1);
    if (question.kind === "match") return fields.map(f => last(f) + "=" + f.value);
    if (question.kind === "order") {
      const placed = [];
      fields.forEach(f => { placed[f.value - 1] ??= last(f); });
      return placed.filter(id => id);
    }
    return [...box.querySelectorAll("input:checked")].filter(f => !f.name.endsWith(".sure")).map(f => f.value);
  };

  // fill puts an answer back into the fields.
  const fill = (box, question, given) => {
    for (const f of box.querySelectorAll("select")) {
      const id = f.name.slice(f.name.lastIndexOf(".") + 1);
      const at = given.indexOf(id), pair = given.find(one => one.startsWith(id + "="));
      f.value = question.kind === "order" ? (at < 0 ? "" : String(at + 1)) : (pair ?? "=").split("=")[1];
    }
    for (const f of box.querySelectorAll("input")) if (!f.name.endsWith(".sure")) f.checked = given.includes(f.value);
  };

  const plain = box => {
    box.classList.remove("done");
    box.querySelectorAll(".learn-o, .learn-places li, .learn-pairs li").forEach(o => o.classList.remove("right", "miss", "chosen"));
    box.querySelectorAll(".learn-f, .learn-places small, .learn-verdict, .learn-verdict ~ *").forEach(f => { f.hidden = true; });
    box.querySelectorAll("[data-added]").forEach(a => a.remove());
  };

  // shown says to an answer what there is to say.
  const shown = (box, question, given) => {
    plain(box);
    box.classList.add("done");
    box.querySelectorAll(".learn-f").forEach(f => { f.hidden = false; });
    ({ order: showOrder, match: showPairs }[question.kind] ?? showTicks)(box, question, given);
    const share = mark(question, given), verdict = box.querySelector(".learn-verdict");
    const sure = box.querySelector("input[name$='.sure']:checked");
    verdict.hidden = false;
    verdict.textContent = say(share === 1 ? "all-right" : share ? "partly" : "look");
    if (sure) verdict.textContent += " " + say((share === 1 ? "right-" : "wrong-") + sure.value);
    const told = [...box.querySelectorAll(".learn-verdict ~ *")]; // of an order: what is said to all, then to the right one
    told.forEach((t, i) => { t.hidden = i === told.length - 1 && share !== 1; });
  };
  const showTicks = (box, question, given) => {
    const right = new Map(question.answers.map(a => [a.id, a.right]));
    for (const o of box.querySelectorAll(".learn-o")) {
      const id = o.querySelector("input").value, said = o.querySelector(".learn-f");
      o.classList.toggle("right", right.get(id));
      o.classList.toggle("chosen", given.includes(id));
      if (given.includes(id) && !right.get(id)) {
        const cross = main.querySelector("[data-cross]").cloneNode(true);
        [...cross.children].reverse().forEach(c => { c.setAttribute("data-added", ""); said.prepend(c); });
      }
    }
  };
  const showOrder = (box, question, given) => question.answers.forEach((a, i) => {
    const li = box.querySelector(`select[name$=".${a.id}"]`).closest("li"), good = given.indexOf(a.id) === i;
    li.classList.add(good ? "right" : "miss");
    li.querySelector("small").hidden = good;
  });
  const showPairs = (box, question, given) => question.answers.forEach(a => {
    const li = box.querySelector(`select[name$=".${a.id}"]`).closest("li"), good = given.includes(a.id + "=" + a.id);
    li.classList.add(good ? "right" : "miss");
    li.querySelector(".learn-f > .small").hidden = good;
  });

  // copy is a question of a test: the one that stands in a unit, under names of
  // its own.
  const copy = (q, given) => {
    const box = document.getElementById(q).cloneNode(true);
    plain(box);
    for (const attribute of ["id", "name", "aria-labelledby", "aria-describedby"]) {
      for (const e of [box, ...box.querySelectorAll(`[${attribute}]`)]) if (e.hasAttribute(attribute)) e.setAttribute(attribute, "test." + e.getAttribute(attribute));
    }
    fill(box, questions[q], given);
    return box;
  };

  // looked goes back over the decisions of a case when it has ended.
  const looked = (page, way) => {
    const list = page.querySelector(".learn-steps");
    if (!list) return;
    list.hidden = way.length === 0;
    list.replaceChildren(...way.map(step => {
      const li = document.createElement("li"), text = document.createElement("span"), effect = document.createElement("small");
      li.className = step.effect;
      text.textContent = step.text;
      effect.textContent = say(step.effect);
      li.append(text, effect);
      return li;
    }));
  };

  return { say, name, boxes, read, fill, plain, shown, copy, looked };
};
