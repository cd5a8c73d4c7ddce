// The space-time diagram: one line per agent, events in the order of time, messages as arrows. Draws, asks nothing.
(() => {
  const { el, svg, count, time, SLOW_MS } = window.egraphConsole;
  const { scale, draw: drawAxis, signed } = window.egraphConsole.timeAxis;
  const { placeOf } = window.egraphConsole.records;
  const LEFT = 34;
  const RIGHT = 14;
  const TOP = 14;
  const AXIS = 24;
  const LEVELS = [0, -6, 6, -12, 12];
  const [LANE, LANE_NARROW] = [42, 34];
  const SENDS = new Set(["MessageSent", "AckSent"]);
  const RECEIPTS = new Set(["MessageReceived", "AckReceived"]);
  const WORDS = {
    MessageSent: "sends facts", MessageReceived: "receives facts", AckSent: "sends ack", AckReceived: "receives ack",
    SyncStarted: "falls behind", SyncCompleted: "is level again", HeartbeatSent: "heartbeat", ConvergenceDetected: "sees all agree",
  };
  // What a relation looks like is told by shape and weight; the colour only repeats it.
  const RELATIONS = {
    before: { glyph: "◀", word: "before" }, after: { glyph: "▶", word: "after" },
    itself: { glyph: "◆", word: "chosen" }, concurrent: { glyph: "∥", word: "concurrent" },
  };
  const isSlow = (item) => item.latency_us !== null && item.latency_us >= SLOW_MS * 1000;
  const wordOf = (item) => WORDS[item.kind] || item.kind;
  const sortOf = (item) => (SENDS.has(item.kind) ? "send" : RECEIPTS.has(item.kind) ? "receipt" : "local");

  function told(item) {
    const peer = item.peer === null ? "" : sortOf(item) === "send" ? ` to A${item.peer}` : ` from A${item.peer}`;
    const latency = item.latency_us === null ? "" : `, ${signed(item.latency_us).slice(1)} on the way`;
    const relation = item.relation ? `, ${RELATIONS[item.relation].word}` : "";
    return `A${item.agent} ${wordOf(item)}${peer} at ${time(item.at_us, true)}${latency}${relation}`;
  }

  const points = (x, y, pairs) => pairs.map(([dx, dy]) => `${(x + dx).toFixed(1)},${(y + dy).toFixed(1)}`).join(" ");

  function shape(item, x, y) {
    const sort = sortOf(item);
    const size = sort === "local" ? 4 : 5.5;
    if (item.relation === "itself") return [svg("circle", { cx: x, cy: y, r: 12, class: "st-ring" }), svg("polygon", { points: points(x, y, [[-8, 0], [0, -8], [8, 0], [0, 8]]), class: "st-shape" })];
    if (item.relation === "before") return svg("polygon", { points: points(x, y, [[-size, 0], [size, -size], [size, size]]), class: "st-shape" });
    if (item.relation === "after") return svg("polygon", { points: points(x, y, [[size, 0], [-size, -size], [-size, size]]), class: "st-shape" });
    if (sort === "local") return svg("rect", { x: x - 2.5, y: y - 2.5, width: 5, height: 5, class: "st-shape" });
    return svg("circle", { cx: x, cy: y, r: item.relation ? 2.4 : 3.8, class: "st-shape" });
  }

  // Arrows come from receipts: those know both ends, even where the sending lies before the window.
  function arrows(found, x, y, known, places, name) {
    const hops = new Map((found.cone ? found.cone.reached : []).map((item, index) => [placeOf(item), index + 1]));
    const followed = found.cone && found.cone.arrived ? placeOf(found.cone.arrived) : null;
    const beyond = followed && places.has(placeOf(found.cone.sent || found.cone.arrived)) && !places.has(followed) ? found.cone.arrived : null;
    return found.events.concat(beyond || []).filter((item) => RECEIPTS.has(item.kind) && item.sent_at_us !== null && item.peer !== null).map((item) => {
      const send = known.get(`${item.peer} ${item.message_id}`);
      const place = placeOf(item);
      let relation = isSlow(item) ? "slow" : "plain";
      if (found.cone) {
        relation = "concurrent";
        if (item.relation === "before" || item.relation === "itself") relation = "before";
        else if (hops.has(place) || (send && (send.relation === "after" || send.relation === "itself"))) relation = "after";
      }
      const marked = place === followed ? " st-followed" : hops.has(place) ? " st-hop" : "";
      const [[x1, y1], [x2, y2]] = [send ? places.get(placeOf(send)) : [x(item.sent_at_us), y(item.peer)], places.get(place) || [x(item.at_us), y(item.agent)]];
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const short = Math.max(0, length - 6) / length;
      return svg("line", { x1, y1, x2: x1 + (x2 - x1) * short, y2: y1 + (y2 - y1) * short, class: `st-message st-message-${relation}${marked}`, "marker-end": `url(#${name}-tip-${relation})` });
    });
  }

  // Events of one moment stand beside each other across their line, so that each can be seen and chosen.
  function spread(found, x, y, lane) {
    const part = Math.min(1, lane / LANE);
    const taken = new Map();
    const places = new Map();
    for (const item of found.events) {
      const last = taken.get(item.agent) || new Map();
      const at = x(item.at_us);
      const level = LEVELS.find((dy) => !last.has(dy) || at - last.get(dy) >= 9) || 0;
      taken.set(item.agent, last.set(level, at));
      places.set(placeOf(item), [at, y(item.agent) + level * part]);
    }
    return places;
  }

  // One tab stop: the arrow keys go along a line and across lines.
  function event(item, [at, line], chosen, choose) {
    const place = placeOf(item);
    const mark = svg("g", { class: `st-event st-${sortOf(item)} st-is-${item.relation || "plain"}`, role: "button", tabindex: "-1", "data-place": place, "aria-label": told(item), "aria-pressed": String(place === chosen) }, [
      svg("circle", { cx: at, cy: line, r: 8, class: "st-hit" }), ...[].concat(shape(item, at, line)), svg("title", {}, told(item)),
    ]);
    mark.addEventListener("click", () => choose(place));
    return mark;
  }

  function numbers(found, places) {
    if (!found.cone) return [];
    return found.cone.reached.map((item, index) => {
      const [x, y] = places.get(placeOf(item)) || [];
      return x === undefined ? null : svg("text", { x, y: y - 8, class: "st-number" }, index + 1);
    });
  }

  function facts(found, x, y) {
    return found.facts.filter((fact) => fact.partition < found.agents).map((fact) => {
      const [at, line] = [x(fact.appended_at_us), y(fact.partition)];
      const text = `${fact.kind} ${placeOf(fact)} appended at ${time(fact.appended_at_us, true)}`;
      return svg("a", { href: `/events?open=${placeOf(fact)}`, tabindex: "-1", "aria-label": text, class: "st-fact" }, [svg("path", { d: `M${at.toFixed(1)},${line + 3} v8`, class: "st-fact-mark" }), svg("title", {}, text)]);
    });
  }

  const tip = (owner, name) => svg("marker", { id: `${owner}-tip-${name}`, viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto", class: `st-tip st-tip-${name}` }, svg("path", { d: "M0,0.4 L6,3 L0,5.6 z" }));

  // The next event in a direction: along the same line, or on the nearest other line with one, nearest in time.
  function beside(events, item, key) {
    const along = events.filter((other) => other.agent === item.agent);
    const at = along.indexOf(item);
    if (key === "ArrowLeft") return along[at - 1];
    if (key === "ArrowRight") return along[at + 1];
    if (key === "Home") return along[0];
    if (key === "End") return along[along.length - 1];
    const way = key === "ArrowUp" ? -1 : 1;
    const lines = events.map((other) => (other.agent - item.agent) * way).filter((far) => far > 0);
    const line = item.agent + way * Math.min(...lines);
    return events.filter((other) => other.agent === line).sort((one, two) => Math.abs(one.at_us - item.at_us) - Math.abs(two.at_us - item.at_us))[0];
  }

  function keys(chart, found, act) {
    const marks = new Map([...chart.querySelectorAll(".st-event")].map((mark) => [mark.dataset.place, mark]));
    const items = new Map(found.events.map((item) => [placeOf(item), item]));
    const focus = (place) => {
      for (const mark of marks.values()) mark.setAttribute("tabindex", "-1");
      marks.get(place).setAttribute("tabindex", "0");
    };
    const chosen = found.cone && marks.has(placeOf(found.cone.event)) ? placeOf(found.cone.event) : [...marks.keys()].pop();
    if (chosen) focus(chosen);
    chart.addEventListener("keydown", (pressed) => {
      const mark = pressed.target.closest(".st-event");
      if (pressed.key === "Escape") return act.clear();
      if (!mark || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return undefined;
      if (pressed.key === "Enter" || pressed.key === " ") {
        pressed.preventDefault();
        return act.choose(mark.dataset.place);
      }
      if (!/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(pressed.key)) return undefined;
      pressed.preventDefault();
      const next = beside(found.events, items.get(mark.dataset.place), pressed.key);
      if (!next) return undefined;
      focus(placeOf(next));
      return marks.get(placeOf(next)).focus();
    });
  }

  // Where in the picture a time stands: idle time is left out unless it is asked for.
  function scaleOf(found, width, whole) {
    const [from, to] = [found.shown_from_us, Math.max(found.shown_to_us, found.shown_from_us + 1)];
    const flights = found.events.filter((item) => RECEIPTS.has(item.kind) && item.sent_at_us !== null).map((item) => [item.sent_at_us, item.at_us]);
    const times = [...found.events.map((item) => item.at_us), ...found.facts.map((fact) => fact.appended_at_us)];
    return scale(times, flights, from, to, LEFT + 8, width - RIGHT - 8, whole);
  }

  // Gives the drawing for a width. `act` says what choosing an event and clearing the choice do, and may give a height,
  // the time that the axis counts from, and agents that were not well; `name` tells two drawings apart.
  function draw(found, width, act, name) {
    const lane = act.height ? (act.height - TOP - AXIS) / found.agents : width < 560 ? LANE_NARROW : LANE;
    const bottom = TOP + found.agents * lane;
    const inner = width - LEFT - RIGHT;
    const made = scaleOf(found, width, act.whole);
    const { x } = made;
    const y = (agent) => TOP + (agent + 0.5) * lane;
    const origin = act.origin || (found.cone ? found.cone.event.at_us : found.shown_to_us);
    const chosen = found.cone ? placeOf(found.cone.event) : null;
    const known = new Map(found.events.filter((item) => SENDS.has(item.kind)).map((item) => [`${item.agent} ${item.sequence}`, item]));
    const lanes = Array.from({ length: found.agents }, (_, agent) => [
      act.amiss && act.amiss.has(agent) ? svg("rect", { x: LEFT, y: y(agent) - lane / 2 + 1, width: inner, height: lane - 2, class: "ms-amiss" }) : null,
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(agent), y2: y(agent), class: "st-lane" }),
      svg("text", { x: LEFT - 8, y: y(agent) + 4, class: "st-agent" }, `A${agent}`),
    ]);
    const places = spread(found, x, y, lane);
    const inOrder = [...found.events].sort((one, two) => (one.relation === "itself") - (two.relation === "itself"));
    const chart = svg("svg", { viewBox: `0 0 ${width} ${bottom + AXIS}`, width, height: bottom + AXIS, class: "space-time", role: "group", "aria-label": `${name}; arrow keys go from event to event, Enter shows the causal cone, Escape clears it` }, [
      svg("defs", {}, [...["plain", "slow", "before", "after", "concurrent"].map((relation) => tip(name, relation)), svg("clipPath", { id: `${name}-clip` }, svg("rect", { x: LEFT, y: 0, width: inner, height: bottom }))]),
      ...lanes.flat(), ...drawAxis(made, origin, TOP, bottom),
      svg("g", { "clip-path": `url(#${name}-clip)` }, facts(found, x, y)),
      svg("g", { "clip-path": `url(#${name}-clip)` }, arrows(found, x, y, known, places, name)),
      svg("g", {}, inOrder.map((item) => event(item, places.get(placeOf(item)), chosen, act.choose))),
      svg("g", { "aria-hidden": "true" }, numbers(found, places)),
    ]);
    keys(chart, found, act);
    return chart;
  }

  // What the shapes mean, with how many of each: in the picture, and in the whole store.
  function legend(found) {
    const part = (kind, name, text) => el("span", { class: `st-key st-is-${name}` }, [svg("svg", { viewBox: "0 0 28 14", width: 28, height: 14, "aria-hidden": "true", class: "space-time" }, kind), el("span", {}, text)]);
    const line = (name) => svg("line", { x1: 0, x2: 28, y1: 7, y2: 7, class: `st-message st-message-${name}` });
    const sample = (sort, relation) => svg("g", { class: `st-${sort} st-is-${relation || "plain"}` }, shape({ kind: { send: "MessageSent", receipt: "MessageReceived" }[sort] || "", relation }, 14, 7));
    if (!found.cone) {
      return [part([sample("send")], "plain", "send"), part([sample("receipt")], "plain", "receipt"), part([sample("local")], "plain", "other event"), part([line("plain")], "plain", "message"), part([line("slow")], "plain", `slow, from ${SLOW_MS} ms on`), part([svg("path", { d: "M14,3 v8", class: "st-fact-mark" })], "plain", "fact appended")];
    }
    const shown = (relation) => found.events.filter((item) => item.relation === relation).length;
    const relations = ["before", "after", "concurrent"].map((relation) =>
      part([line(relation), sample("send", relation)], relation, `${{ before: "happened before", after: "happened after", concurrent: "concurrent" }[relation]}: ${count(shown(relation))} of ${count(found.cone[relation])}`)
    );
    return [...relations, el("span", {}, "shown, of those in the store · filled: send, hollow: receipt")];
  }

  window.egraphConsole.spaceTime = { draw, legend, scaleOf, wordOf, sortOf, isSlow, signed, told, RELATIONS };
})();
