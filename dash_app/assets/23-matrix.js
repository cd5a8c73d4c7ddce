// The flow matrix: sender by receiver, a number in each cell. A table, so that it can be read aloud and copied.
(() => {
  const { el, fill, short, overviewOf, empty, START, span, isNumber, drawn } = window.egraphConsole;
  const palette = window.egraphConsole.palette;
  // Four digits do not fit a phone's cell; the title has all of them.
  function compact(value) {
    if (value < 999.5) return short(value);
    return value < 9950 ? `${(value / 1000).toFixed(1)}k` : `${Math.round(value / 1000)}k`;
  }
  const METRICS = {
    p95: { of: (flow) => flow.p95_ms, write: compact, unit: "p95 in ms" },
    mbps: { of: (flow) => flow.mbps, write: short, unit: "payload in Mbps" },
    efficiency: {
      of: (flow) => flow.efficiency, write: (value) => short(value * 100), unit: "useful facts in %",
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
    return el("td", { style: `background:${background};color:${ink}`, title: title(flow) }, metric.write(value));
  }

  window.dash_clientside.egraph.draw_matrix = (view, chosen) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const metric = METRICS[chosen] || METRICS.p95;
    fill("matrix-note", `sender → receiver, ${metric.unit}, ${span(overview.kpis.window_s)}`);
    if (!overview.flows.length) {
      fill("matrix", empty(overview.agents.length ? "no messages in this window" : START));
      return drawn(overview);
    }
    const numbers = overview.flows.flatMap((flow) => [flow.sender, flow.receiver]);
    const size = Math.max(...numbers, ...overview.agents.map((agent) => agent.agent)) + 1;
    const flows = new Map(overview.flows.map((flow) => [`${flow.sender}-${flow.receiver}`, flow]));
    const values = overview.flows.map(metric.of).filter(isNumber);
    const all = Array.from({ length: size }, (_, index) => index);
    const rows = all.map((sender) =>
      el("tr", {}, [
        el("th", { scope: "row" }, `A${sender}`),
        ...all.map((receiver) => cell(flows.get(`${sender}-${receiver}`), metric, values, sender === receiver)),
      ])
    );
    const head = el("tr", {}, [
      el("th", { scope: "col" }, el("span", { class: "hidden" }, "sender")),
      ...all.map((receiver) => el("th", { scope: "col" }, `A${receiver}`)),
    ]);
    fill("matrix", el("table", { class: size > 12 ? "dense" : null }, [el("thead", {}, head), el("tbody", {}, rows)]));
    return drawn(overview);
  };
})();
