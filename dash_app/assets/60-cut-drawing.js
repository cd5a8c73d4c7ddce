// Classes around what changed, drawn: in the middle those that are spoken of, above them classes that name them, below
// those that they name; e-nodes are tiles. Roomy on a page, dense in a panel. What is said of a change is given to it.
(() => {
  const { svg, count } = window.egraphConsole;
  const { mark, short } = window.egraphConsole.neighbourhood;
  const ROOMY = { pad: 8, head: 20, word: 17, tile: 26, tileGap: 6, foot: 8, gap: 18, apart: 100, rowGap: 18, stacked: 34, layerGap: 34, letter: 7.3, label: 7.4, sign: 24, widest: 300, loop: 28, under: 0 };
  // Where there is no line for the word, it stands in place of the name.
  const DENSE = { pad: 5, head: 16, word: 0, tile: 18, tileGap: 4, foot: 4, gap: 9, apart: 16, rowGap: 8, stacked: 8, layerGap: 15, letter: 7, label: 7, sign: 19, widest: 216, loop: 12, under: 4 };

  const SMALLEST = 0.78;

  const held = (item) => `${count(item.nodes.length)} of ${count(item.nodes_count)}`;

  // A box: its tiles in lines that are at most so wide.
  function sized(item, most, size, { wordOf, signOf, countOf }) {
    const tiles = item.nodes.map((node) => ({ node, text: signOf(node), width: size.sign + 8 + signOf(node).length * size.letter }));
    const isNamed = size.word || !wordOf(item);
    const label = `${isNamed ? short(item.name) : ""}${item.quarantined_count ? ` ⚠ ${count(item.quarantined_count)}` : ""}`;
    const told = wordOf(item);
    const among = (countOf || held)(item);
    const [first, second] = [isNamed ? label.length : told.length + 2 + label.length, isNamed && told ? told.length + 2 : 0];
    let width = Math.max(first + (among ? among.length + 3 : 0), second) * size.label + 2 * size.pad;
    const top = size.head + (told ? size.word : 0);
    let x = size.pad, y = top;
    for (const tile of tiles) {
      if (x > size.pad && x + tile.width + size.pad > most) [x, y] = [size.pad, y + size.tile + size.tileGap];
      Object.assign(tile, { x, y });
      x += tile.width + size.tileGap;
      width = Math.max(width, x - size.tileGap + size.pad);
    }
    return { item, tiles, label: isNamed ? label : `◆ ${told}${label}`, told: isNamed ? told : null, isNamed, among, width, height: y + size.tile + size.foot };
  }

  // A layer of boxes in rows that fit, each in the middle; gives where the next layer begins.
  function place(boxes, width, top, size, gap, below) {
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
    return y - below + size.layerGap;
  }

  function arrow(from, tile, to, size) {
    const start = from.x + tile.x + tile.width / 2;
    if (from === to) {
      const [x, y] = [from.x + from.width, from.y + tile.y + size.tile / 2];
      return [`M${from.x + tile.x + tile.width} ${y}H${x}c16 2 16 -${y - from.y - 8} 2 -${y - from.y - 10}`, `M${x + 1} ${from.y + 10}l7 -3v7z`];
    }
    const middle = to.x + to.width / 2;
    const reach = Math.max(0, to.width / 2 - 12);
    const end = middle + Math.max(-reach, Math.min(reach, (start - middle) * 0.4));
    const isDown = to.y > from.y + from.height;
    const isUp = to.y + to.height < from.y;
    const [y, target, bend] = isUp ? [from.y + tile.y, to.y + to.height + 2, -1] : [from.y + tile.y + size.tile, isDown ? to.y - 2 : to.y + to.height + 2, 1];
    const [first, second] = isDown || isUp ? [(y + target) / 2, (y + target) / 2] : [y + size.loop, target + size.loop];
    return [`M${start} ${y}C${start} ${first} ${end} ${second} ${end} ${target}`, `M${end} ${target}l-4 ${isDown ? -7 : 7}h8z`, bend];
  }

  function arrows(at, size) {
    const drawn = [];
    for (const box of at.values()) {
      for (const tile of box.tiles) {
        for (const child of tile.node.children.filter((name) => at.has(name))) {
          const [way, tip] = arrow(box, tile, at.get(child), size);
          drawn.push(svg("g", { class: "eg-arrow" }, [svg("path", { class: "eg-line", d: way }), svg("path", { class: "eg-tip", d: tip })]));
        }
      }
    }
    return drawn;
  }

  // Between two classes that a record speaks of: what stands between them.
  function between([left, right], said) {
    const isBeside = left.y === right.y;
    const [x1, y1] = isBeside ? [left.x + left.width, left.y + 30] : [left.x + left.width / 2, left.y + left.height];
    const [x2, y2] = isBeside ? [right.x, right.y + 30] : [right.x + right.width / 2, right.y];
    return [
      svg("line", { class: "cg-between", x1, y1, x2, y2 }),
      svg("text", { class: "cg-said", x: (x1 + x2) / 2 + (isBeside ? 0 : 9), y: isBeside ? y1 - 7 : (y1 + y2) / 2 + 4, "text-anchor": isBeside ? "middle" : "start" }, said),
    ];
  }

  function box({ item, x, y, width, height, tiles, label, told, isNamed, among }, size, { isChanged, linkOf }) {
    const kind = `${isChanged(item) ? " cg-changed" : ""}${item.side === "itself" ? " cg-itself" : ""}`;
    const parts = [
      svg("rect", { class: `cg-box${kind}`, x, y, width, height, rx: 6 }),
      svg("text", { class: isNamed ? "eg-name" : `cg-word${isChanged(item) ? "" : " cg-past"}`, x: x + size.pad, y: y + size.head - 4 }, label),
      among ? svg("text", { class: "eg-count", x: x + width - size.pad, y: y + size.head - 4 }, among) : null,
      told ? svg("text", { class: `cg-word${isChanged(item) ? "" : " cg-past"}`, x: x + size.pad, y: y + size.head + size.word - 6 }, `◆ ${told}`) : null,
      ...tiles.map((tile) => svg("g", {}, [
        svg("title", {}, `${tile.node.term}, ${tile.node.colour.toLowerCase()}`),
        svg("rect", { class: `cg-tile${tile.node.is_new ? " cg-new" : ""}`, x: x + tile.x, y: y + tile.y, width: tile.width, height: size.tile, rx: 5 }),
        // Without its letter: the shape tells the colour, as in the lists below.
        mark(tile.node.colour, x + tile.x + size.sign / 2 + 1, y + tile.y + size.tile / 2)[0],
        svg("text", { class: "cg-sign", x: x + tile.x + size.sign, y: y + tile.y + size.tile / 2 + 4 }, tile.text),
      ])),
    ];
    return linkOf ? [svg("a", { class: "eg-class cg-way", ...linkOf(item) }, parts)] : parts;
  }

  // `words` are `wordOf`, `signOf`, `countOf`, `isChanged` and `linkOf` of classes and nodes, `said` what stands between
  // the two in the middle, `label`, and `room`: where not all of it fits into so many pixels of height, it is made
  // smaller, as long as words can be read.
  function draw(all, width, size, words) {
    const most = Math.min(size.widest, width / 2 - size.gap);
    const layer = (...sides) => all.filter((item) => sides.includes(item.side)).map((item) => sized(item, most, size, words));
    const [above, middle, below] = [layer("above"), layer("itself"), layer("below", "both")];
    let top = 4;
    if (above.length) top = place(above, width, top, size, size.gap, size.rowGap);
    top = place(middle, width, top, size, middle.length > 1 ? size.apart : size.gap, size.stacked);
    if (below.length) top = place(below, width, top, size, size.gap, size.rowGap);
    const height = top - size.layerGap + 6 + size.under;
    const at = new Map([...above, ...middle, ...below].map((item) => [item.item.name, item]));
    const scale = Math.max(SMALLEST, Math.min(1, (words.room ?? height) / height));
    return svg("svg", { class: "cut-drawing neighbourhood", width: width * scale, height: height * scale, viewBox: `0 0 ${width} ${height}`, role: words.linkOf ? "group" : "img", "aria-label": words.label }, [
      svg("g", { class: "eg-arrows" }, arrows(at, size)), ...(middle.length > 1 && words.said ? between(middle, words.said) : []), ...[...at.values()].flatMap((item) => box(item, size, words)),
    ]);
  }

  window.egraphConsole.cutDrawing = { draw, held, ROOMY, DENSE };
})();
