// The lattice: agents at fixed places, health by colour, shape, glyph and word, the digest under it, arrows by p95.
(() => {
  const { el, svg, fill, short, overviewOf, empty, bandOf, START, drawn, BRISK_MS, LATE_MS, SLOW_MS } = window.egraphConsole;
  const palette = window.egraphConsole.palette;
  const WIDE = 640;
  const NARROW = 460; // on a phone the drawing gets closer instead of smaller
  const HEIGHT = 406;
  const [RADIUS, NARROW_RADIUS] = [38, 35];
  // The three-level Sierpinski lattice of nine agents. Places never depend on data, so that nothing jumps.
  const NINE = [[320, 44], [195, 150], [445, 150], [44, 256], [195, 256], [320, 256], [445, 256], [596, 256], [195, 362]];

  function places(agents, width) {
    const size = Math.max(...agents.map((agent) => agent.agent)) + 1;
    if (size === NINE.length) {
      const scale = (width - 88) / (WIDE - 88);
      return { at: NINE.map(([x, y]) => [44 + (x - 44) * scale, y]), radius: width === WIDE ? RADIUS : NARROW_RADIUS };
    }
    const at = Array.from({ length: size }, (_, index) => {
      const angle = (2 * Math.PI * index) / size - Math.PI / 2;
      return [width / 2 + (width / 2 - 70) * Math.cos(angle), HEIGHT / 2 - 8 + 150 * Math.sin(angle)];
    });
    return { at, radius: size < NINE.length ? RADIUS : Math.max(9, 270 / size) };
  }

  function polygon(x, y, radius, corners, turn) {
    const points = Array.from({ length: corners }, (_, index) => {
      const angle = (2 * Math.PI * index) / corners + turn;
      return `${(x + radius * Math.cos(angle)).toFixed(1)},${(y + radius * Math.sin(angle)).toFixed(1)}`;
    });
    return svg("polygon", { points: points.join(" "), class: "shape" });
  }

  function shape(band, x, y, radius) {
    if (band === "healthy") return svg("circle", { cx: x, cy: y, r: radius, class: "shape" });
    if (band === "down") return polygon(x, y, radius + 2, 8, Math.PI / 8);
    return polygon(x, y, radius + 3, 6, 0);
  }

  // Both directions of an edge are bowed apart, so that each has its own colour.
  function arrow(from, to, radius, attributes) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [dx / length, dy / length];
    const bow = Math.min(18, 6 + length * 0.05);

    const start = [from[0] + ux * (radius + 3) - uy * 6, from[1] + uy * (radius + 3) + ux * 6];
    const end = [to[0] - ux * (radius + 8) - uy * 6, to[1] - uy * (radius + 8) + ux * 6];
    const middle = [(start[0] + end[0]) / 2 - uy * bow, (start[1] + end[1]) / 2 + ux * bow];
    const path = `M${start.map((v) => v.toFixed(1))} Q${middle.map((v) => v.toFixed(1))} ${end.map((v) => v.toFixed(1))}`;
    return svg("path", { d: path, fill: "none", ...attributes });
  }

  function marker(id, colour) {
    return svg(
      "marker",
      {
        id, viewBox: "0 0 6 6", refX: 4, refY: 3, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse",
        orient: "auto",
      },
      svg("path", { d: "M0,0 L6,3 L0,6 z", fill: colour })
    );
  }

  function edges(overview, at, radius) {
    const most = Math.max(1e-9, ...overview.flows.map((flow) => flow.mbps));
    const drawn = new Set();
    const defs = [];
    const lines = [];
    overview.flows.forEach((flow, index) => {
      if (!at[flow.sender] || !at[flow.receiver]) return;
      drawn.add(`${flow.sender}-${flow.receiver}`);
      const colour = palette.ramp(palette.latencyShare(flow.p95_ms)).background;
      defs.push(marker(`tip-${index}`, colour));
      const width = 1.6 + 2.2 * Math.sqrt(flow.mbps / most);
      const line = arrow(at[flow.sender], at[flow.receiver], radius, {
        stroke: colour, "stroke-width": width.toFixed(2), "marker-end": `url(#tip-${index})`, class: "edge",
      });
      const told = `A${flow.sender} → A${flow.receiver}: p95 ${short(flow.p95_ms)} ms, ${short(flow.mbps)} Mbps`;
      line.append(svg("title", {}, told));
      lines.push(line);
    });
    for (const agent of overview.agents) {
      for (const peer of agent.neighbours) {
        const both = [`${agent.agent}-${peer}`, `${peer}-${agent.agent}`];
        if (!at[peer] || !at[agent.agent] || both.some((key) => drawn.has(key))) continue;
        drawn.add(both[0]);
        const [a, b] = [at[agent.agent], at[peer]];
        lines.push(svg("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: "edge-idle" }));
      }
    }
    return [svg("defs", {}, defs), ...lines];
  }

  function commonest(values) {
    const tally = new Map();
    for (const value of values) tally.set(value, (tally.get(value) || 0) + 1);
    return [...tally.entries()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value]) => value)[0];
  }

  function node(agent, [x, y], radius, usual) {
    const band = bandOf(agent.band);
    const same = agent.view_digest === usual;
    const digest = `${same ? "" : "≠"}${agent.view_digest.slice(0, 4)}`;
    const large = radius > 22;
    const title = `A${agent.agent}: ${band.word}, ${agent.facts} facts, lag ${agent.lag}, view digest ${agent.view_digest}`;
    return svg("g", { class: `node ink-${agent.band}`, "data-agent": agent.agent }, [
      svg("title", {}, title),
      shape(agent.band, x, y, radius),
      svg("text", { x, y: large ? y - 9 : y + 4, class: "node-name" }, `A${agent.agent}`),
      large ? svg("text", { x, y: y + 5, class: "node-health" }, `${band.glyph} ${band.word}`) : null,
      svg("text", { x, y: large ? y + 20 : y + radius + 13, class: `node-digest${same ? "" : " differs"}` }, digest),
    ]);
  }

  function key(width) {
    const left = width - 214;
    const steps = [BRISK_MS, LATE_MS, SLOW_MS];
    const shown = steps.map((ms, index) => {
      const x = left + 4 + index * 42;
      const fill = palette.ramp(palette.latencyShare(ms)).background;
      return [svg("rect", { x, y: 372, width: 10, height: 8, fill }), svg("text", { x: x + 13, y: 380 }, String(ms))];
    });
    return svg("g", { class: "key" }, [
      ...shown.flat(), svg("text", { x: left + 138, y: 380 }, "ms p95"),
      svg("text", { x: left + 4, y: 400 }, "≠  digest unlike most agents'"),
    ]);
  }

  window.dash_clientside.egraph.draw_lattice = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    if (!overview.agents.length) {
      fill("lattice", empty(START));
      return drawn(overview);
    }
    const frame = document.getElementById("lattice");
    const width = frame && frame.clientWidth > 0 && frame.clientWidth < 480 ? NARROW : WIDE;
    const { at, radius } = places(overview.agents, width);
    const usual = commonest(overview.agents.map((agent) => agent.view_digest));
    const told = overview.agents.map((agent) => `A${agent.agent} ${agent.band}`).join(", ");
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `agents by health: ${told}` }, [
      ...edges(overview, at, radius),
      ...overview.agents.map((agent) => node(agent, at[agent.agent], radius, usual)),
      overview.flows.length ? key(width) : null,
    ]);
    fill("lattice", drawing);
    return drawn(overview);
  };
})();
