// The page of the graph: what is sought and explained stands in the address; one class, ways to it, why two are equal.
(() => {
  const { el, count, time, whenResized } = window.egraphConsole;
  const { ask, button, colour, state, cell, table, addressed, pageKeys, placeOf } = window.egraphConsole.records;
  const { draw, legend, short } = window.egraphConsole.neighbourhood;
  const { explained, placed } = window.egraphConsole.proof;
  const [SHOWN, SHOWN_MAX] = [25, 500];
  const PANELS = ["picture", "members", "parents", "found", "start", "class", "quarantine", "why"];
  const OF_CLASS = ["picture", "members", "parents", "class"];
  let asked = 0;
  const { get, go, take } = addressed("/egraph", "mount_egraph", show);
  let found = null;

  const subject = () => get("class") || get("term") || (get("find") ? "" : get("left"));
  const narrow = () => window.innerWidth < 720;
  const shown = () => Math.min(SHOWN_MAX, Number(get("shown")) || SHOWN);

  const NOTHING = { term: null, class: null, find: null, left: null, right: null, shown: null };
  const open = (id) => go({ ...NOTHING, class: id });
  const start = () => go(NOTHING);
  const again = () => show(window.location.search);

  const fill = (name, children) => document.getElementById(`egraph-${name}`).replaceChildren(...[].concat(children).filter(Boolean));
  const note = (name, text) => fill(`${name}-note`, text ? [document.createTextNode(text)] : []);
  const clear = (names) => names.forEach((name) => (fill(name, []), note(name, "")));
  const goTo = (id, text) => button(text, () => open(id), { class: "link mono", title: `the class of ${id}` });
  const place = (node) => (node.partition === null || node.partition === undefined ? "" : placed(placeOf(node)));

  function tally(counts, noun) {
    const parts = ["RED", "BLUE", "GREEN"].map((name) => el("span", {}, [colour(name), ` ${count(counts[name])}`]));
    return el("span", { class: "eg-tally", "aria-label": `${noun} by colour` }, parts);
  }

  function more(total) {
    if (total <= shown() || shown() >= SHOWN_MAX) return null;
    return button("show more", () => go({ shown: Math.min(SHOWN_MAX, shown() * 4) }), { class: "eg-more" });
  }

  function children(node) {
    const parts = node.children.flatMap((child, number) => [number ? " " : null, goTo(child.id, child.term)]);
    if (node.children_count > node.children.length) parts.push(` ${count(node.children.length)} of ${count(node.children_count)}`);
    return parts.length ? parts : "";
  }

  function memberRow(node) {
    const isOwn = node.id === found.node;
    const why = isOwn ? "sought" : button("why?", () => go({ left: found.node, right: node.id }), { class: "link", title: `why ${found.term} = ${node.term}`, "aria-label": `why ${found.term} = ${node.term}` });
    const best = node.id === found.best.node ? " ★" : "";
    return el("tr", { "aria-current": isOwn ? "true" : null }, [
      cell([el("span", { class: "mono" }, node.term), best ? el("span", { title: "top of the best term" }, best) : null], "eg-term-cell", node.term), cell(node.colour ? colour(node.colour) : "not in the log"),
      cell(why), cell(children(node), "wide"), cell(place(node), "num"), cell(short(node.id), "mono wide", node.id),
    ]);
  }

  function members() {
    note("members", `${count(found.members.length)} of ${count(found.members_count)}`);
    fill("members", [table([["node"], ["colour"], ["equal to the sought one"], ["children", "wide"], ["part:offset"], ["id", "wide"]], found.members.map(memberRow), "members of the class"), more(found.members_count)]);
  }

  function parents() {
    if (!found.parents_count) return clear(["parents"]);
    note("parents", `${count(found.parents.length)} of ${count(found.parents_count)} nodes, in ${count(found.parent_classes_count)} classes`);
    const rows = found.parents.map((node) => el("tr", {}, [cell(goTo(node.id, node.term), "eg-term-cell", node.term), cell(node.colour ? colour(node.colour) : ""), cell(place(node), "num"), cell(short(node.class), "mono wide", node.class)]));
    fill("parents", [table([["node"], ["colour"], ["part:offset"], ["class", "wide"]], rows, "nodes that name the class"), more(found.parents_count)]);
  }

  function details() {
    const pair = (name, value, kind) => [el("dt", {}, name), el("dd", { class: kind || null }, value)];
    const { best } = found;
    fill("class", el("dl", {}, [
      ...pair("sought", found.term, "mono eg-sought"), ...pair("node id", found.node, "mono"), ...pair("class", found.class, "mono"),
      ...pair("best term", best.term === null ? best.why : [el("span", { class: "mono eg-best" }, best.term), ` ★ ${count(best.cost)} ${best.cost === 1 ? "symbol" : "symbols"}`]),
      ...pair("members", [`${count(found.members_count)}: `, tally(found.colours, "members")]),
      ...pair("named by", found.parents_count ? [`${count(found.parents_count)}: `, tally(found.parent_colours, "nodes that name it")] : "no node"),
      ...pair("graph", `${count(found.counts.classes)} classes, ${count(found.counts.nodes)} nodes`),
      ...pair("log read to", el("span", { class: "num" }, found.version.map((offset, partition) => `${partition}:${offset}`).join("  "))),
      ...pair("as of", [el("span", { class: "num" }, time(Date.now() * 1000)), " ", button("look again", again, { class: "link" })]),
    ]));
  }

  function equality(item) {
    return [goTo(item.left_id, item.left), " = ", goTo(item.right_id, item.right), ` by ${item.producer} at `, place(item)];
  }

  function quarantined(items, total) {
    note("quarantine", total ? `${count(items.length)} of ${count(total)}` : "");
    if (!total) return fill("quarantine", el("p", { class: "eg-hint" }, "✓ nothing is kept out"));
    fill("quarantine", [el("ul", { class: "eg-quarantine" }, items.map((item) => el("li", {}, [
      el("p", {}, [el("span", { class: "ink-degraded" }, "⚠ "), ...equality(item)]),
      item.witness === null ? el("p", { class: "note" }, "accepted, it would put a BLUE node under a RED one, or a RED one under a BLUE; what it conflicts with is sought below") : item.witness.length ? el("div", {}, ["it conflicts with", el("ul", {}, item.witness.map((witness) => el("li", {}, equality(witness))))]) : el("p", { class: "note" }, "it conflicts with the colours of these nodes and of the nodes that name them"),
      button("what keeps them apart?", () => go({ ...(subject() ? {} : { class: item.left_id }), left: item.left_id, right: item.right_id }), { class: "link" }),
    ]))), more(total)]);
  }

  function paint() {
    const target = document.getElementById("egraph-picture");
    if (!target || !found) return;
    const around = found.neighbourhood;
    const shownSides = (sides) => around.classes.filter((box) => sides.includes(box.side)).length;
    note("picture", `${count(around.classes.length)} of ${count(around.classes_count)} classes: ${count(shownSides(["above", "both"]))} of ${count(around.above_count)} that name it, ${count(shownSides(["below", "both"]))} of ${count(around.below_count)} that it names${around.names_itself ? "; ↺ it names itself" : ""}`);
    const held = target.contains(document.activeElement);
    target.replaceChildren(draw(around, Math.max(280, target.clientWidth - 12), open), el("div", { class: "egraph-legend" }, legend()));
    if (held) target.querySelector('a[aria-current="true"]').focus();
  }

  function candidates(answer, problem) {
    note("found", answer ? `${count(answer.nodes.length)} of ${count(answer.matching)} nodes that fit, of ${count(answer.total)} in all` : "");
    const told = problem ? el("p", { class: "record-note", role: "status" }, problem) : null;
    if (!answer || !answer.nodes.length) return fill("found", state("Nothing fits", problem || `No operator contains “${get("find")}”, and no node id begins so.`, button("to the start", start)));
    const rows = answer.nodes.map((node) => el("tr", {}, [cell(goTo(node.id, node.term), "eg-term-cell", node.term), cell(node.colour ? colour(node.colour) : ""), cell(place(node), "num"), cell(short(node.class), "mono wide", node.class), cell(short(node.id), "mono wide", node.id)]));
    fill("found", [told, table([["node"], ["colour"], ["part:offset"], ["class", "wide"], ["id", "wide"]], rows, "nodes that fit"), more(answer.matching), button("to the start", start, { class: "eg-more" })]);
  }

  function summary(answer) {
    if (!answer.counts.nodes) return fill("start", state("The graph is empty", "No node has been added yet. Facts come in with `egraph emit` or `egraph ingest`; `make demo` starts everything.", button("look again", again)));
    note("start", `${count(answer.classes.length)} of ${count(answer.merged_count)} classes with several members; ${count(answer.counts.classes)} classes, ${count(answer.counts.nodes)} nodes in all`);
    const rows = answer.classes.map((item) => el("tr", {}, [cell(goTo(item.class, item.term), "eg-term-cell", item.term), cell(count(item.members_count), "number num"), cell(short(item.class), "mono wide", item.class)]));
    fill("start", rows.length ? [table([["a member"], ["members", "number"], ["class", "wide"]], rows, "largest classes"), more(answer.merged_count)] : el("p", { class: "eg-hint" }, "No two nodes are equal yet. Search for one."));
    quarantined(answer.quarantined, answer.quarantined_count);
  }

  // The log is read at the first question; it is asked again until that is done.
  function failed(title, problem, target) {
    const isRead = problem.includes("is being read");
    fill(target, [state(isRead ? "The log is read first" : title, problem, button("try again", again)), el("p", { class: "egraph-way" }, button("to the start", start))]);
    const number = asked;
    if (isRead) setTimeout(() => number === asked && document.getElementById("egraph-page") && again(), 1500);
  }

  // A term is looked up first: what names no node is an answer of its own, with the nodes that come near.
  async function showClass(number) {
    const text = subject();
    const isHere = () => number === asked && document.getElementById("egraph-page");
    let sought = text;
    if (!get("class")) {
      const [near, trouble] = await ask(`/api/v1/egraph/search?${new URLSearchParams({ text, limit: shown() })}`);
      if (!isHere()) return;
      if (trouble || near.exact === null) {
        clear([...OF_CLASS, "quarantine", "start"]);
        return trouble ? failed("The class cannot be shown", trouble, "found") : candidates(near, near.problem);
      }
      sought = near.exact;
    }
    const [answer, problem] = await ask(`/api/v1/egraph?${new URLSearchParams({ node: sought, limit: shown(), around: narrow() ? 6 : 16 })}`);
    if (!isHere()) return;
    if (problem) {
      clear([...OF_CLASS, "quarantine", "start"]);
      return failed("The class cannot be shown", problem, "found");
    }
    found = answer;
    clear(["found", "start"]);
    paint();
    members();
    parents();
    details();
    quarantined(found.quarantined, found.quarantined_count);
    // Panels that were empty had no width when the picture was measured.
    paint();
  }

  async function showOthers(number) {
    const search = get("find");
    const [answer, problem] = await ask(search ? `/api/v1/egraph/search?${new URLSearchParams({ text: search, limit: shown() })}` : `/api/v1/egraph/summary?${new URLSearchParams({ limit: shown() })}`);
    if (number !== asked || !document.getElementById("egraph-page")) return;
    clear([...OF_CLASS, "found", "start", "quarantine"]);
    if (problem) failed("The graph cannot be shown", problem, search ? "found" : "start");
    else if (search) candidates(answer, null);
    else summary(answer);
  }

  async function showWhy(number) {
    const [left, right] = [get("left"), get("right")];
    const form = document.getElementById("egraph-why-form");
    form.elements.left.value = left || subject();
    form.elements.right.value = right;
    if (!left || !right) return fill("why", el("p", { class: "eg-hint" }, "Choose “why?” beside a member, or name two nodes."));
    fill("why", el("p", { class: "eg-hint" }, "looking for a proof …"));
    const [answer, problem] = await ask(`/api/v1/why?${new URLSearchParams({ left, right })}`);
    if (number !== asked || !document.getElementById("egraph-page")) return;
    const close = button("close", () => go({ left: null, right: null }), { class: "eg-more" });
    fill("why", problem ? [el("p", { class: "record-gone", role: "alert" }, problem), close] : [...explained(answer), close]);
    document.getElementById("egraph-why-title").scrollIntoView({ block: "nearest" });
  }

  async function show(search) {
    const root = document.getElementById("egraph-page");
    if (!root) return;
    if (!root.childElementCount) build(root);
    take(search);
    found = null;
    const number = ++asked;
    document.getElementById("egraph-search").elements.term.value = get("find") || get("term") || get("class");
    root.setAttribute("aria-busy", "true");
    await Promise.all([subject() ? showClass(number) : showOthers(number), showWhy(number)]);
    if (number === asked) root.removeAttribute("aria-busy");
  }

  const focused = (form, name) => () => document.getElementById(form)?.elements[name].focus();
  const keys = pageKeys("egraph-page", "Keys of the E-graph page", [
    ["/", "to the search", focused("egraph-search", "term")], ["W", "to the two nodes of “why”", focused("egraph-why-form", "right")],
    ["S", "to the start", start], ["R", "look again", () => again()], ["C", "close the proof", () => get("left") && get("right") && go({ left: null, right: null })],
    ["Tab, Enter", "from class to class in the picture, open one"],
  ]);

  function searchForm() {
    const form = el("form", { id: "egraph-search", class: "egraph-form", role: "search" }, [
      el("input", { name: "term", type: "search", maxlength: "2000", placeholder: "(+ a b), a node id, or part of an operator", "aria-label": "term, node id, or part of an operator", autocomplete: "off", spellcheck: "false" }),
      el("button", { type: "submit", class: "record-go" }, "Open"),
      button("Find alike", () => form.elements.term.value.trim() && go({ ...NOTHING, find: form.elements.term.value.trim().slice(0, 200) }), { title: "all nodes whose operator contains this" }),
      button("Start", start, { title: "large classes, and what is quarantined" }), ...keys(),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go({ ...NOTHING, term: form.elements.term.value.trim() });
    });
    return form;
  }

  function whyForm() {
    const input = (name, label) => el("input", { name, maxlength: "2000", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false" });
    const form = el("form", { id: "egraph-why-form", class: "egraph-form" }, [input("left", "a node"), el("span", { "aria-hidden": "true" }, "="), input("right", "another node"), el("button", { type: "submit" }, "Why?")]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [left, right] = ["left", "right"].map((name) => form.elements[name].value.trim());
      if (left && right) go({ left, right });
    });
    return form;
  }

  function build(root) {
    const panel = (name, title, before) =>
      el("section", { class: `panel egraph-${name}-panel`, "aria-labelledby": `egraph-${name}-title` }, [
        el("div", { class: "panel-head" }, [el("h2", { id: `egraph-${name}-title` }, title), el("span", { id: `egraph-${name}-note`, class: "note", role: "status" })]), before || null,
        el("div", { id: `egraph-${name}`, class: `egraph-body egraph-${name}` }),
      ]);
    const titles = { picture: "Neighbourhood", members: "Members", parents: "Named by", found: "Nodes", start: "Where to start", class: "Class", quarantine: "Quarantine", why: "Why equal" };
    const made = Object.fromEntries(PANELS.map((name) => [name, panel(name, titles[name], name === "why" ? whyForm() : null)]));
    root.replaceChildren(
      el("div", { class: "egraph-column" }, [el("section", { class: "panel egraph-seek", "aria-label": "search" }, searchForm()), made.found, made.start, made.picture, made.members, made.parents]),
      el("div", { class: "egraph-column" }, [made.class, made.why, made.quarantine])
    );
  }

  whenResized(paint);
})();
