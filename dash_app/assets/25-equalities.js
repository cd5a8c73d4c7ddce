// Equalities: how many count, how many were set aside and why; how many facts came, over time.
(() => {
  const { el, svg, fill, count, overviewOf, empty, START, isNumber, short, drawn } = window.egraphConsole;
  const KINDS = [
    { key: "accepted", glyph: "✓", word: "accepted", note: "in the graph" },
    { key: "quarantined", glyph: "⊘", word: "quarantined", note: "break the rule" },
    { key: "suspended", glyph: "…", word: "suspended", note: "lack a premise" },
  ];

  function rows(overview) {
    const { kpis } = overview;
    return KINDS.map((kind) =>
      el("div", { class: `tally tally-${kind.key}` }, [
        el("span", { class: "tally-word" }, `${kind.glyph} ${kind.word}`),
        el("span", { class: "tally-number", id: `tally-${kind.key}` }, count(kpis[kind.key])),
        el("span", { class: "tally-note" }, kind.note),
        // How many wait for a premise is not kept for the minute before.
        el("span", { class: "tally-delta" }, kind.key === "suspended" ? null : window.egraphConsole.delta(overview, kind.key, true, true)),
      ])
    );
  }

  function bar(kpis) {
    const total = KINDS.reduce((sum, kind) => sum + kpis[kind.key], 0);
    const told = KINDS.map((kind) => `${kind.word} ${kpis[kind.key]}`).join(", ");
    const parts = KINDS.filter((kind) => kpis[kind.key] > 0).map((kind) =>
      el("span", { class: `share share-${kind.key}`, style: `flex:${Math.max(kpis[kind.key], total * 0.012)}` })
    );
    return el("div", { class: "shares", role: "img", "aria-label": told }, parts);
  }

  function steps(values, high) {
    const width = 300 / values.length;
    let path = "";
    let open = false;
    values.forEach((value, index) => {
      if (!isNumber(value)) {
        open = false;
        return;
      }
      const y = (56 - (value / high) * 50).toFixed(1);
      path += `${open ? "L" : "M"}${(index * width).toFixed(1)},${y} H${((index + 1) * width).toFixed(1)} `;
      open = true;
    });
    return path;
  }

  function series(name, unit, values, klass, least) {
    const known = values.filter(isNumber);
    const high = Math.max(least, ...known);
    const last = known.length ? known[known.length - 1] : null;
    const chart = svg(
      "svg",
      {
        viewBox: "0 0 300 60", preserveAspectRatio: "none", role: "img",
        "aria-label": `${name}: now ${short(last)}, at most ${short(high)}`,
      },
      [
        svg("line", { x1: 0, x2: 300, y1: 56, y2: 56, class: "base", "vector-effect": "non-scaling-stroke" }),
        svg("path", { d: steps(values, high), class: klass, "vector-effect": "non-scaling-stroke" }),
      ]
    );
    const most = Math.max(...known);
    const facts = known.length ? `max ${Number.isInteger(most) ? count(most) : short(most)}` : "none in this window";
    return el("div", { class: "mini" }, [
      el("div", { class: "mini-head" }, [el("span", {}, name), el("span", { class: "note" }, `${unit}${facts}`)]),
      chart,
    ]);
  }

  window.dash_clientside.egraph.draw_equalities = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    if (!overview.agents.length && !overview.kpis.facts) {
      fill("equalities", empty(START));
      return drawn(overview);
    }
    fill("equalities", [
      el("div", { class: "tallies" }, rows(overview)),
      bar(overview.kpis),
      series("Facts appended", "per second, ", overview.series.facts_per_s.map((value) => value || 0), "line-facts", 1),
    ]);
    return drawn(overview);
  };
})();
