// Panels of time travel, each drawn from one answer about one cut: the graph, the record, records around it, how far
// it reaches, percentiles and flows, convergence, agents. No cursor, no questions (61-timetravel.js).
(() => {
  const { el, svg, count, short, duration, isNumber, bandOf, agesOf, NOTHING } = window.egraphConsole;
  const { day, colour, state, cell, table, placeOf, summary, GLYPHS } = window.egraphConsole.records;
  const LINES = [["p50", "p50_ms", null], ["p95", "p95_ms", null], ["p99", "p99_ms", "5 3"]];
  const eight = (id) => (id ? id.slice(0, 8) : NOTHING);
  const ms = (value) => duration(value).join(" ").trim();

  function tile(name, value, note, kind) {
    return el("div", { class: `cut-tile${kind ? ` cut-tile-${kind}` : ""}` }, [
      el("span", { class: "cut-tile-name" }, name), el("span", { class: "cut-tile-value" }, value), note ? el("span", { class: "note" }, note) : null,
    ]);
  }

  // What was in the log by then: exact, and there at once.
  function log(cut) {
    const kind = (name) => cut.by_kind[name] || 0;
    return [
      tile("records", count(cut.position), `of ${count(cut.total)}`),
      tile("nodes added", count(kind("NodeAdded"))), tile("equalities", count(kind("EqualityAsserted"))),
      tile("retractions", count(kind("FactRetracted"))), tile("rules", count(kind("RuleAdded"))),
      tile("refused", count(cut.dead_letters), cut.dead_letters ? "dead letters by then" : null, cut.dead_letters ? "alert" : null),
    ];
  }

  function agreement(graph) {
    const names = (agents) => agents.map((agent) => `A${agent}`).join(" ");
    if (graph.differing.length) return [`✕ ${names(graph.differing)} reported another view of the same facts`, "ink-red"];
    if (graph.agreeing.length) return [`✓ ${names(graph.agreeing)} reported the same for these facts`, "ink-green"];
    return ["no agent reported from exactly these facts", "note"];
  }

  function classes(graph) {
    if (!graph.largest.length) return el("p", { class: "note" }, "Every class has one node so far.");
    const rows = graph.largest.map((item) => {
      const nodes = item.operators.map(([operator, paint]) => `${GLYPHS[paint]} ${operator ?? "not in the log"}`).join("   ");
      const more = item.nodes - item.operators.length;
      return el("tr", {}, [cell(eight(item.name), "mono", item.name), cell(count(item.nodes), "number num"), cell(more ? `${nodes}   and ${more} more` : nodes, "record-summary", nodes)]);
    });
    return table([["class"], ["nodes", "number"], ["e-nodes, ▲ red ● blue ■ green"]], rows, "largest classes");
  }

  function quarantined(graph) {
    if (!graph.counts.quarantined) return el("p", { class: "note" }, "✓ Nothing is quarantined.");
    const rows = graph.quarantined.map((item) =>
      el("tr", {}, [el("td", {}, el("a", { class: "link mono", href: `/events?text=${item.event_id}`, title: item.event_id }, eight(item.event_id))), cell(`${eight(item.left_id)} = ${eight(item.right_id)}`, "mono", `${item.left_id} = ${item.right_id}`), cell(item.why, "record-summary", item.why)])
    );
    return el("div", {}, [el("p", { class: "note" }, `! ${count(rows.length)} of ${count(graph.counts.quarantined)} quarantined equalities`), table([["event"], ["says"], ["why"]], rows, "quarantined equalities")]);
  }

  // `width` and `height` are those of the panel.
  function graph(found, width, height) {
    const counts = found.counts;
    if (!counts) {
      return state("Too many records to fold here", `${count(found.records)} records are in this cut; the page folds at most ${count(found.cap)}. \`egraph replay --until PARTITION:OFFSET\` folds any number, and the agents' own counts stand in the panel of agents.`);
    }
    const [said, paint] = agreement(found);
    const derived = found.derived ? `${count(found.derived)} derived equalities are taken to count: the store keeps no premises.` : null;
    return el("div", { class: "cut-graph" }, [
      window.egraphConsole.cutGraph.panel(found.change, width, height),
      el("div", { class: "cut-tiles" }, [
        tile("classes", count(counts.classes)), tile("e-nodes", count(counts.nodes)), tile("accepted", count(counts.accepted)),
        tile("quarantined", counts.quarantined ? `! ${count(counts.quarantined)}` : "0", null, counts.quarantined ? "alert" : null),
        tile("retracted", count(counts.retracted)), tile("violations", count(counts.violations), null, counts.violations ? "alert" : null),
      ]),
      el("p", { class: "cut-digest" }, ["view digest ", el("span", { class: "mono", title: counts.view_digest }, counts.view_digest.slice(0, 16)), " · facts ", el("span", { class: "mono", title: counts.set_digest }, counts.set_digest.slice(0, 16)), el("span", { class: `cut-said ${paint}` }, said)]),
      derived ? el("p", { class: "note" }, derived) : null,
      el("div", { class: "cut-pair" }, [classes(found), quarantined(found)]),
    ]);
  }

  function record(cut) {
    const fact = cut.fact;
    const rows = [
      ["time", day(fact.appended_at_us)], ["kind", fact.kind], ["operator", fact.operator], ["colour", fact.colour && colour(fact.colour)],
      ["node", fact.node_id], ["children", fact.children && fact.children.length ? fact.children.map(eight).join(" ") : null],
      ["left", fact.left_id], ["right", fact.right_id], ["retracts", fact.target], [fact.kind === "RuleAdded" ? "rewrites" : "why", fact.why],
      ["producer", `${fact.producer}, ${count(fact.sequence)}`], ["event id", fact.event_id],
    ].filter(([, value]) => value !== null && value !== undefined);
    const open = el("a", { class: "link", href: `/events?open=${placeOf(fact)}` }, "open on the Events page");
    const mono = new Set(["node", "children", "left", "right", "retracts", "event id"]);
    return el("div", {}, [el("dl", { class: "cut-fields" }, rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: mono.has(name) ? "mono" : null }, value)])), open]);
  }

  // `go` is called with the place of a record that is chosen.
  function around(cut, go) {
    const rows = [...cut.around].reverse().map((fact) => {
      const place = placeOf(fact);
      const here = place === cut.at;
      const button = el("button", { type: "button", class: "record-open", "aria-label": `go to ${place}` }, `${here ? "▶ " : ""}${place}`);
      button.addEventListener("click", () => go(place));
      const gap = (fact.appended_at_us - cut.fact.appended_at_us) / 1000;
      const when = here ? "here" : gap === 0 ? "same moment" : `${gap < 0 ? "−" : "+"}${ms(Math.abs(gap))}`;
      return el("tr", { "aria-current": here ? "true" : null }, [el("td", { class: "num" }, button), cell(when, "num", day(fact.appended_at_us)), cell(fact.kind), cell(summary(fact), "record-summary", summary(fact))]);
    });
    return table([["part:offset"], ["when"], ["kind"], ["summary"]], rows, "records around the cursor");
  }

  function reach(cut) {
    return el("div", {}, [el("div", { class: "cut-tiles" }, log(cut)), partitions(cut)]);
  }

  function partitions(cut) {
    const rows = cut.partitions.map((item) =>
      el("tr", {}, [cell(String(item.partition), "strong"), cell(count(item.records), "number num"), cell(item.records ? count(item.next_offset - 1) : NOTHING, "number num"), cell(count(item.last_offset), "number num"), cell(count(item.last_offset + 1 - item.next_offset), "number num")])
    );
    return table([["partition"], ["records", "number"], ["up to offset", "number"], ["of", "number"], ["behind", "number"]], rows, "how far the cut reaches into each partition");
  }

  function agents(cut) {
    if (!cut.agents.length) return state("No agent was heard", `None told anything in the ${cut.heard_s} s before this record.`);
    const digests = new Set(cut.agents.map((item) => item.view_digest)).size;
    const rows = cut.agents.map((item) =>
      el("tr", {}, [cell(`A${item.agent}`, "strong", item.role), cell(`${ms(item.told_ms)} before`, "num"), cell(`${bandOf(item.band).glyph} ${bandOf(item.band).word}`, `ink-${item.band}`), cell(count(item.facts), "number num"), cell(count(item.lag), "number num"), cell(count(item.classes), "number num"), cell(count(item.quarantined), "number num"), cell(eight(item.view_digest), "mono", item.view_digest)])
    );
    const said = digests === 1 ? `✓ ${cut.agents.length} agents with one digest` : `! ${cut.agents.length} agents with ${digests} different digests`;
    return el("div", {}, [el("p", { class: digests === 1 ? "ink-green" : "ink-degraded" }, said), table([["agent"], ["told"], ["health"], ["facts", "number"], ["lag", "number"], ["classes", "number"], ["quarantined", "number"], ["view digest"]], rows, "agents at the cut")]);
  }

  // The lattice of then: agents by what they had told, arrows by the messages of the last period.
  function lattice(cut, frame, view) {
    if (!cut.agents.length) return state("No agent was heard", `None told anything in the ${cut.heard_s} s before this record.`);
    const { draw, sizeOf } = window.egraphConsole.lattice;
    return draw(cut.agents, cut.window.flows, cut.window.period_s, ...sizeOf(frame), view, "cut-lattice");
  }

  function flows(cut, metric) {
    if (!cut.window.flows.length) return state("No message in this time", `None arrived in the ${cut.window.period_s} s up to it.`);
    const { tableOf, METRICS } = window.egraphConsole.matrix;
    return el("div", { class: "cut-flows" }, [el("div", { class: "matrix" }, tableOf(cut.agents, cut.window.flows, METRICS[metric])), el("details", { "data-key": "flows" }, [el("summary", {}, "as a list"), flowList(cut)])]);
  }

  function convergence(cut, frame) {
    if (!cut.window.lags.length) return state("No agent was heard", `None told anything in the ${cut.window.window_s} s up to it.`);
    const { picture, tableOf } = window.egraphConsole.convergence;
    const overview = window.egraphConsole.cutKpis.asOverview(cut);
    return [picture(overview, Math.max(260, frame.clientWidth), Math.max(150, frame.clientHeight - 6), "cut"), tableOf(overview)];
  }

  function flowList(cut) {
    const rows = [...cut.window.flows].sort((a, b) => (b.p95_ms || 0) - (a.p95_ms || 0)).map((flow) =>
      el("tr", {}, [cell(`A${flow.sender} → A${flow.receiver}`, "strong"), cell(count(flow.messages), "number num"), ...["p50_ms", "p95_ms", "p99_ms"].map((name) => cell(short(flow[name]), "number num")), cell(flow.efficiency === null ? NOTHING : `${Math.round(flow.efficiency * 100)} %`, "number num")])
    );
    return table([["flow"], ["messages", "number"], ["p50 ms", "number"], ["p95 ms", "number"], ["p99 ms", "number"], ["useful", "number"]], rows, "flows around the cursor");
  }

  function chart(window_, width, height) {
    const left = 40, right = 66, top = 8, bottom = 22;
    const values = LINES.flatMap(([, key]) => window_[key]).filter((value) => isNumber(value)).map((value) => Math.max(value, 0.01));
    const low = Math.min(...values) / 1.3, high = Math.max(...values) * 1.3;
    const x = (second) => left + (1 + second / window_.window_s) * (width - left - right);
    const y = (value) => top + (1 - Math.log(Math.max(value, 0.01) / low) / Math.log(high / low)) * (height - top - bottom);
    const powers = [...Array(14).keys()].map((n) => n - 3).flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power)).filter((value) => value > low && value < high);
    const ticks = powers.length > 6 ? powers.filter((value) => /^1/.test(value.toExponential())) : powers;
    const parts = ticks.map((value) => [svg("line", { class: "cut-grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }), svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value))]).flat();
    for (const [age, word] of agesOf(window_.window_s)) parts.push(svg("text", { x: x(-age), y: height - 6, "text-anchor": age === window_.window_s ? "start" : "middle" }, age ? word : "cut"));
    parts.push(svg("line", { class: "cut-cursor", x1: x(0), x2: x(0), y1: top - 6, y2: height - bottom }));
    const labels = [];
    for (const [name, key, dash] of LINES) {
      const points = window_[key].map((value, index) => [window_.second[index], value]);
      const known = points.filter(([, value]) => isNumber(value));
      const isAlone = ([second]) => !known.some(([other]) => Math.abs(other - second) === 1);
      let path = "";
      points.forEach(([second, value], index) => {
        if (isNumber(value)) path += `${index && isNumber(points[index - 1][1]) ? "L" : "M"}${x(second).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      parts.push(svg("path", { class: `cut-line cut-${name}`, d: path, "stroke-dasharray": dash }), ...known.filter(isAlone).map(([second, value]) => svg("circle", { class: `cut-dot cut-${name}`, cx: x(second), cy: y(value), r: 1.8 })));
      if (known.length) labels.push([name, known.at(-1)[1]]);
    }
    let above = Infinity;
    for (const [name, value] of labels.sort((a, b) => a[1] - b[1])) {
      above = Math.min(y(value) + 4, above - 13);
      parts.push(svg("text", { class: `cut-label cut-${name}`, x: width - right + 6, y: above }, `${name} ${short(value)}`));
    }
    return svg("svg", { class: "cut-chart", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "percentiles of latency per second up to the cut, log scale; the table below has the numbers" }, parts);
  }

  function percentiles(cut, frame) {
    const found = cut.window;
    if (!found.messages) return state("No messages in this window", `None arrived in the ${found.window_s} s up to it.`);
    const ago = (second) => (second === 0 ? "cut" : `−${-second} s`);
    const rows = found.second.map((second, index) => [second, LINES.map(([, key]) => found[key][index])]).filter(([, values]) => values.some(isNumber)).reverse()
      .map(([second, values]) => el("tr", {}, [cell(ago(second), "num"), ...values.map((value) => cell(short(value), "number num"))]));
    const drawn = LINES.some(([, key]) => found[key].some(isNumber)) ? chart(found, Math.max(280, frame.clientWidth - 24), Math.max(150, frame.clientHeight - 26)) : el("p", { class: "note" }, "No message of this time tells how long it took.");
    return [drawn, el("details", { "data-key": "percentiles" }, [el("summary", {}, "as a table"), table([["second"], ["p50 ms", "number"], ["p95 ms", "number"], ["p99 ms", "number"]], rows, "percentiles per second")])];
  }

  // Gives what stands beside the title of each panel: at which record it is, and over which time.
  function notes(cut, space) {
    const { window_s, period_s } = cut.window;
    const over = {
      lattice: `arrows: p95 and Mbps of the ${period_s} s up to it`, flows: `row → column, ${period_s} s up to it`, percentiles: `ms per message, ${window_s} s up to it, log scale`,
      space, convergence: `${window_s} s up to it`, events: "newest first, up to it",
    };
    const after = cut.moment_us - cut.fact.appended_at_us;
    const where = `at ${cut.at}${after > 0 ? `, ${ms(after / 1000)} after it` : ""}`;
    return (name) => (over[name] ? `${where}, ${over[name]}` : where);
  }

  window.egraphConsole.cutPanels = { notes, graph, record, around, reach, agents, lattice, flows, percentiles, convergence };
})();
