// What a record changed in the e-graph, drawn and told: the classes that it speaks of, above them classes that name
// them, below those that they name. Which ones is decided on the server. No cursor, no question.
(() => {
  const { svg, el, count } = window.egraphConsole;
  const { mark, cut, short } = window.egraphConsole.neighbourhood;
  const { ROOMY, held } = window.egraphConsole.cutDrawing;
  const { cell, table } = window.egraphConsole.records;
  const TOLD = 44; // pixels of the sentences above the drawing
  const [NARROW, FEW, MANY] = [720, 6, 10];
  const SIDES = { itself: "the record speaks of it", above: "names it", below: "named by it", both: "names it and is named by it" };
  const BETWEEN = { quarantined: "≠ kept apart", suspended: "… suspended", withdrawn: "✂ withdrawn", retracted: "✂ retracted" };
  let isOpen = false;

  const drawnAtMost = () => (window.innerWidth < NARROW ? FEW : MANY);
  const word = (item) => item.change && { new: "new class", defined: "named before, added now", joined: "joined by a new node", merged: `merged of ${item.parts} classes`, split: "split off", regrouped: "split and merged" }[item.change];
  const sign = (node) => `${node.is_new ? "+ " : ""}${cut(node.operator ?? "not added", 12)}`;

  function draw(change, width, room) {
    return window.egraphConsole.cutDrawing.draw(change.classes, width, ROOMY, {
      wordOf: word, signOf: sign, isChanged: (item) => item.change, said: BETWEEN[change.outcome], room, label: `${summary(change)}; the table below has the same`,
    });
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
