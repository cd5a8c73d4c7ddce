// What rules made, as tables whose cells hold bars: per rule, per round, and each round of each agent. Only the page of
// runs uses it (54-runs.js), which knows the address.
window.egraphConsole.ruleProfile = (() => {
  const { el, count } = window.egraphConsole;
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

  return { profile, rounds, production };
})();
