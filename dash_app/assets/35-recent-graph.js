// The e-graph on the live page: the classes that changed last and what stands around them. Asked for when the log has
// grown; drawn as on the page of time travel, with the signs of operators for their names.
(() => {
  const { el, fill, count, time, overviewOf, drawn, empty, whenResized, START } = window.egraphConsole;
  const EVERY_MS = 2000;
  const FRESH_US = 6_000_000;
  const DRAWN = 10;
  const LARGER = [1.35, 1.2, 1];
  const WORDS = { new: "new", defined: "added", joined: "joined", merged: "merged", split: "split", regrouped: "regrouped", equated: "equated" };
  // Operators as expressions write them; the whole term stands in the title of the tile.
  const SIGNS = {
    Add: "+", Sub: "−", Mult: "×", Div: "÷", FloorDiv: "//", Mod: "%", Pow: "**", LShift: "<<", RShift: ">>", BitOr: "|", BitXor: "^", BitAnd: "&", MatMult: "@",
    USub: "−", UAdd: "+", Invert: "~", Not: "not", And: "and", Or: "or", Eq: "=", NotEq: "≠", Lt: "<", LtE: "≤", Gt: ">", GtE: "≥",
  };
  const LONGEST = 10;
  let last = null;
  let trouble = null;
  let shown = "";
  let now_us = 0; // the moment of the overview: what is fresh is measured by it

  function signOf(node) {
    const whole = node.operator ?? "not added";
    const end = whole.split(":").at(-1);
    const sign = SIGNS[end] || end || whole;
    return sign.length <= LONGEST ? sign : `${sign.slice(0, LONGEST - 1)}…`;
  }

  // Those of the middle first, then by turns one that they name and one that names them; or of one side alone.
  function inOrder(all) {
    const [above, below] = [all.filter((item) => item.side === "above"), all.filter((item) => item.side === "below" || item.side === "both")];
    const turns = Array.from({ length: Math.max(above.length, below.length) }, (_, number) => [below[number], above[number]]);
    const middle = all.filter((item) => item.side === "itself");
    return [turns.flat().filter(Boolean), below, above].map((others) => [...middle, ...others]);
  }

  function classes(width, height) {
    const moments = new Map(last.changed.map((item) => [item.name, item.at_us]));
    const isChanged = (item) => moments.has(item.name) && now_us - moments.get(item.name) < FRESH_US;
    const words = {
      isChanged, signOf,
      wordOf: (item) => (item.change ? `${WORDS[item.change]} ${time(moments.get(item.name), false)}` : null),
      countOf: (item) => (item.nodes_count > item.nodes.length ? window.egraphConsole.cutDrawing.held(item) : ""),
      linkOf: (item) => ({ href: `/egraph?class=${item.name}`, "aria-label": `class ${item.name.slice(0, 8)}${item.change ? `, ${WORDS[item.change]}` : ""}: ${item.nodes.map((node) => node.term).join(", ")}` }),
      label: "classes that changed last and those around them; each leads to its page",
    };
    const { draw, DENSE } = window.egraphConsole.cutDrawing;
    const choices = inOrder(last.classes);
    // As many as fit, on both sides if they do; those of the middle are never left out.
    for (let number = choices[0].length; ; number -= 1) {
      for (const order of choices.filter((item) => item.length >= number)) {
        const some = order.slice(0, number);
        const isLeast = number <= last.changed.length;
        for (const larger of LARGER) {
          const picture = draw(some, width / larger, DENSE, words);
          const tall = picture.getAttribute("height") * larger;
          if (tall > height && !(isLeast && larger === 1)) continue;
          picture.setAttribute("width", width);
          picture.setAttribute("height", tall);
          return [some, picture];
        }
      }
    }
  }

  function list(some) {
    const row = (item) => el("tr", {}, [el("td", {}, item.name), el("td", {}, item.change ? WORDS[item.change] : "unchanged"), el("td", {}, item.nodes.map((node) => `${node.term} ${node.colour.toLowerCase()}`).join(", "))]);
    const heads = ["class", "what befell it", "e-nodes and colours"].map((name) => el("th", { scope: "col" }, name));
    return el("div", { class: "hidden" }, el("table", { "aria-label": "classes that changed last and those around them" }, [el("thead", {}, el("tr", {}, heads)), el("tbody", {}, some.map(row))]));
  }

  function instead() {
    if (!last) return empty(trouble ? `not drawn: ${trouble}` : "reading the log …");
    if (!last.records) return empty(START);
    if (!last.is_folded && last.records <= last.cap) return el("p", { class: "empty" }, `the ${count(last.records)} records of the log are being read for this picture`);
    if (!last.is_folded) return el("p", { class: "empty" }, [el("span", {}, [`the log has ${count(last.records)} records, more than are read unasked for this picture. `, el("a", { class: "link", href: "/egraph" }, "Open the E-graph"), ", which reads them; from then on it is drawn here too."])]);
    return last.classes.length ? null : empty("no class yet: facts so far are rules");
  }

  function paint() {
    const place = document.getElementById("recent-graph");
    if (!place) return;
    const other = instead();
    const [width, height] = [Math.max(240, place.clientWidth - 16), Math.max(120, place.clientHeight - 6)];
    const fresh = last ? last.changed.filter((item) => now_us - item.at_us < FRESH_US).length : 0;
    const now = [other ? other.textContent : JSON.stringify([last.classes, last.changed, last.around_count]), fresh, width, height].join(" ");
    if (now === shown && place.childElementCount) return;
    shown = now;
    if (other) {
      fill("recent-graph-note", "what changed last");
      return fill("recent-graph", other);
    }
    const [some, picture] = classes(width, height);
    const nodes = some.reduce((sum, item) => sum + item.nodes.length, 0);
    fill("recent-graph-note", `${count(some.length)} of ${count(last.classes_count)} classes · ${count(nodes)} of ${count(last.nodes_count)} e-nodes`);
    fill("recent-graph", [picture, list(some)]);
  }

  const news = window.egraphConsole.followed(`/api/v1/egraph/recent?drawn=${DRAWN}`, EVERY_MS, () => document.getElementById("recent-graph"), (found, problem) => {
    trouble = problem;
    if (found) {
      last = found;
      window.egraphConsole.markKept(found.quarantined, found.quarantined_count);
    }
    paint();
    return !found || found.is_folded || found.records > found.cap;
  });

  window.dash_clientside.egraph.draw_recent_graph = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    now_us = overview.generated_at_us;
    news(overview);
    paint();
    return drawn(overview);
  };

  whenResized(paint);
})();
