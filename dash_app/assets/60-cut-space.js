// Events of agents up to a cut, as the space-time diagram and as a table; a chosen one with its causal cone, which the
// server tells. Nothing later than the cut is in either. No cursor (61-timetravel.js).
window.egraphConsole.cutSpace = (() => {
  const { el, svg, count, time, isNumber, SLOW_MS } = window.egraphConsole;
  const { ask, button, cell, table, state, placeOf, day } = window.egraphConsole.records;
  const { draw, wordOf, sortOf, isSlow, signed, RELATIONS } = window.egraphConsole.spaceTime;
  const { lengthOf } = window.egraphConsole.timeAxis;
  const ROWS = 60;
  const EDGE = 12;
  const CARD = 340; // pixels

  let cut = null;
  let act = null;
  let chosen = null; // PARTITION:OFFSET of the timeline
  let cone = null; // the answer about it
  let problem = null;

  const part = (name) => document.getElementById(`travel-${name}`);
  const eventsAtMost = () => (window.innerWidth < 720 ? 50 : 130);
  const known = () => cone || (cut && cut.space_time);
  const eventOf = (place) => known().events.find((item) => placeOf(item) === place);

  // `next` has what is done when an event is chosen (or none), and when a record is.
  function show(found, next, event) {
    if (cut !== found || event !== chosen) cone = problem = null;
    [cut, act, chosen] = [found, next, event];
    paint();
    if (chosen && !cone) askCone();
  }

  async function askCone() {
    const [mine, event] = [cut, chosen];
    const { shown_from_us: from, events } = cut.space_time;
    const question = new URLSearchParams({ event, to_us: cut.moment_us, limit: events.length + 20 });
    if (isNumber(from)) question.set("from_us", Math.min(from, cut.moment_us));
    const [found, wrong] = await ask(`/api/v1/causality?${question}`);
    if (mine !== cut || event !== chosen || !part("space")) return;
    problem = wrong || (found.cone.event.at_us > cut.moment_us ? "this event is later than the cut" : null);
    cone = problem ? null : byThen(found);
    paint();
  }

  // Who knew of the event by then, and whether its message had arrived by then; facts are those of the cut.
  function byThen(found) {
    const { reached, arrived } = found.cone;
    const until = cut.moment_us;
    return { ...found, facts: cut.space_time.facts, cone: { ...found.cone, reached: reached.filter((item) => item.at_us <= until), arrived: arrived && arrived.at_us <= until ? arrived : null } };
  }

  function paint() {
    if (!cut || !part("space")) return;
    diagram();
    rows();
  }

  function diagram() {
    const place = part("space");
    const found = known();
    const held = place.contains(document.activeElement);
    part("space-key").replaceChildren(...(found.events.length ? legend(found) : []));
    if (!found.events.length) return place.replaceChildren(state("No event of an agent by then", found.total ? `The store has ${count(found.total)} events, the first at ${day(found.oldest_us)}.` : "No event of an agent has reached the store."));
    const until = cut.moment_us;
    const [width, height] = [Math.max(300, place.clientWidth - EDGE), Math.max(190, place.clientHeight - 4)];
    const amiss = new Set(cut.agents.filter((item) => item.band !== "healthy").map((item) => item.agent));
    const doing = { choose: act.choose, clear: () => chosen && act.choose(null), height, origin: until, amiss };
    const chart = draw({ ...found, shown_to_us: until }, width, doing, "travel-space-time");
    const card = el("div", { class: "st-card", "aria-hidden": "true", hidden: "" });
    place.replaceChildren(chart, card);
    const told = (target) => {
      const mark = target && target.closest(".st-event");
      const item = mark ? eventOf(mark.dataset.place) : cone && cone.cone.event;
      tell(card, chart, place, item);
    };
    chart.addEventListener("pointerover", (event) => told(event.target));
    chart.addEventListener("pointerleave", () => told(null));
    chart.addEventListener("focusin", (event) => told(event.target));
    chart.addEventListener("focusout", () => told(null));
    told(null);
    if (held) place.querySelector('.st-event[tabindex="0"]')?.focus();
  }

  // Beside the event, on the side with more room.
  function tell(card, chart, place, item) {
    const mark = item && chart.querySelector(`.st-event[data-place="${placeOf(item)}"] .st-hit`);
    card.hidden = !mark;
    if (!mark) return;
    const [x, y] = [Number(mark.getAttribute("cx")), Number(mark.getAttribute("cy"))];
    card.replaceChildren(
      el("p", {}, [el("b", {}, `#${placeOf(item)}`), ` A${item.agent} ${wordOf(item)}${peerOf(item)}${item.latency_us === null ? "" : ` · ${onTheWay(item)}`}`, item.relation ? ` · ${RELATIONS[item.relation].glyph} ${RELATIONS[item.relation].word}` : ""]),
      el("p", { class: "mono" }, ["vc [", ...clockOf(item, basesOf(known().events)), "]"])
    );
    const right = x + CARD < place.clientWidth || x < place.clientWidth / 2;
    card.style.cssText = `${right ? `left:${x + 16}px` : `right:${place.clientWidth - x + 16}px`};top:${Math.max(2, Math.min(y - 20, place.clientHeight - card.offsetHeight - 4))}px`;
  }

  const onTheWay = (item) => `${isSlow(item) ? "! " : ""}${signed(item.latency_us).slice(1)}`;
  const peerOf = (item) => (item.peer === null ? "" : sortOf(item) === "send" ? ` → A${item.peer}` : ` ← A${item.peer}`);

  function legend(found) {
    const line = (name) => svg("svg", { viewBox: "0 0 22 8", width: 22, height: 8, "aria-hidden": "true" }, svg("line", { x1: 0, x2: 22, y1: 4, y2: 4, class: `st-message st-message-${name}` }));
    const key = (name, text) => el("span", { class: "st-key" }, [line(name), text]);
    if (problem) return [el("span", { class: "ink-red" }, `✕ ${problem}`)];
    if (!found.cone) {
      const receipts = found.events.filter((item) => sortOf(item) === "receipt");
      const slow = receipts.filter(isSlow).length;
      return [el("span", { class: "travel-shapes" }, "● sent ○ received ■ other, green: fact"), key("plain", `message: ${count(receipts.length - slow)}`), key("slow", `slow, from ${SLOW_MS} ms on: ${count(slow)}`)];
    }
    const among = (relation) => count(found.events.filter((item) => item.relation === relation).length);
    return [
      key("before", `◀ happened before: ${among("before")}`), key("after", `▶ happened after: ${among("after")}`), key("concurrent", `∥ concurrent: ${among("concurrent")}`),
      button("clear", () => act.choose(null), { class: "link", "aria-label": "clear the chosen event" }),
    ];
  }

  function noteOf() {
    const { events, shown_from_us: from } = cut.space_time;
    return events.length ? `${count(events.length)} events, ${lengthOf(Math.max(1, cut.moment_us - from))} up to it` : "no event by then";
  }

  // Clocks count from the beginning of time; here the least that is shown of each agent is 1, and 0 is nothing known of it.
  const counted = (item, bases) => item.clock.map((value, agent) => (value ? value - bases[agent] + 1 : 0));
  const clockOf = (item, bases) => counted(item, bases).flatMap((value, agent) => [agent ? " " : "", agent === item.agent ? el("b", {}, count(value)) : count(value)]);

  function basesOf(events) {
    const all = events.length ? events[0].clock.map((_, agent) => events.map((item) => item.clock[agent]).filter((value) => value > 0)) : [];
    return all.map((values) => (values.length ? Math.min(...values) : 0));
  }

  function clockCell(item, bases) {
    return el("td", { class: "mono cut-clock", title: `vector clock ${item.clock.join(" ")}` }, clockOf(item, bases));
  }

  function eventRow(item, bases) {
    const place = placeOf(item);
    const isMessage = sortOf(item) !== "local";
    const relation = item.relation ? RELATIONS[item.relation] : null;
    const told = [relation ? `${relation.glyph} ${relation.word}` : null, isMessage && item.facts ? `${count(item.facts)} facts${sortOf(item) === "receipt" ? `, ${count(item.useful)} new` : ""}` : null].filter(Boolean).join(" · ");
    return el("tr", { "aria-current": place === chosen ? "true" : null }, [
      el("td", { class: "num" }, button(place, () => act.choose(place), { class: "record-open", "aria-label": `causal cone of ${place}` })), cell(time(item.at_us, true), "num"), cell(wordOf(item)),
      cell(`A${item.agent}${peerOf(item)}`, "strong"), cell(item.latency_us === null ? "" : onTheWay(item), isSlow(item) ? "number num ink-degraded" : "number num"),
      cell(item.bytes ? count(item.bytes) : "", "number num"), cell(told), clockCell(item, bases),
    ]);
  }

  function factRow(fact) {
    const place = placeOf(fact);
    return el("tr", { class: "cut-fact" }, [
      el("td", { class: "num" }, button(place, () => act.record(place), { class: "record-open", "aria-label": `go to fact ${place}` })), cell(time(fact.appended_at_us, true), "num"), cell(`+ ${fact.kind}`, "ink-green"),
      cell(`partition ${fact.partition}`), el("td"), el("td"), el("td", { class: "mono", colspan: 2, title: fact.summary }, /^[0-9a-f]{32}$/.test(fact.summary) ? fact.summary.slice(0, 12) : fact.summary),
    ]);
  }

  function rows() {
    const found = known();
    const bases = basesOf(found.events);
    const all = [...found.events.map((item) => [item.at_us, 1, item]), ...found.facts.map((fact) => [fact.appended_at_us, 0, fact])].filter(([at]) => at <= cut.moment_us);
    all.sort((one, two) => two[0] - one[0] || two[1] - one[1] || two[2].offset - one[2].offset);
    const made = all.slice(0, ROWS).map(([, isEvent, item]) => (isEvent ? eventRow(item, bases) : factRow(item)));
    const place = part("events");
    place.replaceChildren(made.length ? table([["part:offset"], ["time"], ["event"], ["agent"], ["on the way", "number"], ["bytes", "number"], ["facts"], ["vector clock, from those shown", "cut-clock"]], made, "events and facts up to the cut, newest first") : state("Nothing by then", "No event of an agent is in the store by then."));
  }

  return { show, paint, noteOf, eventsAtMost, chosen: () => chosen };
})();
