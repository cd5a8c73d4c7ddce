// Percentiles over time: three lines, each named with its last value at its end.
(() => {
  const { short, overviewOf, isNumber, START, time, agesOf } = window.egraphConsole;
  const palette = window.egraphConsole.palette;
  const LINES = [
    { key: "p50_ms", name: "p50", variable: "--p50", dash: "solid" },
    { key: "p95_ms", name: "p95", variable: "--p95", dash: "solid" },
    { key: "p99_ms", name: "p99", variable: "--p99", dash: "5px,3px" },
  ];
  const LABEL_GAP = 0.068; // of the height of the plot: one line of text

  function blank(text) {
    const muted = palette.variable("--muted");
    return {
      data: [],
      layout: {
        ...frame(),
        xaxis: { visible: false },
        yaxis: { visible: false },
        annotations: [
          { text, showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5, font: { color: muted, size: 13 } },
        ],
      },
    };
  }

  function frame() {
    return {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 44, r: 66, t: 12, b: 28 },
      font: { family: palette.variable("--font") || "sans-serif", size: 12, color: palette.variable("--muted") },
      showlegend: false,
      hovermode: "x unified",
      hoverlabel: { bgcolor: palette.variable("--panel"), font: { color: palette.variable("--text") } },
    };
  }

  function ticksBetween(low, high) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const step of [1, 2, 5]) ticks.push(step * 10 ** power);
    }
    const inside = ticks.filter((tick) => tick >= low * 1.08 && tick <= high * 1.001);
    return inside.length > 9 ? inside.filter((tick) => /^1/.test(tick.toExponential())) : inside;
  }

  function rangeOf(values, log) {
    const low = Math.min(...values);
    const high = Math.max(...values);
    if (log) return [Math.max(0.01, low) / 1.3, Math.max(high, 0.02) * 1.3];
    return [0, high * 1.08 || 1];
  }

  function verticalAxis(range, log) {
    const shared = {
      gridcolor: palette.variable("--grid"), zeroline: false, tickfont: { size: 12 }, fixedrange: true, ticks: "",
    };
    if (!log) return { ...shared, range, nticks: 7, rangemode: "tozero" };
    const ticks = ticksBetween(range[0], range[1]);
    return { ...shared, type: "log", range: range.map(Math.log10), tickvals: ticks, ticktext: ticks.map(short) };
  }

  function timeAxis(window_s) {
    const ages = agesOf(window_s);
    return {
      range: [-window_s, 0], tickvals: ages.map(([second]) => -second), ticktext: ages.map(([, word]) => word), showgrid: false, zeroline: false,
      tickfont: { size: 12 }, fixedrange: true, hoverformat: "d",
    };
  }

  // Labels keep their order and are pushed apart where lines end close together.
  function endLabels(lines, range, log) {
    const place = (value) => {
      const share = log
        ? Math.log(value / range[0]) / Math.log(range[1] / range[0])
        : (value - range[0]) / (range[1] - range[0]);
      return Math.min(1, Math.max(0, share));
    };
    const labels = lines
      .map((line) => ({ line, last: [...line.y].reverse().find(isNumber) }))
      .filter((label) => isNumber(label.last))
      .map((label) => ({ ...label, at: place(label.last) }))
      .sort((a, b) => a.at - b.at);
    labels.forEach((label, index) => {
      if (index > 0) label.at = Math.max(label.at, labels[index - 1].at + LABEL_GAP);
    });
    return labels.map(({ line, last, at }) => ({
      xref: "paper", yref: "paper", x: 1, y: at, xanchor: "left", yanchor: "middle", xshift: 6, showarrow: false,
      text: `<b>${line.name}</b> ${short(last)}`, font: { color: line.colour, size: 12.5 },
    }));
  }

  window.dash_clientside.egraph.percentiles_figure = (view, scale) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const series = overview.series;
    const lines = LINES.map((line) => ({ ...line, y: series[line.key], colour: palette.variable(line.variable) }));
    const values = lines.flatMap((line) => line.y).filter((value) => isNumber(value) && value >= 0);
    if (!values.length) return blank(overview.agents.length ? "no messages in this window" : START);
    const log = scale !== "linear";
    const range = rangeOf(values, log);
    const newest = series.second[series.second.length - 1];
    const clock = series.second.map((second) => time(second * 1e6, false));
    return {
      data: lines.map((line) => ({
        type: "scatter",
        mode: "lines+markers",
        name: line.name,
        x: series.second.map((second) => second - newest),
        y: log ? line.y.map((value) => (isNumber(value) ? Math.max(value, 0.01) : null)) : line.y,
        text: clock,
        line: { color: line.colour, width: 1.7, dash: line.dash },
        // A second alone between quiet ones has no line; a dot keeps it visible.
        marker: {
          color: line.colour,
          size: line.y.map((value, at) => (isNumber(line.y[at - 1]) || isNumber(line.y[at + 1]) ? 0 : 4)),
        },
        hovertemplate: "%{y:.3~g} ms  %{text}",
      })),
      layout: {
        ...frame(),
        xaxis: timeAxis(overview.kpis.window_s),
        yaxis: verticalAxis(range, log),
        annotations: endLabels(lines, range, log),
        uirevision: scale,
      },
    };
  };
})();
