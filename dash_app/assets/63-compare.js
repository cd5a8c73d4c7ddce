// The page that compares: both sides in the address, the form that chooses them, what to do where there is no answer, and
// whether the sides have moved on since. Panels are drawn by 62-compare-panels.js.
(() => {
  const { el, count, time, whenResized } = window.egraphConsole;
  const { ask, button, day, state, addressed, reading, keysDialog } = window.egraphConsole.records;
  const panels = window.egraphConsole.comparePanels;
  const LOOK_MS = 4000;
  const [SHOWN, SHOWN_MAX] = [20, 200];
  const BODIES = [["reach", "How far each side reaches", "third"], ["alone", "Facts on one side only", "third"], ["counts", "Counts", "third"], ["left", "◧ Facts on the left only", "half"], ["right", "◨ Facts on the right only", "half"], ["classes", "Classes that differ", "half"], ["quarantine", "Quarantined on one side only", "half"]];
  const OF_GRAPHS = ["classes", "quarantine"];
  const KEYS = [["S", "swap the sides"], ["R", "compare again"], ["?", "this help"]];
  const { get, go, take } = addressed("/compare", "mount_compare", show);
  let asked = 0;
  let sides = null;
  let found = null;
  let graphs = null;
  let comparedAt = null;

  const root = () => document.getElementById("compare-page");
  const part = (name) => document.getElementById(`compare-${name}`);
  const present = () => Boolean(part("form"));
  const shown = () => Math.min(SHOWN_MAX, Math.max(1, Number(get("shown")) || SHOWN));
  const isChosen = () => ["left", "left_agent", "right", "right_agent"].some((name) => get(name));
  const again = () => show(window.location.search);
  const swap = () => isChosen() && go({ left: get("right"), left_agent: get("right_agent"), right: get("left"), right_agent: get("left_agent") });
  const showMore = () => go({ shown: Math.min(SHOWN_MAX, shown() * 4) }, true);

  function question(limit) {
    const next = new URLSearchParams({ limit });
    for (const name of ["left", "left_agent", "right", "right_agent"]) if (get(name)) next.set(name, get(name));
    return next;
  }

  // How an address reads in the form.
  function written(at) {
    if (!at || at === "end") return "now";
    if (/^t\d+$/.test(at)) return day(Number(at.slice(1)));
    return /^n\d+$/.test(at) ? `#${at.slice(1)}` : at;
  }

  function read(text) {
    const said = text.trim().toLowerCase();
    if (said === "" || said === "now" || said === "end") return "end";
    if (said === "start") return "start";
    const place = reading(text, sides && sides.newest_us);
    // A time within the last second of the log means its end, not a moment beyond it.
    return place && place[0] === "t" && sides && Number(place.slice(1)) > sides.newest_us && Number(place.slice(1)) - sides.newest_us < 1e6 ? "end" : place;
  }

  function submit(event) {
    event.preventDefault();
    const changes = {};
    let wrong = null;
    for (const side of ["left", "right"]) {
      const box = part(`${side}-at`);
      const at = read(box.value);
      box.setAttribute("aria-invalid", String(!at));
      part(`${side}-told`).textContent = at ? "" : "write now, start, 3:1041, #500, 12:30:05 or 2026-11-26 12:30:05";
      if (!at) wrong = wrong || box;
      changes[side] = at;
      changes[`${side}_agent`] = part(`${side}-agent`).value;
    }
    if (wrong) wrong.focus();
    else go(changes);
  }

  function fieldset(side, mark) {
    const at = el("input", { id: `compare-${side}-at`, autocomplete: "off", placeholder: "now, 3:1041, #500 or 12:30:05", "aria-describedby": `compare-${side}-told` });
    const set = (text) => () => { at.value = text; at.focus(); };
    return el("fieldset", { class: "compare-side" }, [
      el("legend", {}, `${mark} ${side}`),
      el("label", { class: "compare-field" }, [el("span", {}, "what"), el("select", { id: `compare-${side}-agent` }, el("option", { value: "" }, "the log itself"))]),
      el("label", { class: "compare-field compare-field-at" }, [el("span", {}, "as of"), at]),
      el("span", { class: "compare-quick" }, [button("now", set("now"), { "aria-label": `${side}: now` }), button("start", set("start"), { "aria-label": `${side}: the first record` })]),
      el("span", { id: `compare-${side}-told`, class: "compare-told-wrong", role: "status" }),
    ]);
  }

  function panel([name, title, kind]) {
    return el("section", { class: `panel compare-${kind}`, "aria-labelledby": `compare-${name}-title` }, [
      el("div", { class: "panel-head" }, [el("h2", { id: `compare-${name}-title` }, title), el("span", { id: `compare-${name}-note`, class: "note" })]),
      el("div", { id: `compare-${name}`, class: "compare-body", tabindex: "0", role: "region", "aria-label": title }),
    ]);
  }

  function build() {
    const form = el("form", { id: "compare-form", class: "panel compare-form", "aria-label": "sides to compare" }, [
      fieldset("left", "◧"), button("⇄", swap, { class: "compare-swap", "aria-label": "swap the sides", title: "swap the sides (S)" }), fieldset("right", "◨"),
      el("div", { class: "compare-act" }, [el("button", { type: "submit", class: "record-go" }, "Compare"), button("keys ?", () => part("help").showModal(), { class: "compare-keys" })]),
    ]);
    form.addEventListener("submit", submit);
    root().replaceChildren(
      form, el("div", { id: "compare-moved", class: "compare-moved", role: "status", hidden: "" }), el("div", { id: "compare-state", class: "panel compare-state", hidden: "" }),
      el("div", { id: "compare-answer", class: "compare-answer", hidden: "" }, [el("section", { class: "panel compare-verdict", "aria-label": "verdict" }, [el("div", { id: "compare-head", class: "compare-head" }), el("div", { id: "compare-told", class: "compare-told" })]), el("div", { class: "compare-panels" }, BODIES.map(panel))]),
      keysDialog("compare-help", "Keys of the comparison", KEYS)
    );
    sides = found = graphs = null;
  }

  function fillForm() {
    for (const side of ["left", "right"]) {
      part(`${side}-at`).value = written(get(side));
      part(`${side}-at`).setAttribute("aria-invalid", "false");
      part(`${side}-told`).textContent = "";
      const chosen = get(`${side}_agent`);
      const known = new Set([...(sides ? sides.agents.map((item) => String(item.agent)) : []), ...(chosen ? [chosen] : [])]);
      const roles = Object.fromEntries((sides ? sides.agents : []).map((item) => [item.agent, item.role]));
      part(`${side}-agent`).replaceChildren(el("option", { value: "" }, "the log itself"), ...[...known].map((agent) => el("option", { value: agent }, `agent ${agent}${roles[agent] ? ` (${roles[agent].toLowerCase()})` : ""}`)));
      part(`${side}-agent`).value = chosen;
    }
  }

  // What is worth comparing as things stand: [text, sides].
  function suggestions() {
    const sum = (item) => item.next_offsets.reduce((all, next) => all + next, 0);
    const ranked = [...sides.agents].sort((a, b) => sum(a) - sum(b) || a.agent - b.agent);
    const [last, first] = [ranked[0], ranked.at(-1)];
    const other = sides.agents.find((item) => item.view_digest !== sides.agents[0].view_digest);
    const minute = sides.newest_us - 60e6;
    return [
      ranked.length > 1 ? [sum(last) < sum(first) ? `agent ${last.agent}, furthest behind, and agent ${first.agent}` : `agents ${last.agent} and ${first.agent}`, { left_agent: last.agent, right_agent: first.agent }] : null,
      other ? [`agents ${sides.agents[0].agent} and ${other.agent}, whose digests differ`, { left_agent: sides.agents[0].agent, right_agent: other.agent }] : null,
      ranked.length && sides.total ? [`agent ${first.agent} and the log`, { left_agent: first.agent, right: "end" }] : null,
      sides.total > 1 ? [minute > sides.oldest_us ? "a minute ago and now" : "the start and now", { left: minute > sides.oldest_us ? `t${minute}` : "start", right: "end" }] : null,
      sides.total > 10 ? ["the newest 10 records", { left: `n${sides.total - 10}`, right: "end" }] : null,
    ].filter(Boolean);
  }

  const NONE = { left: null, left_agent: null, right: null, right_agent: null, shown: null };
  const ways = () => el("div", { class: "compare-ways" }, suggestions().map(([text, chosen]) => button(text, () => go({ ...NONE, ...chosen }))));

  function pick(side, agent) {
    part(`${side}-agent`).value = String(agent);
    part(`${side}-at`).value = "now";
    const rest = side === "left" ? "right" : "left";
    if (part(`${rest}-agent`).value) part("form").requestSubmit();
    else part(`${rest}-agent`).focus();
  }

  function start() {
    part("answer").hidden = true;
    part("state").hidden = false;
    if (!sides.total && !sides.agents.length) return part("state").replaceChildren(state("There is nothing to compare yet", "The log is empty and no agent was heard. They come while `egraph sink` runs; `make demo` starts everything.", button("look again", again)));
    const table = sides.agents.length ? panels.agents(sides, pick) : [el("p", { class: "note" }, "No agent was heard; cuts of the log can be compared.")];
    part("state").replaceChildren(el("div", { class: "compare-start" }, [el("h2", {}, "Compare two cuts of the log, or two agents"), el("p", { class: "note" }, "Choose both sides above, or take one of these."), ways(), ...table]));
  }

  function missing(problem, status) {
    part("answer").hidden = true;
    part("state").hidden = false;
    const title = status === 404 ? (/agent/.test(problem) ? "There is no such agent" : sides && !sides.total ? "The log is empty" : "There is no such moment in the log") : status === 422 ? "This address names no two sides" : "The sides cannot be compared";
    const text = status === 422 ? "Write left= and right= as PARTITION:OFFSET, start or end, and left_agent= or right_agent= as the number of an agent." : `${problem}.`;
    part("state").replaceChildren(state(title, text, el("div", {}, [sides && status !== 0 && status !== 503 ? ways() : null, el("div", { class: "compare-ways" }, [button("to the start of this page", () => go(NONE)), status === 0 || status === 503 ? button("try again", again) : null])])));
  }

  function put(name, made, note) {
    const place = part(name);
    const open = [...place.querySelectorAll("details[open]")].map((item) => item.dataset.key);
    place.replaceChildren(...[].concat(made).filter(Boolean));
    for (const key of open) place.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", "");
    if (part(`${name}-note`)) part(`${name}-note`).textContent = note || "";
    place.setAttribute("aria-busy", "false");
  }

  const width = (name) => Math.max(280, (part(name).clientWidth || 420) - 24);
  const listed = (side) => (found[`${side}_only`] && !found[`${side}_only`].count ? "none" : found[`${side}_only`] ? panels.ofMany(found[`${side}_only`].facts.length, found[`${side}_only`].count, "fact") : "");
  const growing = () => (shown() < SHOWN_MAX ? showMore : null);

  function draw() {
    part("state").hidden = true;
    part("answer").hidden = false;
    put("head", panels.head(found, graphs));
    put("told", panels.told(found));
    put("reach", panels.reach(found, width("reach")), "records ahead, per partition");
    put("alone", panels.alone(found, width("alone")));
    put("counts", panels.counts(found, graphs), graphs ? "folded from the log" : "as published");
    for (const side of ["left", "right"]) put(side, panels.facts(found, side, growing()), listed(side));
    // A list beside none takes its room.
    const held = ["left", "right"].map((side) => Boolean(!found.left_only || found[`${side}_only`].count));
    for (const [index, side] of ["left", "right"].entries()) {
      part(side).parentElement.classList.toggle("compare-small", !held[index] && held[1 - index]);
      part(side).parentElement.classList.toggle("compare-large", held[index] && !held[1 - index]);
    }
    if (!graphs) return;
    put("classes", panels.classes(graphs, growing()), panels.classesNote(graphs));
    const alone = graphs.quarantined_left_count + graphs.quarantined_right_count;
    put("quarantine", panels.quarantine(graphs, growing()), alone ? panels.ofMany(graphs.quarantined_left.length + graphs.quarantined_right.length, alone, "equality").replace(/equalitys$/, "equalities") : "none");
  }

  async function drawGraphs(mine) {
    const begun = Date.now();
    for (const name of OF_GRAPHS) {
      if (!part(name).childElementCount || !graphs) put(name, el("p", { class: "note" }, [el("span", { role: "status" }, `folding ${count(Math.max(found.left.records, found.right.records))} records …`), el("span", { class: "compare-waited", "aria-hidden": "true" })]));
      part(name).setAttribute("aria-busy", "true");
    }
    // A long log takes its time; who waits sees that something is done.
    const waiting = window.setInterval(() => {
      for (const place of document.querySelectorAll(".compare-waited")) place.textContent = ` ${count((Date.now() - begun) / 1000)} s`;
    }, 1000);
    const [answer, problem, status] = await ask(`/api/v1/compare/graph?${question(shown())}`);
    window.clearInterval(waiting);
    if (mine !== asked || !present()) return;
    graphs = answer;
    if (answer) return draw();
    draw();
    const title = status === 422 ? "Too many records to fold here" : "The graphs cannot be compared";
    for (const name of OF_GRAPHS) put(name, state(title, `${problem}.`, status === 422 ? null : button("try again", () => drawGraphs(asked))));
  }

  async function show(search) {
    if (!root()) return;
    if (!present()) build();
    take(search);
    const mine = ++asked;
    part("moved").hidden = true;
    for (const [name] of BODIES) part(name).setAttribute("aria-busy", "true");
    fillForm();
    const [known, trouble, code] = await ask("/api/v1/compare/sides");
    if (mine !== asked || !present()) return;
    sides = known || sides;
    fillForm();
    if (!known) return missing(trouble, code);
    if (!isChosen()) return start();
    const [answer, problem, status] = await ask(`/api/v1/compare?${question(shown())}`);
    if (mine !== asked || !present()) return;
    if (!answer) return missing(problem, status);
    const same = found && JSON.stringify([found.left, found.right]) === JSON.stringify([answer.left, answer.right]);
    found = answer;
    if (!same) graphs = null;
    comparedAt = Date.now();
    draw();
    await drawGraphs(mine);
  }

  // What has changed of a side since it was compared, in words; nothing for one that cannot change.
  function moved(its, now) {
    if (!its.live) return null;
    if (!its.published) return now.at === its.at ? null : `${panels.many(Math.max(1, now.total - its.records), "record")} came into the log`;
    const agent = now.agents.find((item) => item.agent === its.published.agent);
    if (!agent) return `agent ${its.published.agent} is not heard any more`;
    const read = agent.next_offsets.reduce((sum, next, index) => sum + next - (its.published.next_offsets[index] ?? 0), 0);
    if (read) return `agent ${agent.agent} has ${read > 0 ? `read ${panels.many(read, "more record")}` : "begun anew"}`;
    return agent.view_digest === its.published.view_digest ? null : `agent ${agent.agent} published another digest`;
  }

  async function look() {
    if (!present() || document.hidden || part("answer").hidden || !found || !(found.left.live || found.right.live)) return;
    const mine = asked;
    const [now, problem] = await ask("/api/v1/compare/sides");
    if (mine !== asked || !present() || part("answer").hidden) return;
    const place = part("moved");
    const news = now ? [...new Set([moved(found.left, now), moved(found.right, now)].filter(Boolean))].join("; ") : problem;
    const when = comparedAt ? time(comparedAt * 1000, false) : "";
    const text = now ? `◌ Since ${when}, ${news}.` : `✕ Not refreshed since ${when}: ${news}.`;
    place.hidden = !news;
    // A live region speaks when it changes.
    if (!news || place.dataset.text === text) return;
    place.dataset.text = text;
    const held = place.contains(document.activeElement);
    place.replaceChildren(el("span", {}, text), button("compare again (R)", again));
    if (held) place.querySelector("button").focus();
  }

  function onKey(event) {
    if (!present() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const act = { s: swap, S: swap, r: again, R: again, "?": () => part("help").showModal() }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  document.addEventListener("keydown", onKey);
  window.setInterval(look, LOOK_MS);
  whenResized(() => present() && found && !part("answer").hidden && draw());
})();
