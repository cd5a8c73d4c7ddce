// The picture of a class: itself in the middle, above it classes that name it, below it classes that it names.
// Which ones and how many is decided on the server; here is only where they stand. No address, no question.
(() => {
  const { svg, el, count } = window.egraphConsole;
  const [WIDEST, GAP, HEAD, LINE, FOOT, ROW_GAP] = [178, 18, 24, 20, 8, 46];
  const MARGIN = 16;
  const [LANE, TURN] = [9, 6];
  const MARKS = { RED: ["red", "R"], BLUE: ["blue", "B"], GREEN: ["green", "G"] };

  const short = (id) => id.slice(0, 8);
  const cut = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

  // Colour is told by shape and letter; the paint repeats it.
  function mark(colour, x, y) {
    const [paint, letter] = MARKS[colour] || ["unknown", "?"];
    const shapes = {
      red: () => svg("path", { d: `M${x} ${y - 5}l5.5 10h-11z` }),
      blue: () => svg("circle", { cx: x, cy: y, r: 5 }),
      green: () => svg("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9 }),
      unknown: () => svg("path", { d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`, class: "eg-unknown-mark" }),
    };
    return [svg("g", { class: `eg-mark eg-${paint}` }, shapes[paint]()), svg("text", { x: x + 9, y: y + 4, class: "eg-letter" }, letter)];
  }

  function sized(box, columns, width) {
    const lines = Math.ceil(box.nodes.length / columns);
    const isCut = box.nodes_count > box.nodes.length;
    return { box, columns, width, lines, isCut, height: HEAD + lines * LINE + (isCut ? LINE : 0) + FOOT };
  }

  // Rows of boxes in columns that all rows share, so that arrows have a way between them; gives where the next row begins.
  function place(boxes, width, top) {
    const wide = boxes[0].width;
    const most = Math.min(boxes.length, Math.max(1, Math.floor((width - GAP) / (wide + GAP))));
    const left = (width - most * wide - (most - 1) * GAP) / 2;
    const rows = Math.ceil(boxes.length / most);
    let y = top;
    for (let number = 0; number < rows; number += 1) {
      const row = boxes.slice(number * most, (number + 1) * most);
      // A row that is not full stands in the middle, as far as the columns allow.
      const skipped = Math.floor((most - row.length) / 2);
      row.forEach((item, at) => Object.assign(item, { x: left + (skipped + at) * (wide + GAP), y, row: number, rows }));
      y += Math.max(...row.map((item) => item.height)) + GAP;
    }
    for (const item of boxes) Object.assign(item, { top, bottom: y - GAP });
    return y - GAP;
  }

  function spot(item, number) {
    const column = Math.floor(number / item.lines);
    const wide = item.width / item.columns;
    return { x: item.x + column * wide, y: item.y + HEAD + (number % item.lines) * LINE + LINE / 2, wide };
  }

  // Ways of arrows. They run beside the nodes of their own box, in the gaps between columns of boxes, and freely only
  // between the middle and the rows next to it, so that none crosses a box.
  const swing = (from, to) => `C${from.x} ${(from.y + to.y) / 2} ${to.x} ${(from.y + to.y) / 2} ${to.x} ${to.y}`;

  // From a class below or above to the class in the middle.
  function inward(item, start, target) {
    const isAbove = item.y < target.y;
    const end = { x: target.x + target.width / 2, y: isAbove ? target.y - 2 : target.y + target.height + 2 };
    const edge = isAbove ? item.bottom : item.top;
    if (isAbove && item.row === item.rows - 1) return [`M${start.x} ${start.y}V${item.bottom}${swing({ x: start.x, y: item.bottom }, end)}`, end, isAbove ? "l-4 -7h8z" : "l-4 7h8z"];
    const gap = item.x + item.width + GAP / 2;
    const turn = isAbove ? TURN : -TURN;
    return [`M${start.x} ${start.y}H${gap - TURN}Q${gap} ${start.y} ${gap} ${start.y + turn}V${edge}${swing({ x: gap, y: edge }, end)}`, end, isAbove ? "l-4 -7h8z" : "l-4 7h8z"];
  }

  // From the class in the middle to one below: into its head from the left where boxes stand over it.
  function outward(item, start, target) {
    const from = { x: start.x, y: item.y + item.height };
    const begin = `M${start.x} ${start.y}V${from.y}`;
    if (target.row === 0) {
      const end = { x: target.x + target.width / 2, y: target.y - 2 };
      return [begin + swing(from, end), end, "l-4 -7h8z"];
    }
    const gap = target.x - GAP / 2 - 2;
    const end = { x: target.x - 1, y: target.y + HEAD / 2 };
    return [`${begin}${swing(from, { x: gap, y: target.top })}V${end.y - TURN}Q${gap} ${end.y} ${gap + TURN} ${end.y}H${end.x}`, end, "l-7 -4v8z"];
  }

  function arrow(item, number, target, isInward) {
    const from = spot(item, number);
    const start = { x: from.x + from.wide - LANE, y: from.y };
    const [way, end, tip] = (isInward ? inward : outward)(item, start, target);
    return svg("g", { class: "eg-arrow", "data-from": item.box.class, "data-to": target.box.class }, [
      svg("circle", { cx: start.x, cy: start.y, r: 2.4 }),
      svg("path", { class: "eg-line", d: way }),
      svg("path", { class: "eg-tip", d: `M${end.x} ${end.y}${tip}` }),
    ]);
  }

  function told(box) {
    const sides = { itself: "this class", above: "names this class", below: "named by this class", both: "names this class and is named by it" };
    const kept = box.quarantined_count ? `, ${count(box.quarantined_count)} quarantined equalities` : "";
    const nodes = box.nodes.map((node) => `${node.term} ${(node.colour || "unknown").toLowerCase()}`).join(", ");
    return `class ${short(box.class)}, ${sides[box.side]}, ${count(box.nodes.length)} of ${count(box.nodes_count)} nodes: ${nodes}${kept}`;
  }

  function drawBox(item) {
    const { box, x, y, width, height } = item;
    const kept = box.quarantined_count ? ` ⚠ ${count(box.quarantined_count)}` : "";
    return [
      svg("rect", { x, y, width, height, rx: 6, class: "eg-box" }),
      svg("text", { x: x + 10, y: y + 16, class: "eg-name" }, `${short(box.class)}${kept}`),
      svg("text", { x: x + width - 10, y: y + 16, class: "eg-count" }, `${count(box.nodes.length)} of ${count(box.nodes_count)}`),
    ];
  }

  function drawNodes(item) {
    const drawn = item.box.nodes.flatMap((node, number) => {
      const at = spot(item, number);
      const text = svg("text", { x: at.x + 36, y: at.y + 4, class: "eg-term" }, cut(node.term, Math.floor((at.wide - 56) / 7.3)));
      return [...mark(node.colour, at.x + 15, at.y), text];
    });
    const rest = item.box.nodes_count - item.box.nodes.length;
    if (item.isCut) drawn.push(svg("text", { x: item.x + 36, y: item.y + item.height - FOOT - 5, class: "eg-rest" }, `and ${count(rest)} more`));
    return drawn;
  }

  // `open` is told the class of a box that somebody chose.
  function draw(found, width, open) {
    const boxes = found.classes;
    const own = boxes[0];
    const fits = Math.max(1, Math.floor((width - 2 * MARGIN) / 190));
    const columns = Math.min(3, fits, Math.ceil(own.nodes.length / 3));
    // On a phone two boxes stand side by side.
    const wide = Math.floor(Math.min(WIDEST, Math.max(120, (width - 3 * GAP) / 2)));
    const middle = sized(own, columns, Math.min(width - 4, Math.max(WIDEST + 40, columns * 200)));
    const above = boxes.filter((box) => box.side === "above").map((box) => sized(box, 1, wide));
    const below = boxes.filter((box) => box.side === "below" || box.side === "both").map((box) => sized(box, 1, wide));
    const top = above.length ? place(above, width, 4) + ROW_GAP : 4;
    Object.assign(middle, { x: (width - middle.width) / 2, y: top });
    const end = below.length ? place(below, width, top + middle.height + ROW_GAP) : top + middle.height;
    const at = new Map([middle, ...above, ...below].map((item) => [item.box.class, item]));
    const arrows = [];
    for (const item of at.values()) {
      item.box.nodes.forEach((node, number) => {
        const named = item === middle ? node.children.filter((child) => child !== own.class && at.has(child)) : node.children.filter((child) => child === own.class);
        for (const child of new Set(named)) arrows.push(arrow(item, number, at.get(child), item !== middle));
      });
    }
    const links = [...at.values()].map((item) => {
      const link = svg("a", { href: `/egraph?class=${item.box.class}`, class: `eg-class eg-${item.box.side}`, "data-class": item.box.class, "aria-label": told(item.box), "aria-current": item === middle ? "true" : null }, [svg("title", {}, told(item.box)), ...drawBox(item)]);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open(item.box.class);
      });
      return link;
    });
    const over = svg("g", { class: "eg-over", "aria-hidden": "true" }, [...at.values()].flatMap(drawNodes));
    return svg("svg", { width, height: end + 6, viewBox: `0 0 ${width} ${end + 6}`, class: "neighbourhood", role: "group", "aria-label": "neighbourhood of the class" }, [...links, svg("g", { "aria-hidden": "true", class: "eg-arrows" }, arrows), over]);
  }

  function legend() {
    const key = (colour, word) => el("span", { class: "eg-key" }, [svg("svg", { width: 24, height: 14, "aria-hidden": "true" }, mark(colour, 7, 7)), word]);
    return [key("RED", "red"), key("BLUE", "blue"), key("GREEN", "green"), el("span", {}, "solid box: this class"), el("span", {}, "dashed: classes that name it (above) and that it names (below)"), el("span", {}, "● → a node names a class"), el("span", {}, "⚠ equalities in quarantine")];
  }

  window.egraphConsole.neighbourhood = { draw, legend, mark, cut, short };
})();
