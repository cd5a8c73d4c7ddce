// Convergence: how many digests the agents had, and how many facts each lacked, second by second over the window.
(() => {
  const { el, svg, fill, count, overviewOf, empty, START, isNumber, drawn, span, agesOf, whenResized, NOTHING } = window.egraphConsole;
  const [LEFT, RIGHT, AXIS, LABEL] = [34, 62, 18, 11];
  const WORDS_FROM = 190; // lower pictures have no room for the words that stand above the panel too

  // Steps of values; where one is missing the line is open.
  function steps(values, x, y) {
    let open = false;
    return values.map((value, index) => {
      if (!isNumber(value)) return (open = false), "";
      const part = `${open ? "V" : `M${x(index).toFixed(1)},`}${y(value).toFixed(1)}H${x(index + 1).toFixed(1)}`;
      open = true;
      return part;
    }).join("");
  }

  // A bar per second, as high as the logarithm of the lag; seconds of silence are a dotted line.
  function bars(lacked, x, bottom, height, most) {
    const tall = (value) => Math.max(1.5, (height * Math.log1p(value)) / Math.log1p(Math.max(most, 9)));
    return lacked.map((value, index) => (value > 0 ? `M${x(index).toFixed(1)},${bottom}V${(bottom - tall(value)).toFixed(1)}H${x(index + 1).toFixed(1)}V${bottom}z` : "")).join("");
  }

  const silence = (lacked, x, y) => lacked.map((value, index) => (isNumber(value) ? "" : `M${x(index).toFixed(1)},${y}H${x(index + 1).toFixed(1)}`)).join("");
  const newestOf = (values) => [...values].reverse().find(isNumber);

  function ticks(window_s, x, last, y, end) {
    return agesOf(window_s).map(([second, name]) =>
      svg("text", { x: x(last - second), y, style: `text-anchor:${second === 0 ? "end" : second === window_s ? "start" : "middle"}` }, second === 0 ? end : name)
    );
  }

  const weight = (now) => (isNumber(now) ? now : Infinity);

  // Which agents have their name and lag beside their line where not all fit: who is silent or far behind comes first.
  function labelled(nows, lane) {
    const order = nows.map((now, row) => row).sort((one, other) => weight(nows[other]) - weight(nows[one]) || one - other);
    const chosen = [];
    for (const row of order) if (chosen.every((other) => Math.abs(other - row) * lane >= LABEL)) chosen.push(row);
    return new Set(chosen);
  }

  // `end` is the word for the moment that the picture ends at.
  function picture(overview, width, height, end = "now") {
    const words = height >= WORDS_FROM;
    const HEAD = words ? 16 : 5;
    const digests = overview.series.distinct_digests;
    const { lags } = overview;
    const x = (index) => LEFT + (index / Math.max(1, digests.length)) * (width - LEFT - RIGHT);
    const known = digests.filter(isNumber);
    const most = Math.max(2, ...known);
    const [top, floor] = [HEAD + 2, Math.max(HEAD + 22, Math.min(56, height * 0.26))];
    const y = (value) => floor - ((value - 1) / (most - 1)) * (floor - top);
    const lane = (height - AXIS - floor - HEAD - 6) / Math.max(1, lags.length);
    const highest = Math.max(0, ...lags.flatMap((item) => item.facts.filter(isNumber)));
    const nows = lags.map((item) => newestOf(item.facts.slice(-4)));
    const named = labelled(nows, lane);
    const rows = lags.flatMap((item, row) => {
      const bottom = Number((floor + HEAD + 6 + (row + 1) * lane).toFixed(1));
      const [now, every] = [nows[row], named.has(row)];
      return [
        svg("line", { x1: LEFT, x2: width - RIGHT, y1: bottom, y2: bottom, class: "base" }),
        svg("path", { d: bars(item.facts, x, bottom, lane - 2, highest), class: "lag-bars" }),
        svg("path", { d: silence(item.facts, x, bottom - 2), class: "lag-silence" }),
        every ? svg("text", { x: LEFT - 6, y: bottom, style: "text-anchor:end" }, `A${item.agent}`) : null,
        every ? svg("text", { x: width - RIGHT + 6, y: bottom, class: now > 0 ? "lag-now" : null }, isNumber(now) ? (now ? `−${count(now)}` : "✓ level") : "? silent") : null,
      ];
    });
    const last = newestOf(digests);
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `distinct digests: now ${isNumber(last) ? last : NOTHING}, at most ${known.length ? Math.max(...known) : NOTHING}; the most that an agent lacked: ${highest} facts; the table below has each agent` }, [
      words ? svg("text", { x: LEFT, y: 11 }, "distinct digests, 1 is agreement") : null,
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: floor, y2: floor, class: "base" }),
      svg("text", { x: LEFT - 6, y: floor + 3, style: "text-anchor:end" }, "1"), most > 2 || known.includes(2) ? svg("text", { x: LEFT - 6, y: top + 7, style: "text-anchor:end" }, count(most)) : null,
      svg("path", { d: steps(digests, x, y), class: "line-digests" }),
      isNumber(last) ? svg("text", { x: width - RIGHT + 6, y: y(last) + 4, class: last > 1 ? "lag-now" : null }, last > 1 ? `≠ ${count(last)}` : "✓ 1") : null,
      words ? svg("text", { x: LEFT, y: floor + HEAD }, `facts each agent lacked, log scale${highest ? `, at most ${count(highest)}` : ""}`) : null,
      ...rows, ...ticks(overview.kpis.window_s, x, digests.length, height - 4, end),
    ]);
  }

  function tableOf(overview) {
    const rows = overview.lags.map((item) => {
      const known = item.facts.filter(isNumber);
      const cells = [`A${item.agent}`, count(newestOf(item.facts.slice(-4))), known.length ? count(Math.max(...known)) : NOTHING, count(item.facts.filter((value) => value > 0).length), count(item.facts.length - known.length)];
      return el("tr", {}, cells.map((text) => el("td", {}, text)));
    });
    const head = ["agent", "lacks now", "lacked at most", "seconds behind", "seconds silent"].map((name) => el("th", { scope: "col" }, name));
    return el("div", { class: "hidden" }, el("table", { "aria-label": "facts that each agent lacked" }, [el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)]));
  }

  window.egraphConsole.convergence = { picture, tableOf };

  let last = null;
  function paint() {
    const place = document.getElementById("convergence");
    if (!place || !last) return;
    if (!last.lags.length) return void fill("convergence", empty(last.agents.length ? `no heartbeat in the ${span(last.kpis.window_s)}` : START));
    fill("convergence", [picture(last, Math.max(260, place.clientWidth), Math.max(116, place.clientHeight - 6)), tableOf(last)]);
  }

  window.dash_clientside.egraph.draw_convergence = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    last = overview;
    paint();
    window.egraphConsole.crosshair(overview);
    return drawn(overview);
  };

  whenResized(paint);
})();
