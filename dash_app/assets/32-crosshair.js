// One moment under the pointer, marked on every chart over time of a page, with the figures of that second: of the live
// page, and of that of time travel. Not here: charts. Marks stand in a layer of their own, above panels that are drawn anew.
window.egraphConsole.crosshair = (() => {
  const { el, isNumber, short, count, settled, time, NOTHING } = window.egraphConsole;
  const figure = (value, unit) => (isNumber(value) ? `${short(value)}${unit}` : NOTHING);
  const among = (value, most) => Math.max(0, Math.min(most - 1, value));
  const bySecond = {
    share: (index, seconds) => (index + 0.5) / seconds.length,
    index: (share, seconds) => among(Math.floor(share * seconds.length), seconds.length),
  };
  // Sparks leave out newest seconds that are still being written.
  const bySpark = (key) => {
    const shown = (overview) => Math.max(2, settled(overview.series[key]).length);
    return {
      share: (index, seconds, overview) => index / (shown(overview) - 1),
      index: (share, seconds, overview) => among(Math.round(share * (shown(overview) - 1)), shown(overview)),
    };
  };
  const byAge = {
    share: (index, seconds, overview) => 1 + (seconds[index] - seconds[seconds.length - 1]) / overview.kpis.window_s,
    index: (share, seconds, overview) => {
      const wanted = seconds[seconds.length - 1] - (1 - share) * overview.kpis.window_s;
      return among(seconds.findIndex((second) => second >= wanted - 0.5), seconds.length);
    },
  };
  const spark = (id, key, told) => ({ find: `#${id} .spark`, edges: [0, 0, 0, 0], ...bySpark(key), short: true, told: (overview, index) => told(overview.series[key][index]) });
  const mostLacked = (overview, index) => {
    const known = overview.lags.map((item) => item.facts[index]).filter(isNumber);
    return known.length ? count(Math.max(...known)) : NOTHING;
  };
  const percent = (value) => figure(isNumber(value) ? value * 100 : value, " %");
  // Edges of the plot within its element, clockwise from the top: they are those that the charts are drawn with.
  const percentiles = (find, edges) => ({
    find, edges, ...byAge,
    told: ({ series }, index) => ["p50", "p95", "p99"].map((name) => `${name} ${figure(series[`${name}_ms`][index], "")}`).join(" · ") + " ms",
  });
  const convergence = (find) => ({
    find, edges: [0, 62, 18, 34], ...bySecond,
    told: (overview, index) => `distinct digests ${count(overview.series.distinct_digests[index])} · lag at most ${mostLacked(overview, index)}`,
  });
  // By page: an element that only this page has, and its charts.
  const PAGES = {
    live: {
      sign: "#convergence",
      charts: [
        percentiles("#percentiles", [12, 66, 28, 44]), convergence("#convergence > svg"),
        { find: "#equalities .mini svg", edges: [0, 0, 0, 0], ...bySecond, told: ({ series }, index) => `${short(series.facts_per_s[index] || 0)} facts/s` },
        spark("kpi-digests", "distinct_digests", (value) => count(value)),
        spark("kpi-facts-per-s", "facts_per_s", (value) => figure(value, "/s")),
        spark("kpi-mbps", "mbps", (value) => figure(value, " Mbps")),
        spark("kpi-efficiency", "efficiency", percent),
      ],
    },
    travel: {
      sign: "#travel-convergence",
      charts: [
        percentiles("#travel-percentiles .cut-chart", [8, 66, 22, 40]), convergence("#travel-convergence > svg"),
        spark("travel-kpi-events", "events_per_s", (value) => figure(value, "/s")),
        spark("travel-kpi-mbps", "mbps", (value) => figure(value, " Mbps")),
        ...["p50", "p95", "p99"].map((name) => spark(`travel-kpi-${name}`, `${name}_ms`, (value) => figure(value, " ms"))),
        spark("travel-kpi-efficiency", "efficiency", percent),
        spark("travel-kpi-digests", "distinct_digests", (value) => count(value)),
        spark("travel-kpi-quarantined", "quarantined", (value) => count(value)),
      ],
    },
  };

  let page = PAGES.live;
  let overview = null;
  let second = null; // the moment that is marked: it keeps its place in time while the charts move on
  let layer = null;
  let pointer = null; // where it stands: charts may come under it, or go, while it rests

  function plotOf(chart) {
    const element = document.querySelector(chart.find);
    if (!element) return null;
    const box = element.getBoundingClientRect();
    const [top, right, bottom, left] = chart.edges;
    const plot = { left: box.left + left, width: box.width - left - right, top: box.top + top, height: box.height - top - bottom };
    return plot.width > 0 && plot.height > 0 ? plot : null;
  }

  function clear() {
    second = null;
    if (layer) layer.replaceChildren();
  }

  function mark(chart) {
    const plot = plotOf(chart);
    const seconds = overview.series.second;
    const index = seconds.indexOf(second);
    const share = plot && chart.share(index, seconds, overview);
    if (!plot || share < 0 || share > 1) return null;
    const at = plot.left + share * plot.width;
    const after = share < 0.5;
    const place = after ? `left:${(at + 6).toFixed(1)}px` : `right:${(document.documentElement.clientWidth - at + 6).toFixed(1)}px`;
    return [
      el("i", { class: "crosshair-line", style: `left:${at.toFixed(1)}px;top:${plot.top.toFixed(1)}px;height:${plot.height.toFixed(1)}px` }),
      el("span", { class: "crosshair-told", style: `${place};top:${plot.top.toFixed(1)}px` }, [chart.short ? null : el("b", {}, time(second * 1e6)), ` ${chart.told(overview, index)}`]),
    ];
  }

  function paint() {
    if (second === null) return;
    if (!overview || !overview.series.second.includes(second) || !document.querySelector(page.sign)) return void clear();
    if (!layer) document.body.append((layer = el("div", { class: "crosshair", "aria-hidden": "true" })));
    layer.replaceChildren(...page.charts.flatMap((chart) => mark(chart) || []));
  }

  function follow(event) {
    if (!overview || !overview.series.second.length || !document.querySelector(page.sign)) return void (second !== null && clear());
    for (const chart of page.charts) {
      const plot = plotOf(chart);
      if (!plot || event.clientY < plot.top || event.clientY > plot.top + plot.height) continue;
      const share = (event.clientX - plot.left) / plot.width;
      if (share < 0 || share > 1) continue;
      second = overview.series.second[chart.index(share, overview.series.second, overview)];
      return void paint();
    }
    if (second !== null) clear();
  }

  let waits = false;
  function followSoon() {
    if (!waits) requestAnimationFrame(() => { waits = false; if (pointer) follow(pointer); });
    waits = true;
  }
  document.addEventListener("pointermove", (event) => { pointer = event; followSoon(); }, { passive: true });
  document.documentElement.addEventListener("pointerleave", () => { pointer = null; clear(); });
  document.addEventListener("scroll", followSoon, { passive: true, capture: true });

  // To be called with each answer, once the charts of a page are drawn.
  return (newest, name = "live") => {
    overview = newest;
    page = PAGES[name];
    if (second === null) followSoon();
    else requestAnimationFrame(paint);
  };
})();
