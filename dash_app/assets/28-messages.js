// The newest messages between agents, as arrows from line to line, and the same as a table. What one of them rests on and
// what came of it stands on the page of causality, where each arrow leads.
(() => {
  const { el, svg, fill, count, time, overviewOf, empty, bandOf, START, drawn, whenResized, SLOW_MS } = window.egraphConsole;
  const { scale, draw: drawAxis, signed, lengthOf } = window.egraphConsole.timeAxis;
  const [LEFT, RIGHT, TOP, AXIS] = [46, 16, 12, 22];
  const KINDS = { facts: "facts", ack: "ack", slow: `slow, from ${SLOW_MS} ms on` };

  const placeOf = (item) => `${item.partition}:${item.offset}`;
  const sentOf = (item) => item.at_us - (item.latency_us ?? 0);
  const isSlow = (item) => item.latency_us !== null && item.latency_us >= SLOW_MS * 1000;
  const kindOf = (item) => (isSlow(item) ? "slow" : item.facts ? "facts" : "ack");
  const lasted = (item) => (item.latency_us === null ? "time unknown" : `${signed(item.latency_us).slice(1)} on the way`);
  const told = (item) => `A${item.sender} → A${item.receiver} at ${time(item.at_us, true)}: ${item.facts ? `${count(item.facts)} facts` : "acknowledgement"}, ${lasted(item)}`;
  const linkOf = (item) => `/causality?event=${placeOf(item)}`;

  function arrow(item, x, y) {
    const [x1, y1, x2, y2] = [x(sentOf(item)), y(item.sender), x(item.at_us), y(item.receiver)];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const share = Math.max(0, length - 5) / length;
    const ends = { x1, y1, x2: x1 + (x2 - x1) * share, y2: y1 + (y2 - y1) * share };
    const kind = kindOf(item);
    return svg("a", { href: linkOf(item), tabindex: "-1", "aria-label": told(item), class: `ms-message ms-${kind}`, "data-place": placeOf(item) }, [
      svg("line", { ...ends, class: "ms-hit" }), svg("line", { ...ends, class: "ms-line", "marker-end": `url(#ms-tip-${kind})` }), svg("circle", { cx: x1, cy: y1, r: 1.8, class: "ms-dot" }), svg("title", {}, told(item)),
    ]);
  }

  function lanes(agents, y, lane, width) {
    return agents.flatMap(({ agent, band }) => {
      const amiss = band !== "healthy";
      return [
        amiss ? svg("rect", { x: LEFT, y: y(agent) - lane / 2 + 1, width: width - LEFT - RIGHT, height: lane - 2, class: "ms-amiss" }) : null,
        svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(agent), y2: y(agent), class: "st-lane" }),
        svg("text", { x: LEFT - 8, y: y(agent) + 4, class: `ms-agent${amiss ? ` ink-${band}` : ""}` }, `${amiss ? `${bandOf(band).glyph} ` : ""}A${agent}`),
      ];
    });
  }

  const tip = (kind) => svg("marker", { id: `ms-tip-${kind}`, viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto", class: `ms-${kind}` }, svg("path", { d: "M0,0.4 L6,3 L0,5.6 z", class: "ms-head" }));

  function picture(overview, width, height) {
    const messages = overview.recent_messages;
    const numbers = messages.flatMap((item) => [item.sender, item.receiver]);
    const size = Math.max(...numbers, ...overview.agents.map((item) => item.agent)) + 1;
    const bands = new Map(overview.agents.map((item) => [item.agent, item.band]));
    const agents = Array.from({ length: size }, (_, agent) => ({ agent, band: bands.get(agent) || "healthy" }));
    const bottom = height - AXIS;
    const lane = (bottom - TOP) / size;
    const y = (agent) => TOP + (agent + 0.5) * lane;
    const flights = messages.map((item) => [sentOf(item), item.at_us]);
    const [from, to] = [Math.min(...flights.flat()), Math.max(...flights.flat())];
    const made = scale([], flights, from, Math.max(to, from + 1), LEFT + 6, width - RIGHT - 6, false);
    const label = `the newest ${count(messages.length)} messages between agents, ${count(messages.filter(isSlow).length)} of them slow; the table holds the same`;
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "space-time messages-picture", role: "group", "aria-label": label }, [
      svg("defs", {}, Object.keys(KINDS).map(tip)), ...lanes(agents, y, lane, width), ...drawAxis(made, to, TOP, bottom),
      // What is slow is drawn last: it must not lie under what is not.
      ...[...messages].sort((one, other) => isSlow(one) - isSlow(other)).map((item) => arrow(item, made.x, y)),
    ]);
  }

  function legend(messages) {
    const tally = (kind) => messages.filter((item) => kindOf(item) === kind).length;
    return el("p", { class: "messages-key" }, Object.entries(KINDS).map(([kind, word]) =>
      el("span", { class: `ms-${kind}` }, [svg("svg", { viewBox: "0 0 26 8", width: 26, height: 8, "aria-hidden": "true" }, svg("line", { x1: 0, x2: 26, y1: 4, y2: 4, class: "ms-line" })), ` ${word}: ${count(tally(kind))}`])
    ));
  }

  function table(messages) {
    const heads = ["time", "from → to", "on the way", "facts", ""];
    const rows = messages.map((item) =>
      el("tr", { class: isSlow(item) ? "slow" : null }, [
        el("td", { class: "num" }, time(item.at_us, true)), el("td", {}, `A${item.sender} → A${item.receiver}`),
        el("td", { class: "num" }, item.latency_us === null ? "unknown" : `${isSlow(item) ? "! " : ""}${signed(item.latency_us).slice(1)}`),
        el("td", { class: "num" }, item.facts ? count(item.facts) : "ack"), el("td", {}, el("a", { href: linkOf(item), "aria-label": `causal cone of ${told(item)}` }, "cone")),
      ])
    );
    const head = el("tr", {}, heads.map((name) => el("th", { scope: "col" }, name || el("span", { class: "hidden" }, "causality"))));
    return el("div", { class: "messages-table", tabindex: "0", role: "region", "aria-label": "newest messages" }, el("table", {}, [el("thead", {}, head), el("tbody", {}, rows)]));
  }

  let last = null;
  function paint() {
    const place = document.getElementById("messages");
    if (!place || !last) return;
    const [overview, view] = last;
    const messages = overview.recent_messages;
    if (!messages.length) {
      place.dataset.shown = "";
      fill("messages-note", "");
      return void fill("messages", empty(overview.agents.length ? "no messages in this window" : START));
    }
    const [width, height] = [Math.max(280, place.clientWidth), Math.max(150, place.clientHeight - (view === "table" ? 0 : 22))];
    const now = [view, width, height, placeOf(messages[0]), messages.length, overview.agents.map((item) => item.band)].join();
    // What is under the pointer or the focus stays, or it could not be clicked; and equal pictures are not drawn again.
    const held = place.dataset.shown && place.dataset.shown.startsWith(`${view},${width},${height}`) && (place.matches(":hover") || place.contains(document.activeElement));
    if (held || place.dataset.shown === now) return;
    const span = lengthOf(messages[0].at_us - Math.min(...messages.map(sentOf)));
    fill("messages-note", `newest ${count(messages.length)}, ${span} up to ${time(messages[0].at_us, true)}`);
    fill("messages", view === "table" ? table(messages) : [picture(overview, width, height), legend(messages)]);
    place.dataset.shown = now;
  }

  window.dash_clientside.egraph.draw_messages = (view, chosen) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    last = [overview, chosen === "table" ? "table" : "picture"];
    paint();
    return drawn(overview);
  };

  whenResized(paint);
})();
