// The strip of key figures, each with its change from the minute before to the last one where both are known. A figure
// that must have a value (0 violations, 1 digest) says so and turns orange if not.
(() => {
  const { el, svg, fill, count, short, duration, overviewOf, isNumber, span, NOTHING, settled, drawn } = window.egraphConsole;

  function spark(values) {
    const known = values.filter(isNumber);
    if (known.length < 2) return null;
    const shown = settled(values);
    const high = Math.max(...known) || 1;
    const at = (value, index) =>
      `${((index / (shown.length - 1)) * 100).toFixed(1)},${(19 - (value / high) * 17).toFixed(1)}`;
    const points = shown.map((value, index) => at(isNumber(value) ? value : 0, index)).join(" ");
    return svg("svg", { class: "spark", viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" }, [
      svg("polygon", { points: `0,20 ${points} 100,20` }),
      svg("polyline", { points, "vector-effect": "non-scaling-stroke" }),
    ]);
  }

  // What has changed from one minute to the next. Without the earlier one there is nothing to compare, and nothing is told.
  function changeOf(now, before, absolute) {
    if (!isNumber(now) || !isNumber(before)) return null;
    const by = absolute ? now - before : before ? ((now - before) / before) * 100 : null;
    if (by === null) return null;
    const size = absolute ? count(Math.abs(by)) : `${count(Math.min(999, Math.abs(by)))}${Math.abs(by) > 999 ? "+" : ""} %`;
    if (/^0( |$)/.test(size)) return { text: "= same", word: "the same as in" };
    return { text: `${by > 0 ? "▲" : "▼"} ${size}`, word: `${by > 0 ? "up" : "down"} ${size} from` };
  }

  // `quiet` leaves out that nothing has changed.
  function delta(overview, field, absolute, quiet) {
    const { latest, earlier } = overview;
    if (!latest || !earlier) return null;
    const change = changeOf(absolute ? overview.kpis[field] : latest[field], earlier[field], absolute);
    if (!change || (quiet && change.text[0] === "=")) return null;
    const about = earlier.lasts_s === 60 ? "minute" : `${earlier.lasts_s} s`;
    const told = absolute ? `now ${count(overview.kpis[field])}, ${about === "minute" ? "a minute" : about} ago ${count(earlier[field])}` : `last ${about} ${short(latest[field])}, the ${about} before ${short(earlier[field])}`;
    return el("span", { class: "kpi-delta", title: told, "aria-label": `${change.word} the ${about} before`, role: "img" }, change.text);
  }

  Object.assign(window.egraphConsole, { delta, drawTile });

  function tiles(overview) {
    const k = overview.kpis;
    const s = overview.series;
    const none = k.agents === 0;
    const window_ = span(k.window_s);
    const late = (name, ms) => {
      const [value, unit] = duration(ms);
      return { id: `end-to-end-${name}`, delta: delta(overview, `end_to_end_${name}_ms`), name: `End to end ${name}`, value, unit: unit || "no new facts", hint: `append to fold, ${window_}` };
    };
    return [
      { id: "facts", name: "Facts", value: count(k.facts), delta: delta(overview, "facts", true), hint: "held by the agent that holds most" },
      { id: "classes", name: "Classes", value: count(k.classes), delta: delta(overview, "classes", true), hint: `e-classes of ${count(k.nodes)} e-nodes` },
      {
        id: "violations", name: "Violations", value: count(k.violations), unit: "must be 0",
        alert: k.violations > 0, hint: "classes of the visible graph that break the colour rule; must be 0",
      },
      {
        id: "digests", name: "Distinct digests", value: none ? NOTHING : count(k.distinct_digests),
        unit: none ? "" : k.distinct_digests === 1 ? "agents agree" : k.facts_per_s > 0 ? "catching up" : "must be 1",
        alert: k.distinct_digests > 1 && !(k.facts_per_s > 0), spark: s.distinct_digests,
        hint: "view digests among live agents; must be 1 once everything has arrived",
      },
      { id: "facts-per-s", name: "Facts in", value: short(k.facts_per_s), unit: "/s", delta: delta(overview, "facts_per_s"), spark: s.facts_per_s, hint: "last 10 s" },
      { id: "mbps", name: "Payload", value: short(k.throughput_mbps), unit: "Mbps", delta: delta(overview, "throughput_mbps"), spark: s.mbps, hint: "gossip, last 10 s" },
      late("p50", k.end_to_end_p50_ms),
      late("p95", k.end_to_end_p95_ms),
      late("p99", k.end_to_end_p99_ms),
      {
        id: "efficiency", name: "Sync efficiency", value: isNumber(k.sync_efficiency) ? short(k.sync_efficiency * 100) : NOTHING,
        unit: isNumber(k.sync_efficiency) ? "%" : "", delta: delta(overview, "sync_efficiency"), spark: s.efficiency, hint: `useful facts of facts received, ${window_}`,
      },
      { id: "dead-letters", name: "Dead letters", value: count(k.dead_letters), hint: "records refused and kept" },
    ];
  }

  // `name` begins the id of the tile.
  function drawTile(tile, name) {
    return el("div", { class: `kpi${tile.alert ? " kpi-alert" : ""}`, role: "listitem", id: `${name}-${tile.id}`, title: tile.hint }, [
      el("span", { class: "kpi-name" }, tile.name),
      el("span", { class: "kpi-line" }, [
        tile.alert ? el("span", { class: "kpi-glyph" }, "! ") : null,
        el("span", { class: "kpi-value" }, tile.value),
        el("span", { class: "kpi-unit" }, tile.unit || ""),
      ]),
      tile.delta || tile.spark ? el("span", { class: "kpi-foot" }, [tile.delta, tile.spark ? spark(tile.spark) : null]) : null,
    ]);
  }

  window.dash_clientside.egraph.draw_kpis = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    fill(
      "kpis",
      tiles(overview).map((tile) => drawTile(tile, "kpi"))
    );
    return drawn(overview);
  };
})();
