// Panels of the page that compares, each drawn from one answer about two sides: what is the same, what each side holds
// alone, how far it reaches, counts, classes, quarantine. No address, no questions (63-compare.js).
(() => {
  const { el, svg, count, NOTHING } = window.egraphConsole;
  const { button, day, colour, cell, table, placeOf, summary, GLYPHS } = window.egraphConsole.records;
  const SIDES = { left: { mark: "◧", name: "left", other: "right" }, right: { mark: "◨", name: "right", other: "left" } };
  const COUNTS = [["facts", "facts"], ["e-nodes", "nodes"], ["classes", "classes"], ["accepted", "accepted"], ["quarantined", "quarantined"], ["suspended", "suspended"], ["retracted", "retracted"], ["violations", "violations"]];
  const THERE = { missing: "is not there", retracted: "is retracted", accepted: "is accepted", quarantined: "is quarantined", suspended: "waits for a premise" };
  const eight = (id) => (id ? id.slice(0, 8) : NOTHING);
  const many = (number, one, several) => `${count(number)} ${number === 1 ? one : several || `${one}s`}`;
  const event = (place) => el("a", { class: "link num", href: `/events?open=${place}`, title: "to this fact on the Events page" }, place);
  const note = (text) => el("p", { class: "note" }, text);

  // What the sides come to: [sign, words, kind]. The views decide; before they are folded, what is known without them.
  function verdict(found, graphs) {
    const wrong = graphs && ["left", "right"].find((side) => graphs[side].confirmed === false);
    const published = found.left.published && found.right.published;
    const level = found.partitions.every((item) => item.left_next === item.right_next);
    if (published && level && found.left.published.view_digest !== found.right.published.view_digest) return ["✕", "Different view digests were published of the same records", "bad"];
    if (wrong) return ["✕", `${capital(found[wrong].name)} published another view digest than its facts give`, "bad"];
    if (graphs && graphs.same_view) return graphs.same_facts ? ["✓", "The same: same facts, same view", "same"] : ["✓", "The same view, of different facts", "same"];
    if (graphs) return ["≠", graphs.same_facts ? "Different views of the same facts" : "Different views, of different facts", "apart"];
    if (published) return found.left.published.view_digest === found.right.published.view_digest ? ["✓", "The same view digest was published", "same"] : ["≠", "Different view digests were published", "apart"];
    if (found.same_facts) return ["✓", "The same facts, and so the same view", "same"];
    return found.same_facts === null ? ["?", "Too much lies between the sides to tell", "apart"] : ["≠", "Different facts", "apart"];
  }

  const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;

  function unchecked(published, graph) {
    if (published.set_digest !== graph.counts.set_digest) return "not checked: the agent published other facts than the store gives";
    return `not checked: the agent published ${eight(published.view_digest)}, but the store does not say what some derived equalities rest on`;
  }

  function digest(found, graphs, side) {
    const published = found[side].published;
    const folded = graphs && graphs[side].counts.view_digest;
    const shown = folded || (published && published.view_digest);
    if (!shown) return note("no view digest: too many records to fold");
    const checked = folded && published ? { true: "✓ as the agent published", false: `✕ the agent published ${eight(published.view_digest)}`, null: unchecked(published, graphs[side]) }[String(graphs[side].confirmed)] : folded ? "folded from its facts" : "as the agent published";
    return el("p", { class: "compare-digest" }, ["view ", el("span", { class: "mono", title: shown }, shown.slice(0, 16)), " ", el("span", { class: graphs && graphs[side].confirmed === false ? "ink-red" : "note" }, checked)]);
  }

  function card(found, graphs, side) {
    const { mark, name } = SIDES[side];
    const its = found[side];
    const link = its.at ? el("a", { class: "link", href: `/timetravel?at=${its.at}` }, `${its.at} on Time travel`) : null;
    return el("section", { class: "compare-card", "aria-label": `${name} side` }, [
      el("p", { class: "note" }, `${mark} ${name}`), el("h3", {}, capital(its.name)),
      el("p", {}, [its.published ? `told ${day(its.at_us)}` : day(its.at_us), " · ", many(its.records, "record"), link ? " · " : null, link]),
      digest(found, graphs, side),
    ]);
  }

  function head(found, graphs) {
    const [sign, words, kind] = verdict(found, graphs);
    return [card(found, graphs, "left"), el("div", { class: `compare-sign compare-${kind}`, role: "status" }, [el("span", { class: "compare-glyph", "aria-hidden": "true" }, sign), el("strong", {}, words)]), card(found, graphs, "right")];
  }

  const told = (found) => el("ul", {}, found.told.map((text) => el("li", {}, text)));

  // Bars from the middle: to the left what the left has more of, to the right what the right has. Rows are [name, l, r].
  function butterfly(rows, label, width) {
    const [row, name, number] = [24, 128, 52];
    const [most, other] = [1, 2].map((side) => Math.max(0, ...rows.map((item) => item[side])));
    // The axis gives each side the room that its bars need, but never so little that it looks as if there were none.
    const share = Math.min(0.75, Math.max(0.25, most / Math.max(1, most + other)));
    const middle = name + share * (width - name);
    const scale = Math.min((middle - name - number) / Math.max(1, most), (width - middle - number) / Math.max(1, other));
    const size = (value) => (value ? Math.max(2, value * scale) : 0);
    const parts = rows.flatMap(([text, left, right], index) => {
      const y = index * row;
      return [
        svg("text", { class: "compare-name", x: 0, y: y + 16 }, text.length > 19 ? `${text.slice(0, 18)}…` : text),
        svg("rect", { class: "compare-bar-left", x: middle - size(left), y: y + 4, width: size(left), height: row - 8 }), svg("rect", { class: "compare-bar-right", x: middle, y: y + 4, width: size(right), height: row - 8 }),
        left ? svg("text", { x: middle - size(left) - 5, y: y + 16, "text-anchor": "end" }, count(left)) : null, right ? svg("text", { x: middle + size(right) + 5, y: y + 16 }, count(right)) : null,
      ].filter(Boolean);
    });
    const height = rows.length * row;
    return svg("svg", { class: "compare-chart", viewBox: `0 0 ${width} ${height}`, style: `height:${height}px`, role: "img", "aria-label": `${label}; the table below has the numbers` }, [...parts, svg("line", { class: "compare-axis", x1: middle, x2: middle, y1: 0, y2: height })]);
  }

  const legend = () => el("p", { class: "compare-legend note" }, [el("span", {}, "◧ left has more"), el("span", {}, "right has more ◨")]);
  const asTable = (key, heads, rows, label) => el("details", { "data-key": key }, [el("summary", {}, "as a table"), el("div", { class: "compare-scroll", tabindex: "0", role: "region", "aria-label": label }, table(heads, rows, label))]);

  function reach(found, width) {
    const rows = found.partitions.map((item) => [`partition ${item.partition}`, Math.max(0, item.left_next - item.right_next), Math.max(0, item.right_next - item.left_next)]);
    if (!rows.length) return note("No partition was read yet.");
    const ahead = (item) => (item.left_next === item.right_next ? "= level" : item.left_next > item.right_next ? `◧ left by ${count(item.left_next - item.right_next)}` : `◨ right by ${count(item.right_next - item.left_next)}`);
    const cells = found.partitions.map((item) => el("tr", {}, [cell(String(item.partition), "strong"), cell(count(item.left_next), "number num"), cell(count(item.right_next), "number num"), cell(ahead(item)), cell(item.last_offset < 0 ? NOTHING : count(item.last_offset), "number num")]));
    const level = rows.every(([, left, right]) => !left && !right);
    return el("div", {}, [
      ...(level ? [el("p", {}, "= Both sides reach equally far into every partition.")] : [legend(), butterfly(rows, "records by which one side is ahead, per partition", width)]),
      asTable("reach", [["partition"], ["◧ next offset", "number"], ["◨ next offset", "number"], ["ahead"], ["last in store", "number"]], cells, "how far each side reaches into each partition"),
    ]);
  }

  function alone(found, width) {
    const { left_only: left, right_only: right } = found;
    if (!left) return note(`${count(found.records_apart)} records lie between the sides; at most ${count(found.cap)} are looked through fact by fact. Choose sides that are closer together.`);
    if (!left.count && !right.count) return el("p", {}, "= Neither side holds a fact that the other lacks.");
    const kinds = [...new Set([...Object.keys(left.by_kind), ...Object.keys(right.by_kind)])].sort().map((kind) => [kind, left.by_kind[kind] || 0, right.by_kind[kind] || 0]);
    const of = (side) => Object.fromEntries(side.producers);
    const [mine, other] = [of(left), of(right)];
    const producers = [...new Set([...Object.keys(mine), ...Object.keys(other)])].map((name) => [name, mine[name] || 0, other[name] || 0]).sort((a, b) => b[1] + b[2] - a[1] - a[2]);
    const listed = (side, mark) => (side.producers_count > side.producers.length ? `${mark} ${count(side.producers.length)} of ${count(side.producers_count)} producers. ` : "");
    const cells = [...kinds, ...producers].map(([name, l, r], index) => el("tr", {}, [cell(index < kinds.length ? "kind" : "producer"), cell(name, "strong"), cell(count(l), "number num"), cell(count(r), "number num")]));
    return el("div", {}, [
      legend(), el("h3", {}, "by kind"), butterfly(kinds, "facts that one side alone holds, by kind", width), el("h3", {}, "by producer"), butterfly(producers, "facts that one side alone holds, by producer", width),
      note(`${listed(left, "◧")}${listed(right, "◨")}`),
      asTable("alone", [["by"], ["name"], ["◧ left only", "number"], ["◨ right only", "number"]], cells, "facts that one side alone holds"),
    ]);
  }

  function more(shown, total, show) {
    return total > shown && show ? button("show more", show, { class: "compare-more" }) : null;
  }

  function facts(found, side, show) {
    const only = found[`${side}_only`];
    if (!only) return note("not looked through: too many records lie between the sides");
    if (!only.count) return el("p", {}, `✓ The ${SIDES[side].other} side holds everything that the ${side} side holds.`);
    const rows = only.facts.map((fact) => el("tr", {}, [el("td", { class: "num" }, event(placeOf(fact))), cell(day(fact.appended_at_us).slice(11), "num compare-when", day(fact.appended_at_us)), cell(fact.kind, "num"), cell(summary(fact), "record-summary", summary(fact)), cell(fact.producer, "wide", fact.producer)]));
    return el("div", {}, [table([["part:offset"], ["time", "compare-when"], ["kind"], ["summary"], ["producer", "wide"]], rows, `facts on the ${side} only`), more(only.facts.length, only.count, show)]);
  }

  const ofMany = (shown, total, noun) => `${count(shown)} of ${many(total, noun)}`;

  function counts(found, graphs) {
    const sided = ["left", "right"];
    const value = (side, key) => (graphs ? graphs[side].counts[key] : found[side].published && found[side].published[key]);
    const published = sided.filter((side) => found[side].published);
    const rows = COUNTS.map(([name, key]) => {
      const [left, right] = sided.map((side) => value(side, key));
      const same = left === right ? "=" : "≠";
      const told = published.map((side) => cell(count(found[side].published[key]), "number num"));
      return el("tr", {}, [cell(name, "strong"), cell(count(left), "number num"), cell(left === undefined || left === null || right === undefined || right === null ? "" : same, "compare-same"), cell(count(right), "number num"), ...told]);
    });
    const heads = [["count"], ["◧ left", "number"], ["", "compare-same"], ["◨ right", "number"], ...published.map((side) => [`${SIDES[side].mark} published`, "number"])];
    const derived = graphs && Math.max(graphs.left.derived, graphs.right.derived);
    return el("div", {}, [table(heads, rows, "counts of both sides"), derived ? note(`${count(derived)} derived equalities are taken to count: they were stored before the store kept what they rest on.`) : null]);
  }

  function node(item) {
    const absent = item.on_left && item.on_right ? "" : item.on_left ? " ◧ only" : item.on_right ? " ◨ only" : "";
    if (item.term === null) return el("span", { class: "mono", title: item.id }, `#${eight(item.id)}`);
    return el("span", { class: "compare-node", title: item.id }, [el("span", { "aria-label": item.colour.toLowerCase(), class: `ink-${item.colour.toLowerCase()}`, role: "img" }, GLYPHS[item.colour]), el("span", { class: "mono" }, ` ${item.term}`), absent ? el("span", { class: "note" }, absent) : null]);
  }

  const joined = (items) => items.flatMap((item, index) => (index ? [" ", item] : [item]));

  function blocks(item, side) {
    const shown = item[`${side}_blocks`];
    const total = item[`${side}_blocks_count`];
    const block = (found) => el("span", { class: "compare-block" }, [...joined(found.nodes.map(node)), found.nodes_count > found.nodes.length ? el("span", { class: "note" }, ` and ${count(found.nodes_count - found.nodes.length)} more`) : null]);
    return el("div", { class: "compare-blocks" }, [el("span", { class: "compare-mark", title: side }, SIDES[side].mark), el("div", { class: "compare-set" }, [el("span", { class: "hidden" }, `${side}: `), ...shown.map(block), total > shown.length ? el("span", { class: "note" }, `and ${many(total - shown.length, "further class", "further classes")}`) : null])]);
  }

  const spoken = (fact) => (fact.nodes.length === 2 ? [node(fact.nodes[0]), " = ", node(fact.nodes[1])] : fact.nodes.length ? ["the node ", node(fact.nodes[0])] : [fact.kind]);
  const said = (fact) => [...spoken(fact), fact.why ? ` “${fact.why}”` : "", ` by ${fact.producer} at `, event(placeOf(fact))];
  const there = (item, side) => [el("strong", {}, THERE[item.there]), ` on the ${side}`, ...(item.by ? [" by ", event(item.by)] : [])];

  function apart(found, side) {
    if (!found) return null;
    const { other } = SIDES[side];
    const ends = `left=${found.one.id}&right=${found.other.id}`;
    const hidden = found.causes_count - found.causes.length;
    return el("div", { class: "compare-cause" }, [
      el("p", {}, [node(found.one), " = ", node(found.other), ` on the ${side} alone, because:`]),
      el("ul", {}, found.causes.map((cause) => el("li", {}, [...said(cause.fact), " ", ...there(cause, other)]))),
      hidden ? note(`and ${many(hidden, "further fact")} of the proof`) : null,
      el("a", { class: "link", href: `/egraph?class=${found.one.id}&${ends}` }, "why now, on the E-graph page"),
    ]);
  }

  const MERGED = { left: "◧ one class on the left only", right: "◨ one class on the right only", both: "≠ put together differently" };

  function classes(graphs, show) {
    if (!graphs.classes_count) return el("p", {}, "= Nodes that are equal on one side are equal on the other.");
    return el("div", {}, [
      el("ol", { class: "compare-list" }, graphs.classes.map((item) => el("li", {}, [el("p", {}, [el("strong", {}, MERGED[item.merged]), el("span", { class: "note" }, ` ${many(item.nodes_count, "node")}`)]), blocks(item, "left"), blocks(item, "right"), apart(item.equal_on_left, "left"), apart(item.equal_on_right, "right")]))),
      more(graphs.classes.length, graphs.classes_count, show),
    ]);
  }

  function classesNote(graphs) {
    const parts = [["◧ merges", graphs.merged_left_count], ["◨ merges", graphs.merged_right_count], ["≠ crossed", graphs.crossed_count]].filter(([, number]) => number).map(([what, number]) => `${what} ${count(number)}`);
    return graphs.classes_count ? `${ofMany(graphs.classes.length, graphs.classes_count, "difference")}: ${parts.join(", ")}` : "none";
  }

  function kept(item, side) {
    const ends = `left=${item.fact.nodes[0].id}&right=${item.fact.nodes[1].id}`;
    const witness = item.witness === null ? note("too many equalities to look for what it conflicts with here") : item.witness.length ? el("div", {}, ["it conflicts with", el("ul", {}, item.witness.map((fact) => el("li", {}, said(fact))))]) : note("it conflicts with the colours of these nodes and of the nodes that name them");
    return el("li", {}, [
      el("p", {}, [el("span", { class: "ink-degraded", "aria-hidden": "true" }, "⚠ "), el("strong", {}, `${SIDES[side].mark} quarantined on the ${side} only`)]), el("p", {}, [...said(item.fact), "; it ", ...there(item, SIDES[side].other)]), witness,
      el("a", { class: "link", href: `/egraph?class=${item.fact.nodes[0].id}&${ends}` }, "what keeps them apart now, on the E-graph page"),
    ]);
  }

  function quarantine(graphs, show) {
    const shown = [...graphs.quarantined_left.map((item) => kept(item, "left")), ...graphs.quarantined_right.map((item) => kept(item, "right"))];
    const both = graphs.quarantined_both_count ? note(`${many(graphs.quarantined_both_count, "equality is", "equalities are")} quarantined on both sides.`) : null;
    if (!shown.length) return el("div", {}, [el("p", {}, "= No equality is quarantined on one side alone."), both]);
    return el("div", {}, [el("ol", { class: "compare-list" }, shown), more(shown.length, graphs.quarantined_left_count + graphs.quarantined_right_count, show), both]);
  }

  // Where nothing is chosen yet: the agents as they stand, by what they published.
  function agents(sides, pick) {
    const ends = sides.agents.map((item) => item.next_offsets);
    const join = ends.length ? ends[0].map((_, partition) => Math.max(...ends.map((item) => item[partition] ?? 0))) : [];
    const total = join.reduce((sum, next) => sum + next, 0);
    const digests = [...new Set(sides.agents.map((item) => item.view_digest))];
    const rows = sides.agents.map((item) => {
      const behind = total - item.next_offsets.reduce((sum, next) => sum + next, 0);
      const choose = (side) => button([SIDES[side].mark, el("span", { class: "compare-word" }, ` ${side}`)], () => pick(side, item.agent), { "aria-label": `agent ${item.agent} as the ${side} side` });
      const letter = digests.length > 1 ? ` ${String.fromCharCode(65 + Math.min(25, digests.indexOf(item.view_digest)))}` : "";
      return el("tr", {}, [cell(`A${item.agent}`, "strong"), cell(colour(item.role), "compare-unbroken"), cell(count(item.facts), "number num"), cell(behind ? count(behind) : "–", "number num"), cell([el("span", { class: "mono" }, eight(item.view_digest)), letter], "compare-unbroken", item.view_digest), el("td", { class: "compare-pick" }, [choose("left"), choose("right")])]);
    });
    const one = digests.length === 1;
    return [el("p", { class: one ? "ink-green" : "ink-degraded" }, one ? `✓ ${many(sides.agents.length, "agent")} published one view digest` : `≠ ${many(sides.agents.length, "agent")} published ${count(digests.length)} different view digests`), table([["agent"], ["role"], ["facts", "number"], ["records behind", "number"], ["view digest"], ["compare as"]], rows, "agents that can be compared")];
  }

  window.egraphConsole.comparePanels = { head, told, reach, alone, facts, counts, classes, classesNote, quarantine, agents, ofMany, many };
})();
