// What rules made and cost, as tables whose cells hold bars: per rule, per round, each round of each agent, and per run.
// Only the page of runs uses it (54-runs.js), which knows the address.
window.egraphConsole.ruleProfile = (() => {
  const { el, count, duration } = window.egraphConsole;
  const { button, cell, state, table } = window.egraphConsole.records;

  // A number and its bar, as long as its share of the largest one of the column.
  function barred(value, most, kind) {
    const width = most ? Math.max(value ? 1 : 0, (100 * value) / most) : 0;
    return el("td", { class: "rule-bar-cell num" }, [el("span", { class: "rule-track", "aria-hidden": "true" }, el("span", { class: `rule-bar rule-bar-${kind}`, style: `width:${width}%` })), count(value)]);
  }

  const most = (items, name) => Math.max(0, ...items.map((item) => item[name]));
  const span = (item) => (item.rounds === 1 ? count(item.first_round) : `${count(item.first_round)}–${count(item.last_round)}${item.rounds < item.last_round - item.first_round + 1 ? ` (${count(item.rounds)})` : ""}`);

  function profile(found, choose) {
    if (!found.profile.length) return state("No rule has made anything yet", "Derived equalities in the log say which rule, round and agent they come from.");
    const [nodes, equalities] = [most(found.profile, "nodes"), most(found.profile, "equalities")];
    const rows = found.profile.map((item) => {
      const chosen = item.rule === found.rule;
      const name = button(item.rule, () => choose(chosen ? null : item.rule), { class: "link mono", "aria-pressed": String(chosen), title: chosen ? "rounds of all rules" : "rounds of this rule" });
      return el("tr", { "aria-current": chosen ? "true" : null }, [el("td", { class: "rule-name", title: item.rule }, name), cell(span(item), "number num"), cell(count(item.agents), "number num roomy"), barred(item.nodes, nodes, "nodes"), barred(item.equalities, equalities, "equalities"), cell(count(item.standing), "number num roomy")]);
    });
    return table([["rule"], ["rounds", "number"], ["agents", "number roomy"], ["▰ nodes"], ["▨ equalities"], ["standing", "number roomy"]], rows, "what each rule made");
  }

  function rounds(found, choose) {
    const all = found.rule === null ? null : button("rounds of all rules", () => choose(null), { class: "link" });
    if (!found.rounds.length) return state(found.rule === null ? "No rule has made anything yet" : `No rule ${found.rule} has made anything`, "Derived equalities in the log say which rule, round and agent they come from.", all);
    const [nodes, equalities] = [most(found.rounds, "nodes"), most(found.rounds, "equalities")];
    const rows = found.rounds.map((item) => el("tr", {}, [cell(count(item.round), "number num"), barred(item.nodes, nodes, "nodes"), barred(item.equalities, equalities, "equalities")]));
    return el("div", {}, [all, table([["round", "number"], ["▰ nodes"], ["▨ equalities"]], rows, "what rules made in each round")]);
  }

  function production(found) {
    if (!found.production.length) return state("Nothing was made", "Derived equalities in the log say which rule, round and agent they come from.");
    const rows = found.production.map((item) =>
      el("tr", {}, [cell(item.rule, "mono"), cell(count(item.round), "number num"), cell(item.agent === null ? "–" : `A${item.agent}`, "strong"), ...["nodes", "equalities", "standing"].map((name) => cell(count(item[name]), "number num"))])
    );
    return table([["rule"], ["round", "number"], ["agent"], ["nodes", "number"], ["equalities", "number"], ["standing", "number"]], rows, "what rules made, per round and agent");
  }

  const took = (us) => duration(us / 1000).join(" ").trim();
  const COUNTS = [["candidates", "candidates"], ["matches", "matches"], ["nodes", "new nodes"], ["unions", "new unions"], ["time_us", "time"]];

  // Rules that are not shown, in one row: the column adds up to what the run took.
  function others(cost) {
    const left = cost.rules_count - cost.rules.length;
    if (left <= 0) return [];
    return [{ rule: `${count(left)} other rules`, rest: true, ...Object.fromEntries(COUNTS.map(([name]) => [name, cost.rules.reduce((rest, item) => rest - item[name], cost[name])])) }];
  }

  // What the rules of a run cost, the heaviest first. Without a clock the share is that of the nodes tried. On a phone
  // each row is a card whose numbers carry their names; roles are written out because such rows are tables no more.
  function costs(cost, all) {
    const by = cost.time_us ? "time_us" : "candidates";
    const share = (item) => (cost[by] ? (100 * item[by]) / cost[by] : 0);
    const told = (item) => `${share(item).toFixed(share(item) < 10 ? 1 : 0)}%`;
    const labelled = (text, label) => el("td", { class: "number num", role: "cell", "data-label": label }, text);
    const rows = [...cost.rules, ...others(cost)].map((item) =>
      el("tr", { role: "row", class: item.rest ? "rule-rest" : null }, [
        el("td", { class: `rule-name ${item.rest ? "" : "mono"}`, role: "cell", title: item.rule }, item.rule),
        ...COUNTS.map(([name, label]) => labelled(name !== "time_us" ? count(item[name]) : cost.time_us ? took(item[name]) : "–", label)),
        el("td", { class: "rule-bar-cell num", role: "cell", "data-label": "share" }, [el("span", { class: "rule-track", "aria-hidden": "true" }, el("span", { class: "rule-bar rule-bar-cost", style: `width:${share(item)}%` })), told(item)]),
      ])
    );
    const heads = [["rule"], ...COUNTS.map(([, label]) => [label, "number"]), [cost.time_us ? "share of time" : "share of candidates"]];
    const made = table(heads, rows, `rules of ${cost.run} by what they cost`);
    made.setAttribute("role", "table");
    for (const part of made.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
    made.querySelector("thead tr").setAttribute("role", "row");
    for (const head of made.querySelectorAll("th")) head.setAttribute("role", "columnheader");
    const first = cost.rules[0];
    const line = first ? `${first.rule} ${told(first)}${cost.time_us ? ` of ${took(cost.time_us)}` : " of what was tried"} · ${count(cost.rules.length)} of ${count(cost.rules_count)} rules, heaviest first` : `0 of ${count(cost.rules_count)} rules`;
    return el("details", { class: "run-costs", "data-key": `${cost.run} rules` }, [
      el("summary", {}, [el("span", { class: "run-name" }, "rules by cost"), el("span", { class: "run-told" }, line)]),
      el("div", { class: "run-scroll", tabindex: "0", role: "region", "aria-label": `what the rules of ${cost.run} cost` }, [made, cost.rules.length < cost.rules_count ? el("p", { class: "note" }, all) : null]),
    ]);
  }

  return { profile, rounds, production, costs };
})();
