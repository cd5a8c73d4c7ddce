// The flow matrix: sender by receiver, a number in each cell. A table, so that it can be read aloud and copied.
(() => {
  const { el, fill, short, overviewOf, empty, START, span, isNumber, drawn, BRISK_MS, LATE_MS, SLOW_MS } = window.egraphConsole;
  const palette = window.egraphConsole.palette;
  // Four digits do not fit a phone's cell; the title has all of them.
  function compact(value) {
    if (value < 999.5) return short(value);
    return value < 9950 ? `${(value / 1000).toFixed(1)}k` : `${Math.round(value / 1000)}k`;
  }
  const METRICS = {
    p95: { of: (flow) => flow.p95_ms, write: compact, unit: "ms", share: palette.latencyShare, isTime: true },
    p99: { of: (flow) => flow.p99_ms, write: compact, unit: "ms", share: palette.latencyShare, isTime: true },
    mbps: { of: (flow) => flow.mbps, write: short, unit: "Mbps" },
    efficiency: {
      of: (flow) => flow.efficiency, write: (value) => short(value * 100), unit: "% useful",
      // Low is the trouble here, so the ramp is turned round.
      share: (value) => 1 - value,
    },
  };

  function title(flow) {
    const efficiency = isNumber(flow.efficiency) ? `${short(flow.efficiency * 100)} % useful` : "no facts";
    return (
      `A${flow.sender} → A${flow.receiver}: ${flow.messages} messages, p50 ${short(flow.p50_ms)}, ` +
      `p95 ${short(flow.p95_ms)}, p99 ${short(flow.p99_ms)} ms, ${short(flow.mbps)} Mbps, ${efficiency}`
    );
  }

  function cell(flow, metric, values, diagonal) {
    if (!flow) return el("td", { class: diagonal ? "self" : "none" });
    const value = metric.of(flow);
    if (!isNumber(value)) return el("td", { class: "unknown", title: title(flow) }, "·");
    const share = metric.share ? metric.share(value) : palette.shareOf(value, values);
    const { background, ink } = palette.ramp(share);
    const slow = metric.isTime && value >= SLOW_MS ? "slow" : null;
    return el("td", { class: slow, style: `background:${background};color:${ink}`, title: title(flow) }, metric.write(value));
  }

  // What the colours of times mean; the others run from the least to the most.
  function legend(metric) {
    if (!metric.isTime) return null;
    const steps = [[BRISK_MS / 2, `under ${BRISK_MS}`], [BRISK_MS, `${BRISK_MS} ms`], [LATE_MS, `${LATE_MS} ms`], [SLOW_MS, `from ${SLOW_MS} ms on: slow`]];
    return el("p", { class: "matrix-key" }, steps.map(([ms, text]) => {
      const swatch = el("span", { class: "swatch", style: `background:${palette.ramp(palette.latencyShare(ms)).background}` });
      return el("span", { class: ms >= SLOW_MS ? "slow" : null }, [swatch, text]);
    }));
  }

  // Gives the table of sender by receiver and what its colours mean.
  function tableOf(agents, flows, metric) {
    const numbers = flows.flatMap((flow) => [flow.sender, flow.receiver]);
    const size = Math.max(...numbers, ...agents.map((agent) => agent.agent)) + 1;
    const byEnds = new Map(flows.map((flow) => [`${flow.sender}-${flow.receiver}`, flow]));
    const values = flows.map(metric.of).filter(isNumber);
    const all = Array.from({ length: size }, (_, index) => index);
    const rows = all.map((sender) =>
      el("tr", {}, [
        el("th", { scope: "row" }, `A${sender}`),
        ...all.map((receiver) => cell(byEnds.get(`${sender}-${receiver}`), metric, values, sender === receiver)),
      ])
    );
    const head = el("tr", {}, [
      el("th", { scope: "col" }, el("span", { class: "hidden" }, "sender")),
      ...all.map((receiver) => el("th", { scope: "col" }, `A${receiver}`)),
    ]);
    const table = el("table", { class: size > 12 ? "dense" : null }, [el("thead", {}, head), el("tbody", {}, rows)]);
    return [table, legend(metric)].filter(Boolean);
  }

  window.egraphConsole.matrix = { tableOf, METRICS };

  window.dash_clientside.egraph.draw_matrix = (view, chosen) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const metric = METRICS[chosen] || METRICS.p95;
    fill("matrix-note", `row → column, ${metric.unit}`);
    document.getElementById("matrix-note").title = `from the agent of the row to that of the column, ${span(overview.kpis.window_s)}`;
    if (!overview.flows.length) {
      fill("matrix", empty(overview.agents.length ? "no messages in this window" : START));
      return drawn(overview);
    }
    fill("matrix", tableOf(overview.agents, overview.flows, metric));
    return drawn(overview);
  };
})();
