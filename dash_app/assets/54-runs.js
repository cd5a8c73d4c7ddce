// The page of runs: saturations phase by phase, rules and what they made, what befell agents, sync rounds.
(() => {
  const { el, count, duration, time, turns: { wordOf, whoOf, detailOf } } = window.egraphConsole;
  const { ask, button, day, state, cell, table, addressed, pageKeys } = window.egraphConsole.records;
  const AGAIN_MS = 5000;
  const { get, go, note, take } = addressed("/runs", "mount_runs", show);
  const many = () => get("shown") === "more";
  const took = (us) => duration(us / 1000).join(" ").trim();
  const sum = (items, name) => items.reduce((total, item) => total + item[name], 0);
  const most = (items, name) => Math.max(...items.map((item) => item[name]));

  function grouped(items, key) {
    const groups = new Map();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) || []), item]);
    return [...groups.values()];
  }

  const reasonOf = (reason, agents, of) => (agents === of ? reason : `${reason} (${count(agents)} of ${count(of)} agents)`);

  // One phase: a bar on the time of its run, sums of its agents, and the agents one by one when opened.
  function phase(work, begin, end) {
    const from = Math.min(...work.map((item) => item.started_at_us));
    const until = most(work, "ended_at_us");
    const span = Math.max(1, end - begin);
    const bar = el("span", { class: "run-track", "aria-hidden": "true" }, el("span", { class: `run-bar run-${work[0].phase.toLowerCase()}`, style: `left:${(100 * (from - begin)) / span}%;width:${Math.max(0.5, (100 * (until - from)) / span)}%` }));
    const did = ["derived", "checked", "retracted", "unproven"].map((name) => [name, sum(work, name)]).filter(([, n]) => n).map(([name, n]) => `${count(n)} ${name}`);
    const reasons = [...new Set(work.map((item) => item.reason))].map((reason) => reasonOf(reason, work.filter((item) => item.reason === reason).length, work.length)).join(", ");
    const told = `${did.join(", ") || "nothing to do"} · ${most(work, "rounds") ? `${most(work, "rounds")} rounds · ` : ""}${reasons} · ${took(until - from)}`;
    const heads = [["agent"], ["derived", "number"], ["checked", "number"], ["retracted", "number"], ["unproven", "number"], ["rounds", "number"], ["nodes", "number wide"], ["matches", "number wide"], ["took", "number"], ["stopped because"]];
    const rows = work.map((item) =>
      el("tr", {}, [
        cell(`A${item.agent}`, "strong"), ...["derived", "checked", "retracted", "unproven", "rounds"].map((name) => cell(count(item[name]), "number num")),
        ...["nodes", "matches"].map((name) => cell(count(item[name]), "number num wide")), cell(took(item.ended_at_us - item.started_at_us), "number num"), cell(item.reason),
      ])
    );
    const key = `${work[0].run} ${work[0].cycle} ${work[0].phase}`;
    return el("details", { class: "run-phase", "data-key": key }, [
      el("summary", {}, [el("span", { class: "run-name" }, `${work[0].phase.toLowerCase()} · ${work.length} agents`), bar, el("span", { class: "run-told" }, told)]),
      el("div", { class: "run-scroll", tabindex: "0", role: "region", "aria-label": `agents in ${key}` }, table(heads, rows, `agents in ${key}`)),
    ]);
  }

  function run(work, cost) {
    const begin = Math.min(...work.map((item) => item.started_at_us));
    const end = most(work, "ended_at_us");
    const cycles = grouped(work, (item) => item.cycle).flatMap((cycle) => [
      el("h4", {}, `cycle ${cycle[0].cycle}`), ...grouped(cycle, (item) => item.phase).map((items) => phase(items, begin, end)),
    ]);
    return el("section", { class: "run" }, [el("h3", {}, [el("span", { class: "mono" }, work[0].run), el("span", { class: "note" }, ` ${day(begin)}, ${took(end - begin)}`)]), ...cycles, costs(work[0].run, cost)]);
  }

  function costs(run, cost) {
    if (!cost) return el("p", { class: "note" }, "what each rule cost: no report of this run tells it");
    return window.egraphConsole.ruleProfile.costs(cost, inSql("all, in SQL", `v_rule_profile WHERE run = '${run.replaceAll("'", "''")}'`));
  }

  function runs(found) {
    if (!found.work.length) return state("No saturation yet", "The agents have applied no rules. `egraph rules add FILE` writes rules, `egraph saturate` has them applied.");
    return el("div", {}, grouped(found.work, (item) => item.run).reverse().map((work) => run(work, found.costs.find((item) => item.run === work[0].run))));
  }

  function rules(found) {
    if (!found.rules.length) return state("No rules in the log", "`egraph rules add FILE` writes the rules of a file into the log.");
    const rows = found.rules.map((rule) =>
      el("tr", { class: rule.retracted ? "rule-gone" : null }, [
        el("td", { class: "rule-name", title: rule.name }, [el("a", { class: "link", href: `/events?open=${rule.partition}:${rule.offset}` }, rule.name), rule.retracted ? el("span", { class: "ink-red" }, " ✕ retracted") : null]),
        cell(count(rule.equalities), "number num"), cell(count(rule.standing), "number num"), cell(rule.text, "record-summary rule-text mono", rule.text),
      ])
    );
    return table([["rule"], ["made", "number"], ["standing", "number"], ["rewrites"]], rows, "rules");
  }

  function turns(found) {
    if (!found.turns.length) return state("Nothing befell the agents", "No agent has registered yet.");
    const rows = found.turns.map((turn) => {
      const [glyph, paint, word] = wordOf(turn.kind);
      return el("tr", {}, [cell(day(turn.at_us), "num"), cell(whoOf(turn.agent), "strong"), cell(`${glyph} ${word}`, `ink-${paint}`), cell(detailOf(turn), "record-summary", turn.detail)]);
    });
    return table([["time"], ["agent"], ["what"], ["detail"]], rows, "turns");
  }

  function rounds(found) {
    if (!found.rounds.length) return state("No sync round yet", "The orchestrator asks all agents what they hold, from time to time.");
    const rows = found.rounds.map((item) => el("tr", {}, [cell(day(item.started_at_us), "num"), cell(item.completed_at_us === null ? "not completed" : `${count(item.took_ms)} ms`, "number num"), cell(item.outcome || "–", "record-summary", item.outcome)]));
    return table([["started"], ["took", "number"], ["outcome"]], rows, "sync rounds");
  }

  function panel(name, title) {
    const place = el("div", { id: `runs-${name}`, class: "run-rows", tabindex: "0", role: "region", "aria-label": title });
    return el("section", { class: `panel runs-${name}`, "aria-labelledby": `runs-${name}-title` }, [
      el("div", { class: "panel-head" }, [el("h2", { id: `runs-${name}-title` }, title), el("span", { id: `runs-${name}-note`, class: "note" })]), place,
    ]);
  }

  // What is open stays open when the figures come anew, and so does what has the focus.
  function put(name, note, made) {
    const place = document.getElementById(`runs-${name}`);
    const open = new Set([...place.querySelectorAll("details[open]")].map((item) => item.dataset.key).concat(get("open")));
    const reached = place.contains(document.activeElement) && document.activeElement;
    const key = reached && reached.closest("details")?.dataset.key;
    for (const item of made.querySelectorAll("details")) item.open = open.has(item.dataset.key);
    const [top, left] = [place.scrollTop, place.scrollLeft];
    place.replaceChildren(made);
    [place.scrollTop, place.scrollLeft] = [top, left];
    document.getElementById(`runs-${name}-note`).replaceChildren(...[].concat(note));
    if (key) [...place.querySelectorAll("details")].find((item) => item.dataset.key === key)?.querySelector("summary").focus();
    else if (reached) [...place.querySelectorAll("button, a")].find((item) => item.textContent === reached.textContent)?.focus();
  }

  // A link from elsewhere leads to a panel that is only made here.
  function jump() {
    const target = window.location.hash && document.getElementById(window.location.hash.slice(1));
    const open = get("open") && document.querySelector(`.run details[data-key="${CSS.escape(get("open"))}"]`);
    if (target) target.closest("section").scrollIntoView({ block: "start" });
    else if (open) open.scrollIntoView({ block: "nearest" });
    if (get("open") && !open && document.querySelector(".run-phase, #runs-work .record-state")) told(`No phase ${get("open")} is among the shown runs.`, button("forget it", () => go({ open: null })));
  }

  // How many of how many, and the way to the others.
  const inSql = (text, view) => el("a", { class: "link", href: `/sql?q=${encodeURIComponent(`SELECT * FROM ${view}`)}` }, text);
  function part(text, shown, total, limit, view) {
    if (shown >= total) return text;
    return [`${text} · `, many() || shown < limit ? inSql("all, in SQL", view) : button("show more", () => go({ shown: "more" }), { class: "link" })];
  }

  function told(text, way) {
    const place = document.getElementById("runs-told");
    place.hidden = !text;
    if (place.dataset.text === text) return; // a live region speaks when it changes
    place.dataset.text = text;
    place.replaceChildren(...(text ? [el("span", {}, text), way] : []));
  }

  function drawWork(work) {
    const { profile, rounds: perRound, production } = window.egraphConsole.ruleProfile;
    const choose = (rule) => go({ rule });
    const of = work.rule === null ? "" : ` of ${work.rule}`;
    put("work", part(`newest ${work.runs_shown} of ${count(work.runs)} runs`, work.runs_shown, work.runs, 5, "v_phases"), runs(work));
    put("rules", part(`${count(work.rules.length)} of ${count(work.rules_count)} rules`, work.rules.length, work.rules_count, 0, "facts WHERE kind = 'RuleAdded'"), rules(work));
    put("profile", part(`${count(work.profile.length)} of ${count(work.profile_count)} rules, most nodes first`, work.profile.length, work.profile_count, 0, "v_rule_production"), profile(work, choose));
    put("perround", part(`${count(work.rounds.length)} of ${count(work.rounds_count)} rounds${of}`, work.rounds.length, work.rounds_count, 0, "v_rule_production"), perRound(work, choose));
    // Where nothing was made, one panel says so.
    for (const name of ["perround", "made"]) document.querySelector(`.panel.runs-${name}`).hidden = !work.profile.length && work.rule === null;
    put("made", part(`${count(work.production.length)} of ${count(work.production_count)}${of}, most nodes first`, work.production.length, work.production_count, 0, "v_rule_production"), production(work));
  }

  function drawStory(story) {
    put("turns", part(`newest ${count(story.turns.length)} of ${count(story.turns_count)}`, story.turns.length, story.turns_count, 100, "v_turns"), turns(story));
    put("rounds", part(`newest ${count(story.rounds.length)} of ${count(story.rounds_count)}`, story.rounds.length, story.rounds_count, 100, "v_sync_rounds"), rounds(story));
  }

  let shown = "";
  let shownAt = null;
  let asked = 0;
  const present = () => document.getElementById("runs-work");
  const again = () => load();

  // Figures that are shown stay when they cannot be asked for any more; a line says how old they are.
  async function load() {
    if (!present()) return;
    const number = ++asked;
    const wanted = new URLSearchParams({ limit: many() ? 50 : 5, ...(get("rule") ? { rule: get("rule") } : {}) });
    const [[work, problem], [story, trouble]] = await Promise.all([ask(`/api/v1/phases?${wanted}`), ask(`/api/v1/turns?limit=${many() ? 500 : 100}`)]);
    if (!present() || number !== asked) return; // another page or another question came before the answer
    const wrong = problem || trouble;
    const isEmpty = !present().childElementCount;
    if (wrong && !isEmpty) return told(`◌ As of ${time(shownAt * 1000)}: ${wrong}.`, button("try again", again));
    told("");
    const now = JSON.stringify([work, problem, story, trouble]);
    shownAt = Date.now();
    if (now === shown && !isEmpty) return;
    shown = wrong ? "" : now;
    const failed = (name, text) => put(name, "", state("This cannot be shown", text, button("try again", () => (clear(), load()))));
    if (work) drawWork(work);
    else for (const name of ["work", "rules", "profile", "perround", "made"]) failed(name, problem);
    if (story) drawStory(story);
    else for (const name of ["turns", "rounds"]) failed(name, trouble);
    if (isEmpty) jump();
  }

  const clear = () => document.querySelectorAll(".run-rows").forEach((place) => place.replaceChildren());

  // Opening a phase, or the rules of a run, is noted in the address; the last one opened is what a link leads to.
  document.addEventListener("click", (event) => {
    const opened = event.target.closest(".run details > summary")?.parentElement;
    if (!opened) return;
    if (!opened.open) note({ open: opened.dataset.key });
    else if (get("open") === opened.dataset.key) note({ open: null });
  });

  const keys = pageKeys("runs-page", "Keys of the page of runs", [
    ["R", "ask again", () => load()],
    ["O", "open all phases, or close them", () => {
      const phases = [...document.querySelectorAll(".run-phase")];
      const open = phases.some((item) => !item.open);
      phases.forEach((item) => (item.open = open));
    }],
    ["A", "rounds of all rules", () => go({ rule: null })],
  ]);

  window.setInterval(() => document.hidden || load(), AGAIN_MS);

  function show(search) {
    const root = document.getElementById("runs-page");
    if (!root) return;
    take(search);
    if (!root.childElementCount) {
      const column = (...panels) => el("div", { class: "runs-column" }, panels);
      root.replaceChildren(
        el("div", { id: "runs-told", class: "runs-told", role: "status", hidden: "" }),
        column(panel("work", "Saturations"), panel("turns", "What befell the agents"), panel("rounds", "Sync rounds")),
        column(panel("rules", "Rules"), panel("profile", "Profile per rule"), panel("perround", "What rules made per round"), panel("made", "What rules made, per round and agent"))
      );
      root.querySelector(".runs-work .panel-head").append(el("span", { class: "spring" }), ...keys());
      shown = "";
    }
    load();
  }
})();
