// Figures of a cut as tiles, each with its change from the period before and its line up to the cut; and a cut in the form
// in which panels of the live page take their data. No cursor, no questions.
(() => {
  const { count, short, duration, isNumber, delta, drawTile, NOTHING, SLOW_MS } = window.egraphConsole;

  // What convergence, crosshair and changes read of an answer about now.
  function asOverview(cut) {
    const { window: found, moment_us, agents } = cut;
    const { latest, earlier, lags } = found;
    const second = found.second.map((age) => moment_us / 1e6 + age - 1);
    return {
      agents, lags, latest, series: { ...found, second }, earlier: earlier && { ...earlier, lasts_s: found.period_s },
      kpis: { window_s: found.window_s, distinct_digests: latest.distinct_digests, quarantined: latest.quarantined },
    };
  }

  function tiles(cut) {
    const { latest, period_s } = cut.window;
    const series = cut.window;
    const mean = `mean of the ${period_s} s up to the cut`;
    const late = (name) => {
      const [value, unit] = duration(latest[`${name}_ms`]);
      return { id: name, field: `${name}_ms`, name: `Latency ${name}`, value, unit: unit || "no messages", alert: latest[`${name}_ms`] >= SLOW_MS, spark: series[`${name}_ms`], hint: `of messages that arrived in the ${period_s} s up to the cut; slow from ${SLOW_MS} ms on` };
    };
    return [
      { id: "events", field: "events_per_s", name: "Events", value: short(latest.events_per_s), unit: "/s", spark: series.events_per_s, hint: `events of agents, ${mean}` },
      { id: "mbps", field: "mbps", name: "Payload", value: short(latest.mbps), unit: "Mbps", spark: series.mbps, hint: `gossip, ${mean}` },
      late("p50"), late("p95"), late("p99"),
      { id: "efficiency", field: "efficiency", name: "Sync efficiency", value: isNumber(latest.efficiency) ? short(latest.efficiency * 100) : NOTHING, unit: isNumber(latest.efficiency) ? "%" : "no facts", spark: series.efficiency, hint: `useful facts of facts received in the ${period_s} s up to the cut` },
      { id: "digests", field: "distinct_digests", absolute: true, name: "Distinct digests", value: count(latest.distinct_digests), unit: isNumber(latest.distinct_digests) ? `of ${cut.agents.length} agents` : "nobody heard", alert: latest.distinct_digests > 1, spark: series.distinct_digests, hint: "view digests of the agents heard just before the cut; 1 is agreement" },
      { id: "quarantined", field: "quarantined", absolute: true, name: "Quarantined", value: count(latest.quarantined), unit: isNumber(latest.quarantined) ? "equalities" : "nobody heard", alert: latest.quarantined > 0, spark: series.quarantined, hint: "equalities kept out because they break the colour rule, where an agent knew most" },
    ];
  }

  function changeOf(overview, tile) {
    const change = delta(overview, tile.field, tile.absolute);
    if (change) change.title = change.title.replace(/^now /, "at the cut ").replace(/^last /, "up to the cut, ");
    return change;
  }

  function draw(cut) {
    const overview = asOverview(cut);
    return tiles(cut).map((tile) => drawTile({ ...tile, delta: changeOf(overview, tile) }, "travel-kpi"));
  }

  window.egraphConsole.cutKpis = { draw, asOverview };
})();
