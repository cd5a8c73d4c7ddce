// The page of causality: event and window in the address, the diagram, the same as a table, the cone, one message.
(() => {
  const { el, count, time, duration, whenResized } = window.egraphConsole;
  const { ask, button, day, state, cell, table, addressed, placeOf, pageKeys } = window.egraphConsole.records;
  const { draw, legend, scaleOf, wordOf, sortOf, signed, told, RELATIONS } = window.egraphConsole.spaceTime;
  let asked = 0;
  const { get, go, take } = addressed("/causality", "mount_causality", show);
  let found = null;

  const whole = (us) => String(Math.round(us));
  const narrow = () => window.innerWidth < 720;
  const isWhole = () => get("idle") === "shown";
  const widthOf = (place) => Math.max(300, place.clientWidth - 12);

  const inside = (item) => found && item.at_us >= found.shown_from_us && item.at_us <= found.shown_to_us;
  // The picture stands still while one looks from event to event within it.
  const choose = (item) => go(inside(item) ? { event: placeOf(item), from: whole(found.shown_from_us), to: whole(found.shown_to_us) } : { event: placeOf(item), from: null, to: null });
  const clear = () => go({ event: null });
  const newest = () => go({ event: null, from: null, to: null });

  function link(item, text) {
    return button(text || `A${item.agent} ${wordOf(item)}`, () => choose(item), { class: "link", title: told(item) });
  }

  // Zoom keeps the chosen event in the middle where it is in the picture.
  function move(shift, scale) {
    const [from, to] = [found.shown_from_us, found.shown_to_us];
    const span = Math.max(1000, to - from);
    const apex = found.cone && inside(found.cone.event) && scale !== 1 ? found.cone.event.at_us : (from + to) / 2;
    const [middle, half] = [apex + shift * span, (span * scale) / 2];
    go({ from: whole(Math.max(0, middle - half)), to: whole(middle + half) });
  }

  const hasIdle = () => isWhole() || scaleOf(found, widthOf(document.getElementById("causality-chart")), false).gaps.length > 0;

  // A vector clock, with what its own agent counts told apart; long ones are read against each other column by column.
  function clock(item) {
    return el("span", { class: "causality-clock mono" }, item.clock.flatMap((value, agent) => [agent ? " " : null, agent === item.agent ? el("b", {}, value) : String(value)]));
  }

  function tools() {
    const full = found.matching > found.events.length;
    const form = el("form", { class: "causality-seek" }, [
      el("label", { class: "record-field" }, [el("span", { class: "hidden" }, "until"), el("input", { name: "until", type: "datetime-local", step: "0.001", "aria-label": "until" })]),
      el("button", { type: "submit" }, "Seek"),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const ms = Date.parse(new FormData(form).get("until"));
      if (!Number.isNaN(ms)) go({ event: null, from: null, to: whole(ms * 1000 + 999) });
    });
    return [
      button("← earlier", () => move(-0.6, 1), { disabled: found.shown_from_us <= found.oldest_us ? "" : null }),
      button("later →", () => move(0.6, 1), { disabled: found.shown_to_us >= found.newest_us ? "" : null }),
      button("zoom in", () => move(0, 0.5), {}),
      button("zoom out", () => move(0, 2), { disabled: full ? "" : null, title: full ? "the window holds more than fits already" : null }),
      button("newest", newest, {}),
      button("only messages with facts", () => go({ only: get("only") ? null : "facts" }), { "aria-pressed": String(get("only") === "facts"), title: "leave out heartbeats, acknowledgements and what agents note for themselves" }),
      hasIdle() ? button("with idle time", () => go({ idle: isWhole() ? null : "shown" }), { "aria-pressed": String(isWhole()), title: "draw the time in which nothing happens as long as it lasted" }) : null,
      form,
    ];
  }

  function eventTable() {
    const origin = found.cone ? found.cone.event.at_us : found.shown_to_us;
    const chosen = found.cone ? placeOf(found.cone.event) : null;
    const rows = [...found.events].reverse().map((item) => {
      const relation = item.relation ? RELATIONS[item.relation] : null;
      const place = placeOf(item);
      const peer = item.peer === null ? "" : `${sortOf(item) === "send" ? "→" : "←"} A${item.peer}`;
      return el("tr", { "aria-current": place === chosen ? "true" : null, class: relation ? `st-row-${item.relation}` : null }, [
        cell(signed(item.at_us - origin), "number num", time(item.at_us, true)), cell(`A${item.agent}`, "strong"),
        el("td", {}, link(item, wordOf(item))), cell(peer), ...(found.cone ? [cell(`${relation.glyph} ${relation.word}`, `st-word-${item.relation}`)] : []),
        cell(item.latency_us === null ? "" : signed(item.latency_us).slice(1), "number num wide"), cell(item.facts ? count(item.facts) : "", "number num wide"), cell(place, "num wide"), el("td", { class: "causality-clock-cell" }, clock(item)),
      ]);
    });
    const heads = [["time", "number"], ["agent"], ["event"], ["peer"], ...(found.cone ? [["relation"]] : []), ["on the way", "number wide"], ["facts", "number wide"], ["part:offset", "wide"], ["vector clock", "causality-clock-cell"]];
    return table(heads, rows, "events of the window, newest first");
  }

  function factList() {
    const items = found.facts.map((fact) => el("li", {}, [el("a", { class: "link", href: `/events?open=${placeOf(fact)}` }, placeOf(fact)), ` ${time(fact.appended_at_us, true)} ${fact.kind} ${fact.summary.slice(0, 40)}`]));
    return el("details", { class: "causality-facts" }, [
      el("summary", {}, `newest ${count(found.facts.length)} of ${count(found.facts_matching)} facts appended in this time`),
      el("p", { class: "note" }, "A fact stands on the line of the agent whose partition it is in. It has no vector clock, so it is in no cone."), el("ul", {}, items),
    ]);
  }

  function nothing() {
    if (!found.total) return state("The timeline is empty", "No event of an agent has reached the store yet. It fills while `egraph sink` runs; `make demo` starts everything.", button("look again", () => show(window.location.search)));
    const span = `The store holds ${count(found.total)} events, from ${day(found.oldest_us)} to ${day(found.newest_us)}.`;
    const chosen = found.cone ? button("around the chosen event", () => go({ from: null, to: null })) : get("only") ? button("all events", () => go({ only: null })) : null;
    return el("div", {}, [state(`No ${get("only") ? "message with facts" : "event"} in this window`, span, button("to the newest", newest)), chosen ? el("p", { class: "causality-way" }, chosen) : null]);
  }

  function noteOf() {
    const cut = found.matching > found.events.length;
    const which = !cut ? "" : found.cone ? "nearest " : "newest ";
    const span = duration((found.shown_to_us - found.shown_from_us) / 1000).join(" ").trim();
    return `${which}${count(found.events.length)} of ${count(found.matching)} ${get("only") ? "messages with facts" : "events"}, ${span} up to ${day(found.shown_to_us)}`;
  }

  function outside() {
    if (!found.cone || inside(found.cone.event)) return null;
    return el("p", { class: "record-note", role: "status" }, ["The chosen event lies outside this window. ", button("around it", () => go({ from: null, to: null }), { class: "link" })]);
  }

  function details() {
    if (!found.cone) return el("p", { class: "causality-hint" }, "Choose an event, in the diagram or in the table: what happened before it, after it and beside it is marked, and its message is followed.");
    const { event, before, after, concurrent, sent, arrived } = found.cone;
    const pair = (name, value) => (value === null ? [] : [el("dt", {}, name), el("dd", {}, value)]);
    const isMessage = sortOf(event) !== "local";
    const end = (item, missing) => (item === null ? missing : placeOf(item) === placeOf(event) ? "this event" : link(item));
    return el("div", {}, [
      el("h3", { class: "causality-chosen" }, [el("span", { "aria-hidden": "true" }, "◆ "), `A${event.agent} ${wordOf(event)}${event.peer === null ? "" : ` ${sortOf(event) === "send" ? "to" : "from"} A${event.peer}`}`]),
      el("dl", {}, [
        ...pair("time", day(event.at_us)), ...pair("part:offset", placeOf(event)),
        ...(isMessage ? [...pair("sent", end(sent, "the store does not hold its sending")), ...pair("arrived", end(arrived, "no arrival is in the store: lost, or still on the way"))] : []),
        ...pair("on the way", event.latency_us === null ? null : signed(event.latency_us).slice(1)),
        ...pair("facts", isMessage && event.facts ? `${count(event.facts)}${sortOf(event) === "receipt" ? `, of them ${count(event.useful)} new` : ""}` : null),
        ...pair("vector clock", clock(event)),
        ...pair("bytes", event.bytes ? count(event.bytes) : null),
        ...pair("in the store", `◀ ${count(before)} before, ▶ ${count(after)} after, ∥ ${count(concurrent)} concurrent, of ${count(found.total)} events`),
      ]),
      button("clear the choice", clear, { class: "causality-clear" }),
    ]);
  }

  function journey() {
    if (!found.cone) return [];
    const { event, reached, known_of: known } = found.cone;
    const others = found.agents - 1;
    const row = (item, number) => el("tr", {}, [cell(number, "number num"), cell(`A${item.agent}`, "strong"), cell(signed(item.at_us - event.at_us), "number num"), el("td", {}, link(item, wordOf(item))), cell(item.peer === null ? "" : `${sortOf(item) === "send" ? "→" : "←"} A${item.peer}`)]);
    const list = (items, label, first) => table([[first, "number"], ["agent"], ["time", "number"], ["event"], ["peer"]], items.map((item, index) => row(item, first === "hop" ? index + 1 : "")), label);
    return [
      el("h3", {}, `▶ Known to ${reached.length} of ${others} other agents`),
      el("p", { class: "note" }, "The first event of each agent that knows of the chosen one. The numbers are in the diagrams."),
      reached.length ? el("div", { id: "causality-way", class: "causality-way-diagram" }) : null,
      reached.length ? list(reached, "first event of each agent that knows of the chosen one", "hop") : el("p", {}, "No other agent has heard of it."),
      el("h3", {}, `◀ Knows of ${known.length} of ${others} other agents`),
      el("p", { class: "note" }, "The newest event of each agent that the chosen one knows of."),
      known.length ? list(known, "newest event of each agent that the chosen one knows of", "") : el("p", {}, "It knows of no other agent in the store."),
    ];
  }

  // The way of one message alone: the chosen event, and the first event of each agent that knows of it.
  function way() {
    const place = document.getElementById("causality-way");
    if (!place || !found.cone || !found.cone.reached.length) return;
    const { event, reached } = found.cone;
    const events = [{ ...event, relation: "itself" }, ...reached];
    const times = events.map((item) => item.at_us);
    const alone = { ...found, events, facts: [], shown_from_us: Math.min(...times), shown_to_us: Math.max(...times) };
    const act = { clear, choose: (chosen) => choose(events.find((item) => placeOf(item) === chosen)), whole: true };
    place.replaceChildren(draw(alone, Math.max(280, place.clientWidth), act, "way-of-the-message"));
  }

  function paint() {
    const place = document.getElementById("causality-chart");
    if (!place || !found) return;
    way();
    const held = place.contains(document.activeElement);
    if (!found.events.length) {
      place.replaceChildren(nothing());
      return;
    }
    const act = { clear, choose: (chosen) => choose(found.events.find((item) => placeOf(item) === chosen)), whole: isWhole() };
    place.replaceChildren(...[outside(), draw(found, widthOf(place), act, "space-time-diagram")].filter(Boolean));
    if (held) place.querySelector('.st-event[tabindex="0"]').focus();
  }

  const fill = (name, children) => document.getElementById(`causality-${name}`).replaceChildren(...[].concat(children).filter(Boolean));

  function told404(problem) {
    for (const name of ["tools", "legend", "rows", "details", "journey", "note", "rows-note"]) fill(name, []);
    fill("chart", el("div", {}, [state("This cannot be shown", problem, button("to the newest events", newest)), el("p", { class: "causality-way" }, button("try again", () => show(window.location.search)))]));
  }

  async function show(search) {
    const root = document.getElementById("causality-page");
    if (!root) return;
    if (!root.childElementCount) build(root);
    take(search);
    const question = new URLSearchParams({ limit: narrow() ? 60 : 200 });
    for (const [name, key] of [["event", "event"], ["from", "from_us"], ["to", "to_us"]]) if (get(name)) question.set(key, get(name));
    if (get("only") === "facts") question.set("only_facts", "true");
    const number = ++asked;
    const chart = document.getElementById("causality-chart");
    chart.setAttribute("aria-busy", "true");
    const [answer, problem] = await ask(`/api/v1/causality?${question}`);
    if (number !== asked || !document.getElementById("causality-chart")) return;
    chart.removeAttribute("aria-busy");
    found = answer;
    if (problem) return told404(problem);
    const some = found.events.length > 0;
    fill("note", some ? noteOf() : "");
    fill("rows-note", some ? `${count(found.events.length)} of ${count(found.matching)}, newest first` : "");
    fill("tools", some ? tools() : []);
    fill("legend", some ? legend(found) : []);
    fill("rows", some ? [eventTable(), factList()] : []);
    fill("details", details());
    fill("journey", journey());
    paint();
  }

  const shown = (act) => () => found && found.events.length && act();
  const keys = pageKeys("causality", "Keys of the page of causality", [
    ["J", "earlier", shown(() => found.shown_from_us > found.oldest_us && move(-0.6, 1))], ["K", "later", shown(() => found.shown_to_us < found.newest_us && move(0.6, 1))],
    ["+", "zoom in", shown(() => move(0, 0.5))], ["-", "zoom out", shown(() => found.matching <= found.events.length && move(0, 2))], ["N", "newest events", newest], ["C", "clear the choice", clear],
    ["← → ↑ ↓", "from event to event, in the diagram"], ["Enter", "choose the event, in the diagram"],
  ]);

  function build(root) {
    const panel = (name, title, body, note) =>
      el("section", { class: `panel causality-${name}-panel`, "aria-labelledby": `causality-${name}-title` }, [el("div", { class: "panel-head" }, [el("h2", { id: `causality-${name}-title` }, title), note ? el("span", { id: `causality-${note}`, class: "note", role: note === "note" ? "status" : null }) : null]), ...body]);
    const place = (name, attributes) => el("div", { id: `causality-${name}`, class: `causality-${name}`, ...attributes });
    const scroll = { tabindex: "0", role: "region", "aria-label": "events of the window" };
    root.replaceChildren(
      el("div", { class: "causality-column" }, [panel("diagram", "Space-time", [place("tools", { role: "group", "aria-label": "window" }), place("chart"), place("legend")], "note"), panel("table", "Events", [place("rows", scroll)], "rows-note")]),
      el("div", { class: "causality-column" }, [panel("event", "Chosen event", [place("details")]), panel("across", "Across agents", [place("journey")])])
    );
    root.querySelector(".causality-diagram-panel .panel-head").append(el("span", { class: "spring" }), ...keys());
  }

  whenResized(paint);
})();
