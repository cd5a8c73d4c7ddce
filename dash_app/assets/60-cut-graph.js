// What a record changed in the e-graph, drawn and told: the classes that it speaks of, above them classes that name
// them, below those that they name. Which ones is decided on the server. No cursor, no question.
(() => {
  const { svg, el, count } = window.egraphConsole;
  const { mark, cut, short } = window.egraphConsole.neighbourhood;
  const { cell, table } = window.egraphConsole.records;
  const [PAD, HEAD, WORD, TILE, TILE_GAP, FOOT] = [8, 20, 17, 26, 6, 8];
  const [GAP, APART, ROW_GAP, STACKED, LAYER_GAP] = [18, 100, 18, 34, 34];
  const TOLD = 44; // pixels of the sentences above the drawing
  const [LETTER, LABEL, NARROW, FEW, MANY] = [7.3, 7.4, 720, 6, 10];
  const SIDES = { itself: "the record speaks of it", above: "names it", below: "named by it", both: "names it and is named by it" };
  const BETWEEN = { quarantined: "≠ kept apart", suspended: "… suspended", withdrawn: "✂ withdrawn", retracted: "✂ retracted" };
  const SMALLEST = 0.78;
  let isOpen = false;

  const drawnAtMost = () => (window.innerWidth < NARROW ? FEW : MANY);
  const word = (item) => item.change && { new: "new class", defined: "named before, added now", joined: "joined by a new node", merged: `merged of ${item.parts} classes`, split: "split off", regrouped: "split and merged" }[item.change];
  const held = (item) => `${count(item.nodes.length)} of ${count(item.nodes_count)}`;
  const sign = (node) => `${node.is_new ? "+ " : ""}${cut(node.operator ?? "not added", 12)}`;

  // A box: its tiles in lines that are at most so wide.
  function sized(item, most) {
    const tiles = item.nodes.map((node) => ({ node, text: sign(node), width: 32 + sign(node).length * LETTER }));
    const label = `${short(item.name)}${item.quarantined_count ? ` ⚠ ${count(item.quarantined_count)}` : ""}`;
    const told = word(item);
    let width = Math.max((label.length + held(item).length + 3) * LABEL, told ? (told.length + 2) * LABEL : 0) + 2 * PAD;
    const top = HEAD + (told ? WORD : 0);
    let x = PAD, y = top;
    for (const tile of tiles) {
      if (x > PAD && x + tile.width + PAD > most) [x, y] = [PAD, y + TILE + TILE_GAP];
      Object.assign(tile, { x, y });
      x += tile.width + TILE_GAP;
      width = Math.max(width, x - TILE_GAP + PAD);
    }
    return { item, tiles, label, told, width, height: y + TILE + FOOT };
  }

  // A layer of boxes in rows that fit, each in the middle; gives where the next layer begins.
  function place(boxes, width, top, gap, below = ROW_GAP) {
    const rows = [];
    for (const box of boxes) {
      const row = rows.at(-1);
      if (row && row.wide + gap + box.width <= width - 4) Object.assign(row, { wide: row.wide + gap + box.width, boxes: [...row.boxes, box] });
      else rows.push({ wide: box.width, boxes: [box] });
    }
    let y = top;
    for (const row of rows) {
      let x = (width - row.wide) / 2;
      for (const box of row.boxes) {
        Object.assign(box, { x, y });
        x += box.width + gap;
      }
      y += Math.max(...row.boxes.map((box) => box.height)) + below;
    }
    return y - below + LAYER_GAP;
  }

  function arrow(from, tile, to) {
    const start = from.x + tile.x + tile.width / 2;
    if (from === to) {
      const [x, y] = [from.x + from.width, from.y + tile.y + TILE / 2];
      return [`M${from.x + tile.x + tile.width} ${y}H${x}c16 2 16 -${y - from.y - 8} 2 -${y - from.y - 10}`, `M${x + 1} ${from.y + 10}l7 -3v7z`];
    }
    const middle = to.x + to.width / 2;
    const reach = Math.max(0, to.width / 2 - 12);
    const end = middle + Math.max(-reach, Math.min(reach, (start - middle) * 0.4));
    const isDown = to.y > from.y + from.height;
    const isUp = to.y + to.height < from.y;
    const [y, target, bend] = isUp ? [from.y + tile.y, to.y + to.height + 2, -1] : [from.y + tile.y + TILE, isDown ? to.y - 2 : to.y + to.height + 2, 1];
    const [first, second] = isDown || isUp ? [(y + target) / 2, (y + target) / 2] : [y + 30, target + 26];
    return [`M${start} ${y}C${start} ${first} ${end} ${second} ${end} ${target}`, `M${end} ${target}l-4 ${isDown ? -7 : 7}h8z`, bend];
  }

  function arrows(at) {
    const drawn = [];
    for (const box of at.values()) {
      for (const tile of box.tiles) {
        for (const child of tile.node.children.filter((name) => at.has(name))) {
          const [way, tip] = arrow(box, tile, at.get(child));
          drawn.push(svg("g", { class: "eg-arrow" }, [svg("path", { class: "eg-line", d: way }), svg("path", { class: "eg-tip", d: tip })]));
        }
      }
    }
    return drawn;
  }

  // Between two classes that the record speaks of: what stands between them.
  function between([left, right], said) {
    const isBeside = left.y === right.y;
    const [x1, y1] = isBeside ? [left.x + left.width, left.y + 30] : [left.x + left.width / 2, left.y + left.height];
    const [x2, y2] = isBeside ? [right.x, right.y + 30] : [right.x + right.width / 2, right.y];
    return [
      svg("line", { class: "cg-between", x1, y1, x2, y2 }),
      svg("text", { class: "cg-said", x: (x1 + x2) / 2 + (isBeside ? 0 : 9), y: isBeside ? y1 - 7 : (y1 + y2) / 2 + 4, "text-anchor": isBeside ? "middle" : "start" }, said),
    ];
  }

  function box({ item, x, y, width, height, tiles, label, told }) {
    const kind = `${item.change ? " cg-changed" : ""}${item.side === "itself" ? " cg-itself" : ""}`;
    return [
      svg("rect", { class: `cg-box${kind}`, x, y, width, height, rx: 6 }),
      svg("text", { class: "eg-name", x: x + PAD, y: y + 15 }, label),
      svg("text", { class: "eg-count", x: x + width - PAD, y: y + 15 }, held(item)),
      told ? svg("text", { class: "cg-word", x: x + PAD, y: y + HEAD + 11 }, `◆ ${told}`) : null,
      ...tiles.map((tile) => svg("g", {}, [
        svg("title", {}, `${tile.node.term}, ${tile.node.colour.toLowerCase()}`),
        svg("rect", { class: `cg-tile${tile.node.is_new ? " cg-new" : ""}`, x: x + tile.x, y: y + tile.y, width: tile.width, height: TILE, rx: 5 }),
        // Without its letter: the shape tells the colour, as in the lists below.
        mark(tile.node.colour, x + tile.x + 13, y + tile.y + TILE / 2)[0],
        svg("text", { class: "cg-sign", x: x + tile.x + 24, y: y + tile.y + 17 }, tile.text),
      ])),
    ];
  }

  // Where not all of it fits into the height, it is made smaller, as long as words can be read.
  function draw(change, width, room) {
    const most = Math.min(300, width / 2 - GAP);
    const layer = (...sides) => change.classes.filter((item) => sides.includes(item.side)).map((item) => sized(item, most));
    const [above, middle, below] = [layer("above"), layer("itself"), layer("below", "both")];
    let top = 4;
    if (above.length) top = place(above, width, top, GAP);
    top = place(middle, width, top, middle.length > 1 ? APART : GAP, STACKED);
    if (below.length) top = place(below, width, top, GAP);
    const height = top - LAYER_GAP + 6;
    const at = new Map([...above, ...middle, ...below].map((item) => [item.item.name, item]));
    const said = BETWEEN[change.outcome];
    const scale = Math.max(SMALLEST, Math.min(1, room / height));
    return svg("svg", { class: "cut-drawing neighbourhood", width: width * scale, height: height * scale, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${summary(change)}; the table below has the same` }, [
      svg("g", { class: "eg-arrows" }, arrows(at)), ...(middle.length > 1 && said ? between(middle, said) : []), ...[...at.values()].flatMap(box),
    ]);
  }

  const nodesOf = (change) => change.classes.reduce((sum, item) => sum + item.nodes.length, 0);
  const summary = (change) => `${count(change.classes.length)} of ${count(change.classes_count)} classes · ${count(nodesOf(change))} e-nodes`;
  const classes = (number) => `${count(number)} ${number === 1 ? "class" : "classes"}`;

  const equalities = (number) => `${count(number)} other ${number === 1 ? "equality is" : "equalities are"}`;

  function ofNode(change) {
    const node = change.classes[0].nodes.find((item) => item.is_new) || change.classes[0].nodes[0];
    const how = {
      new: "a new class", defined: "which others had only named so far", joined: "which congruence puts into a class that was there",
      merged: "which makes classes one by congruence",
    }[change.classes[0].change];
    return change.outcome === "node-new" ? `+ Adds ${node.term}${how ? `, ${how}` : ""}.` : `Adds ${node.term}, which another fact had added before: nothing changes.`;
  }

  function ofEquality(change) {
    const says = `${change.equality.left} = ${change.equality.right}`;
    const became = {
      accepted: `States ${says}: accepted${change.merged ? "" : "; both were in one class already"}.`,
      quarantined: `! States ${says}: quarantined. It would break the class rule, so its classes stay apart.`,
      suspended: `! States ${says}: suspended. ${count(change.failing_premises)} of the facts that it rests on do not hold.`,
      retracted: `✂ States ${says}: does not count, it had been retracted before it came.`,
    }[change.outcome];
    if (became) return became;
    return change.outcome === "withdrawn" ? `✂ Retracts ${says}, which was ${change.was}${change.split ? "" : "; no class falls apart"}.` : `Retracts ${says}, which had been retracted before: nothing changes.`;
  }

  // What the record did, in words.
  function sentences(change) {
    const plain = {
      repeated: "The same fact was in the log before: nothing changes.", refused: "✕ Agents refused this record: it is no part of the graph.",
      waits: "Retracts a fact that is not in the log yet: it waits for it.", rule: "States a rule: classes change when agents derive from it.",
    }[change.outcome];
    const own = plain || (change.equality ? ofEquality(change) : change.kind === "NodeAdded" ? ofNode(change) : change.outcome === "withdrawn" ? "✂ Retracts a rule." : change.outcome === "retracted" ? "✂ This rule had been retracted before it came." : "Retracts what is not withdrawn by that, or was before: nothing changes.");
    return [
      own,
      change.merged ? `◆ ${classes(change.merged)} in the graph ${change.merged === 1 ? "is" : "are"} made of several.` : null,
      change.split ? `◆ ${classes(change.split)} ${change.split === 1 ? "falls" : "fall"} apart.` : null,
      change.counts_now ? `${equalities(change.counts_now)} accepted from now on.` : null,
      change.fails_now ? `${equalities(change.fails_now)} no longer accepted.` : null,
    ].filter(Boolean);
  }

  function keptApart(change) {
    if (change.outcome !== "quarantined") return null;
    if (!change.kept_apart_by) return el("p", { class: "note" }, "What it conflicts with is not sought among so many accepted equalities.");
    if (!change.kept_apart_by.length) return el("p", {}, "Its two ends break the rule by themselves: a blue node below a red one, or a red one below a blue.");
    const rows = change.kept_apart_by.map((item) => el("li", {}, [el("a", { class: "link mono", href: `/events?text=${item.event_id}`, title: item.event_id }, item.event_id.slice(0, 8)), ` ${item.left} = ${item.right}`]));
    return el("div", {}, [el("p", {}, "It conflicts with these accepted equalities:"), el("ul", { class: "cut-kept" }, rows)]);
  }

  function list(change) {
    const names = new Set(change.classes.map((item) => item.name));
    const rows = change.classes.map((item) => {
      const nodes = item.nodes.map((node) => `${node.is_new ? "new: " : ""}${node.term} ${node.colour.toLowerCase()}`).join(", ");
      const children = [...new Set(item.nodes.flatMap((node) => node.children))].filter((name) => names.has(name)).map(short).join(" ");
      return el("tr", {}, [cell(short(item.name), "mono", item.name), cell(SIDES[item.side]), cell(word(item) || "unchanged"), cell(held(item), "number num"), cell(nodes, "record-summary", nodes), cell(children || "none drawn", "mono")]);
    });
    const made = el("details", { open: isOpen ? "" : null }, [el("summary", {}, "as a table"), table([["class"], ["where"], ["changed"], ["e-nodes", "number"], ["e-nodes and colours"], ["names"]], rows, "classes around the record")]);
    made.addEventListener("toggle", () => { isOpen = made.open; });
    return made;
  }

  function legend() {
    const key = (colour, said) => el("span", { class: "eg-key" }, [svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, mark(colour, 7, 7)[0]), said]);
    return el("div", { class: "egraph-legend" }, [key("RED", "red"), key("BLUE", "blue"), key("GREEN", "green"), el("span", {}, "dashed: a class"), el("span", {}, "◆ thick: changed by this record"), el("span", {}, "+ new e-node"), el("span", {}, "⚠ equalities in quarantine")]);
  }

  // `width` and `height` are those of the panel.
  function panel(change, width, height) {
    const drawn = change.classes.length ? draw(change, Math.max(260, width), height - TOLD) : el("p", { class: "note" }, "This record speaks of no class.");
    return el("div", { class: "cut-change", "data-outcome": change.outcome }, [
      el("div", { class: "cut-told" }, [...sentences(change).map((said) => el("p", {}, said)), keptApart(change), change.classes.length ? el("p", { class: "note" }, `drawn: ${summary(change)}`) : null]),
      el("div", { class: "cut-picture" }, drawn),
      change.classes.length ? legend() : null, change.classes.length ? list(change) : null,
    ]);
  }

  window.egraphConsole.cutGraph = { panel, drawnAtMost };
})();
