// The lattice: agents at fixed places, told by their health, their colour or their lag, as chosen; arrows by p95.
// Drawn in the pixels of its panel, so that words keep their size. Shape and sign tell health whatever is chosen.
window.egraphConsole.lattice = (() => {
  const { el, svg, fill, count, short, duration, overviewOf, empty, bandOf, isNumber, START, drawn, whenResized, BRISK_MS, LATE_MS, SLOW_MS } = window.egraphConsole;
  const palette = window.egraphConsole.palette;
  // The three-level Sierpinski lattice of nine agents, as shares of the picture. Places never depend on data, so that
  // nothing jumps.
  const NINE = [[0.5, 0], [0.274, 1], [0.726, 1], [0, 2], [0.274, 2], [0.5, 2], [0.726, 2], [1, 2], [0.274, 3]].map(([x, y]) => [x, y / 3]);
  const [LEAST, MOST] = [13, 34];
  const [DIGEST_FROM, UNIT_FROM, WORDS_FROM] = [29, 25, 19]; // radius of a node
  const ROLES = { RED: ["▲", "red"], BLUE: ["●", "blue"], GREEN: ["■", "green"] };
  const LAGS = [0, 1, 10, 100, 1000];

  function places(agents, width, height) {
    const size = Math.max(...agents.map((agent) => agent.agent)) + 1;
    if (size === NINE.length) {
      const radius = Math.max(LEAST, Math.min(MOST, (height - 26) / 8.6, width / 14.5));
      const [edge, inner] = [radius + 8, Math.min(width - 2 * radius - 16, 2.9 * height)];
      const left = (width - inner) / 2;
      return { at: NINE.map(([x, y]) => [left + x * inner, edge + y * (height - 2 * edge)]), radius };
    }
    const radius = Math.max(9, Math.min(MOST, size < NINE.length ? MOST : 230 / size));
    const at = Array.from({ length: size }, (_, index) => {
      const angle = (2 * Math.PI * index) / size - Math.PI / 2;
      return [width / 2 + (width / 2 - radius - 20) * Math.cos(angle), height / 2 + (height / 2 - radius - 12) * Math.sin(angle)];
    });
    return { at, radius };
  }

  function polygon(x, y, radius, corners, turn, paint) {
    const points = Array.from({ length: corners }, (_, index) => {
      const angle = (2 * Math.PI * index) / corners + turn;
      return `${(x + radius * Math.cos(angle)).toFixed(1)},${(y + radius * Math.sin(angle)).toFixed(1)}`;
    });
    return svg("polygon", { points: points.join(" "), class: "shape", ...paint });
  }

  function shape(band, x, y, radius, paint) {
    if (band === "healthy") return svg("circle", { cx: x, cy: y, r: radius, class: "shape", ...paint });
    if (band === "down") return polygon(x, y, radius + 2, 8, Math.PI / 8, paint);
    return polygon(x, y, radius + 3, 6, 0, paint);
  }

  // Both directions of an edge are bowed apart, so that each has its own colour.
  function arrow(from, to, radius) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / length, dy / length];
    const bow = Math.min(18, 6 + length * 0.05);
    const start = [from[0] + ux * (radius + 3) - uy * 6, from[1] + uy * (radius + 3) + ux * 6];
    const end = [to[0] - ux * (radius + 8) - uy * 6, to[1] - uy * (radius + 8) + ux * 6];
    const middle = [(start[0] + end[0]) / 2 - uy * bow, (start[1] + end[1]) / 2 + ux * bow];
    const path = `M${start.map((v) => v.toFixed(1))} Q${middle.map((v) => v.toFixed(1))} ${end.map((v) => v.toFixed(1))}`;
    return { path, middle: [(start[0] + end[0]) / 2 - uy * bow * 0.5, (start[1] + end[1]) / 2 + ux * bow * 0.5] };
  }

  function marker(id, colour) {
    const attributes = { id, viewBox: "0 0 6 6", refX: 4, refY: 3, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" };
    return svg("marker", attributes, svg("path", { d: "M0,0 L6,3 L0,6 z", fill: colour }));
  }

  function edges(agents, flows, at, radius, name) {
    const most = Math.max(1e-9, ...flows.map((flow) => flow.mbps));
    const known = flows.filter((flow) => at[flow.sender] && at[flow.receiver]);
    const taken = new Set();
    const [defs, lines] = [[], []];
    known.forEach((flow, index) => {
      taken.add(`${flow.sender}-${flow.receiver}`);
      const colour = palette.ramp(palette.latencyShare(flow.p95_ms)).background;
      defs.push(marker(`${name}-tip-${index}`, colour));
      const { path } = arrow(at[flow.sender], at[flow.receiver], radius);
      const width = (1.4 + 2 * Math.sqrt(flow.mbps / most)).toFixed(2);
      const told = `A${flow.sender} → A${flow.receiver}: p95 ${short(flow.p95_ms)} ms, ${short(flow.mbps)} Mbps`;
      lines.push(svg("path", { d: path, fill: "none", stroke: colour, "stroke-width": width, "marker-end": `url(#${name}-tip-${index})`, class: "edge" }, svg("title", {}, told)));
    });
    for (const agent of agents) {
      for (const peer of agent.neighbours) {
        const both = [`${agent.agent}-${peer}`, `${peer}-${agent.agent}`];
        if (!at[peer] || !at[agent.agent] || both.some((key) => taken.has(key))) continue;
        taken.add(both[0]);
        const [a, b] = [at[agent.agent], at[peer]];
        lines.push(svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: "edge-idle" }));
      }
    }
    return [svg("defs", {}, defs), ...lines];
  }

  // The slowest flow has its milliseconds written on it, where it is slow at all: on a plate above the arrows, beside the
  // nodes.
  const PLATE = [9, 7.4, 12]; // half its height, the width of a letter, what stands around the words
  const ASIDE = [[0, 0], [0, -14], [0, 14], [26, 0], [-26, 0], [26, -16], [-26, -16], [26, 16], [-26, 16], [44, 0], [-44, 0]];
  function slowest(flows, at, radius) {
    const [flow] = flows.filter((item) => isNumber(item.p95_ms) && at[item.sender] && at[item.receiver]).sort((one, other) => other.p95_ms - one.p95_ms);
    if (!flow || flow.p95_ms < SLOW_MS) return null;
    const [x, y] = arrow(at[flow.sender], at[flow.receiver], radius).middle;
    const words = duration(flow.p95_ms).join(" ");
    const [half, wide] = [PLATE[0], (words.length * PLATE[1] + PLATE[2]) / 2];
    const isFree = ([dx, dy]) => at.every(([nx, ny]) => Math.hypot(Math.max(0, Math.abs(nx - x - dx) - wide), Math.max(0, Math.abs(ny - y - dy) - half)) > radius + 3);
    const [dx, dy] = ASIDE.find(isFree) || ASIDE[0];
    return svg("g", {}, [
      svg("rect", { x: x + dx - wide, y: y + dy - half, width: 2 * wide, height: 2 * half, rx: 5, class: "edge-plate" }), svg("text", { x: x + dx, y: y + dy + 4, class: "edge-label" }, words),
    ]);
  }

  function commonest(values) {
    const tally = new Map();
    for (const value of values) tally.set(value, (tally.get(value) || 0) + 1);
    return [...tally.entries()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value]) => value)[0];
  }

  const compact = (value) => (value < 10000 ? count(value) : `${Math.round(value / 1000)}k`);

  // What a node is painted and what it says. A paint never stands without a sign or a word.
  const VIEWS = {
    health: (agent, drawing) => {
      const { glyph, word } = bandOf(agent.band);
      const rate = drawing.rates.get(agent.agent);
      return { text: agent.band === "healthy" && isNumber(rate) ? `${glyph} ${rate < 10 ? rate.toFixed(1) : count(rate)}${drawing.radius >= UNIT_FROM ? "/s" : ""}` : `${glyph} ${word}` };
    },
    colour: (agent) => {
      const [glyph, word] = ROLES[agent.role] || ["·", String(agent.role).toLowerCase()];
      return { text: `${glyph} ${word}`, klass: `node-is-${word}` };
    },
    lag: (agent) => {
      if (!isNumber(agent.lag)) return { text: "? lag" };
      const step = LAGS.filter((from) => agent.lag >= from).length - 1;
      const { background, ink } = palette.ramp(step / (LAGS.length - 1));
      return { text: agent.lag ? `−${compact(agent.lag)}` : "✓ 0", paint: step ? { style: `fill:${background}` } : {}, ink: step ? ink : null };
    },
  };

  // Above its shoulder, at the side that has room: below and above it stand others.
  function beside(x, y, radius, width) {
    const right = x + radius + 44 < width;
    return { x: x + (right ? 1 : -1) * (radius * 0.75 + 4), y: y - radius * 0.8, style: `text-anchor:${right ? "start" : "end"}` };
  }

  function node(agent, [x, y], radius, drawing, view) {
    const band = bandOf(agent.band);
    const same = agent.view_digest === drawing.usual;
    const digest = `${same ? "" : "≠"}${agent.view_digest.slice(0, 4)}`;
    const { text, klass, paint, ink } = VIEWS[view](agent, drawing);
    const lag = isNumber(agent.lag) ? `, lacks ${count(agent.lag)} facts` : "";
    const title = `A${agent.agent}, ${agent.role}: ${band.word}, ${count(agent.facts)} facts${lag}, view digest ${agent.view_digest}`;
    const inside = radius >= DIGEST_FROM;
    const words = radius >= WORDS_FROM;
    const style = ink ? `fill:${ink}` : null;
    return svg("g", { class: `node ink-${agent.band} ${klass || ""}`, "data-agent": agent.agent }, [
      svg("title", {}, title),
      shape(agent.band, x, y, radius, paint),
      svg("text", { x, y: !words ? y + 4 : inside ? y - 8 : y - 2, class: "node-name", style }, `A${agent.agent}`),
      words ? svg("text", { x, y: inside ? y + 6 : y + 12, class: `node-told node-told-${view} node-health`, style }, text) : null,
      inside || !same ? svg("text", { ...(inside ? { x, y: y + 20 } : beside(x, y, radius, drawing.width)), class: `node-digest${same ? "" : " differs"}` }, digest) : null,
    ]);
  }

  function key(width, height) {
    const left = width - 168;
    const shown = [BRISK_MS, LATE_MS, SLOW_MS].flatMap((ms, index) => {
      const x = left + index * 40;
      return [svg("rect", { x, y: height - 13, width: 10, height: 8, fill: palette.ramp(palette.latencyShare(ms)).background }), svg("text", { x: x + 13, y: height - 5 }, String(ms))];
    });
    return svg("g", { class: "key" }, [...shown, svg("text", { x: left + 124, y: height - 5 }, "ms p95"), svg("text", { x: left, y: height - 20 }, "≠ digest unlike the others'")]);
  }

  const TOLD = { health: (agent) => bandOf(agent.band).word, colour: (agent) => String(agent.role).toLowerCase(), lag: (agent) => `lacks ${agent.lag} facts` };

  // Gives the picture. `agents` have agent, role, band, view_digest, facts, neighbours, and lag where it is known.
  function draw(agents, flows, window_s, width, height, view, name) {
    const { at, radius } = places(agents, width, height);
    const rates = new Map(agents.map((agent) => [agent.agent, flows.filter((flow) => flow.receiver === agent.agent).reduce((sum, flow) => sum + flow.messages, 0) / window_s]));
    const drawing = { width, radius, usual: commonest(agents.map((agent) => agent.view_digest)), rates: flows.length ? rates : new Map() };
    const told = agents.map((agent) => `A${agent.agent} ${TOLD[view](agent)}`).join(", ");
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `agents by ${view}: ${told}` }, [
      ...edges(agents, flows, at, radius, name),
      ...agents.map((agent) => node(agent, at[agent.agent], radius, drawing, view)),
      slowest(flows, at, radius), flows.length && width >= 360 ? key(width, height) : null,
    ]);
  }

  const sizeOf = (frame) => [Math.max(260, frame.clientWidth - 12), Math.max(180, frame.clientHeight - 6)];
  const viewOf = (chosen) => (VIEWS[chosen] ? chosen : "health");

  let last = null;
  function paint() {
    const frame = document.getElementById("lattice");
    if (!frame || !last) return;
    const [overview, view] = last;
    fill("lattice", overview.agents.length ? draw(overview.agents, overview.flows, overview.kpis.window_s, ...sizeOf(frame), view, "lattice") : empty(START));
  }

  window.dash_clientside.egraph.draw_lattice = (view, chosen) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    last = [overview, viewOf(chosen)];
    paint();
    return drawn(overview);
  };

  whenResized(paint);

  return { draw, sizeOf };
})();
