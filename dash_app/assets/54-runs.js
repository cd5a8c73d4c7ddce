// The page of runs: saturations phase by phase, rules and what they made, what befell agents, sync rounds.
(() => {
  const { el, count, duration, turns: { wordOf, whoOf, detailOf } } = window.egraphConsole;
  const { ask, button, day, state, cell, table } = window.egraphConsole.records;
  const AGAIN_MS = 5000;
  const took = (us) => duration(us / 1000).join(" ").trim();
  const sum = (items, name) => items.reduce((total, item) => total + item[name], 0);
  const most = (items, name) => Math.max(...items.map((item) => item[name]));

  function grouped(items, key) {
    const groups = new Map();
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) || []), item]);
    return [...groups.values()];
  }

  // One phase: a bar on the time of its run, sums of its agents, and the agents one by one when opened.
  function phase(work, begin, end) {
    const from = Math.min(...work.map((item) => item.started_at_us));
    const until = most(work, "ended_at_us");
    const span = Math.max(1, end - begin);
    const bar = el("span", { class: "run-track", "aria-hidden": "true" }, el("span", { class: `run-bar run-${work[0].phase.toLowerCase()}`, style: `left:${(100 * (from - begin)) / span}%;width:${Math.max(0.5, (100 * (until - from)) / span)}%` }));
    const did = ["derived", "checked", "retracted", "unproven"].map((name) => [name, sum(work, name)]).filter(([, n]) => n).map(([name, n]) => `${count(n)} ${name}`);
    const reasons = [...new Set(work.map((item) => item.reason))].join(", ");
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

  function run(work) {
    const begin = Math.min(...work.map((item) => item.started_at_us));
    const end = most(work, "ended_at_us");
    const cycles = grouped(work, (item) => item.cycle).flatMap((cycle) => [
      el("h4", {}, `cycle ${cycle[0].cycle}`), ...grouped(cycle, (item) => item.phase).map((items) => phase(items, begin, end)),
    ]);
    return el("section", { class: "run" }, [el("h3", {}, [el("span", { class: "mono" }, work[0].run), el("span", { class: "note" }, ` ${day(begin)}, ${took(end - begin)}`)]), ...cycles]);
  }

  function runs(found) {
    if (!found.work.length) return state("No saturation yet", "The agents have applied no rules. `egraph rules add FILE` writes rules, `egraph saturate` has them applied.");
    return el("div", {}, grouped(found.work, (item) => item.run).reverse().map(run));
  }

  function rules(found) {
    if (!found.rules.length) return state("No rules in the log", "`egraph rules add FILE` writes the rules of a file into the log.");
    const rows = found.rules.map((rule) =>
      el("tr", { class: rule.retracted ? "rule-gone" : null }, [
        el("td", {}, [el("a", { class: "link", href: `/events?open=${rule.partition}:${rule.offset}` }, rule.name), rule.retracted ? el("span", { class: "ink-red" }, " ✕ retracted") : null]),
        cell(count(rule.equalities), "number num"), cell(count(rule.standing), "number num"), cell(rule.text, "record-summary mono", rule.text),
      ])
    );
    return table([["rule"], ["made", "number"], ["standing", "number"], ["rewrites"]], rows, "rules");
  }

  function production(found) {
    if (!found.production.length) return state("No rule has made anything yet", "Derived equalities in the log say which rule, round and agent they come from.");
    const rows = found.production.map((item) =>
      el("tr", {}, [cell(item.rule, "mono"), cell(count(item.round), "number num"), cell(item.agent === null ? "–" : `A${item.agent}`, "strong"), ...["nodes", "equalities", "standing"].map((name) => cell(count(item[name]), "number num"))])
    );
    return table([["rule"], ["round", "number"], ["agent"], ["nodes", "number"], ["equalities", "number"], ["standing", "number"]], rows, "what rules made");
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

  // What is open stays open when the figures come anew.
  function put(name, note, made) {
    const place = document.getElementById(`runs-${name}`);
    if (!place) return;
    const open = new Set([...place.querySelectorAll("details[open]")].map((item) => item.dataset.key));
    const focused = place.contains(document.activeElement) ? document.activeElement.closest("details")?.dataset.key : null;
    for (const item of made.querySelectorAll("details")) item.open = open.has(item.dataset.key);
    place.replaceChildren(made);
    document.getElementById(`runs-${name}-note`).textContent = note;
    if (focused) [...place.querySelectorAll("details")].find((item) => item.dataset.key === focused)?.querySelector("summary").focus();
  }

  // A link from elsewhere leads to a panel that is only made here.
  function jump() {
    const target = window.location.hash && document.getElementById(window.location.hash.slice(1));
    if (target) target.closest("section").scrollIntoView({ block: "start" });
  }

  let shown = "";
  async function load() {
    if (!document.getElementById("runs-work")) return;
    const [[work, problem], [story, trouble]] = await Promise.all([ask("/api/v1/phases"), ask("/api/v1/turns")]);
    if (!document.getElementById("runs-work")) return; // another page came before the answer
    const now = JSON.stringify([work, problem, story, trouble]);
    if (now === shown && document.getElementById("runs-work").childElementCount) return;
    shown = now;
    const failed = (text) => state("This cannot be shown", text, button("try again", load));
    put("work", work ? `newest ${work.runs_shown} of ${count(work.runs)} runs` : "", work ? runs(work) : failed(problem));
    put("rules", work ? `${count(work.rules.length)} of ${count(work.rules_count)} rules` : "", work ? rules(work) : failed(problem));
    put("made", work ? `${count(work.production.length)} of ${count(work.production_count)}, most nodes first` : "", work ? production(work) : failed(problem));
    put("turns", story ? `newest ${count(story.turns.length)} of ${count(story.turns_count)}` : "", story ? turns(story) : failed(trouble));
    put("rounds", story ? `newest ${count(story.rounds.length)} of ${count(story.rounds_count)}` : "", story ? rounds(story) : failed(trouble));
  }

  window.setInterval(() => document.hidden || load(), AGAIN_MS);

  window.dash_clientside.egraph.mount_runs = () => {
    const root = document.getElementById("runs-page");
    if (!root.childElementCount) {
      const column = (...panels) => el("div", { class: "runs-column" }, panels);
      root.replaceChildren(column(panel("work", "Saturations"), panel("turns", "What befell the agents")), column(panel("rules", "Rules"), panel("made", "What rules made, per round and agent"), panel("rounds", "Sync rounds")));
    }
    load().then(jump);
    return "mounted";
  };
})();
