// The drawer of one fact: every column, what it refers to, what refers to it, its neighbours in the partition.
(() => {
  const { el, count, NOTHING } = window.egraphConsole;
  const { ask, button, day, colour, copy } = window.egraphConsole.records;
  let shown = "";

  function links(go) {
    const fact = (text, place) => (place ? button(text, () => go({ open: place }), { class: "link" }) : el("span", {}, text));
    const placeOf = (item) => (item.partition === null ? null : `${item.partition}:${item.offset}`);
    return {
      fact: (item) => fact(`${item.partition}:${item.offset} ${item.operator || item.kind}`, placeOf(item)),
      node: (item) =>
        el("li", {}, [
          item.operator === null ? el("span", { class: "ink-degraded" }, "not in the store ") : fact(item.operator, placeOf(item)),
          " ", item.operator === null ? null : colour(item.colour), " ",
          button(item.node_id.slice(0, 12), () => go({ text: item.node_id, after: null }), { class: "link mono", title: `all facts that name ${item.node_id}` }),
        ]),
      place: fact,
    };
  }

  function parts(found, go) {
    const { fact } = found;
    const link = links(go);
    const list = (title, items, note) => (items.length ? [el("h3", {}, title), note, el("ul", {}, items)] : []);
    const some = (all, listed) => (all > listed ? el("p", { class: "note" }, `${count(listed)} of ${count(all)}`) : null);
    const facts = (items) => items.map((item) => el("li", {}, [link.fact(item), item.why ? ` ${item.why}` : ""]));
    const line = (name, value, kind) => (value === null || value === undefined ? [] : [el("dt", {}, name), el("dd", { class: kind || null }, value)]);
    const neighbour = (text, offset) => button(text, () => go({ open: `${fact.partition}:${offset}` }), { disabled: offset === null ? "" : null });
    const gone = found.retracted_by.length ? el("p", { class: "record-gone" }, "✕ retracted") : null;
    return [
      el("div", { class: "record-steps" }, [neighbour("← earlier", found.earlier_offset), neighbour("later →", found.later_offset)]),
      gone,
      el("dl", {}, [
        ...line("appended", day(fact.appended_at_us)), ...line("position", `partition ${fact.partition}, offset ${count(fact.offset)}`),
        ...line("event id", fact.event_id, "mono"), ...line("graph", fact.graph),
        ...line("producer", button(fact.producer, () => go({ producer: fact.producer, after: null }), { class: "link", title: "all facts of this producer" })),
        ...line("sequence", count(fact.sequence)), ...line("hybrid clock", `${day(fact.hlc_ms * 1000)} + ${fact.hlc_count}`),
        ...line("node id", fact.node_id, "mono"), ...line(fact.kind === "RuleAdded" ? "rule" : "operator", fact.operator),
        ...line("colour", fact.colour && colour(fact.colour)), ...line("left", fact.left_id, "mono"), ...line("right", fact.right_id, "mono"),
        ...line("target", fact.target, "mono"), ...line(fact.kind === "RuleAdded" ? "rewrites" : "why", fact.why, fact.kind === "RuleAdded" ? "mono" : null),
      ]),
      ...list("Children", found.children.map(link.node)),
      ...list("Ends", found.ends.map(link.node)),
      ...list("Made by the rule", facts(found.rule ? [found.rule] : [])),
      ...(found.ends.length ? [el("p", { class: "note mono" }, `egraph why ${fact.left_id} ${fact.right_id}`), el("p", {}, el("a", { class: "link", href: `/egraph?class=${fact.left_id}&left=${fact.left_id}&right=${fact.right_id}` }, "why, on the E-graph page"))] : []),
      el("p", {}, el("a", { class: "link", href: `/timetravel?at=${fact.partition}:${fact.offset}` }, "the log up to it, on the Time travel page")),
      ...(fact.node_id ? [el("p", {}, el("a", { class: "link", href: `/egraph?class=${fact.node_id}` }, "its class, on the E-graph page"))] : []),
      ...(fact.target ? [el("h3", {}, "Retracts"), found.retracts ? el("ul", {}, facts([found.retracts])) : el("p", { class: "note" }, "the store does not hold the target yet")] : []),
      ...list("Retracted by", facts(found.retracted_by)),
      ...list("Used by", facts(found.parents), some(found.parents_count, found.parents.length)),
      ...list("Equalities about it", facts(found.equalities), some(found.equalities_count, found.equalities.length)),
    ];
  }

  // The drawer begins below the header, which has one line or two, as its words need.
  let header = null;
  function measure() {
    const top = document.querySelector(".top");
    if (!top || header) return;
    header = new ResizeObserver(() => document.documentElement.style.setProperty("--head", `${top.offsetHeight}px`));
    header.observe(top);
  }

  let close = null;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown || !close || document.querySelector("dialog[open]") || document.getElementById("events-drawer")?.hidden !== false) return;
    close();
  });

  async function drawer(open, go) {
    measure();
    close = () => go({ open: null });
    const place = document.getElementById("events-drawer");
    const was = shown;
    shown = open;
    place.hidden = !open;
    document.getElementById("events-page").classList.toggle("has-drawer", Boolean(open));
    if (!open) {
      place.replaceChildren();
      const opener = was && document.querySelector(`.record-open[aria-label="open fact ${CSS.escape(was)}"]`);
      if (opener) opener.focus();
      return;
    }
    if (was === open && place.childElementCount) return;
    const match = /^(\d+):(\d+)$/.exec(open);
    const [found, problem] = match ? await ask(`/api/v1/events/${match[1]}/${match[2]}`) : [null, `${open} is no PARTITION:OFFSET`];
    if (shown !== open) return;
    const told = el("span", { class: "note", role: "status" });
    const closer = button("✕", close, { class: "record-close", "aria-label": "close the fact", title: "close (Escape)" });
    const copier = found && button("Copy JSON", () => copy(JSON.stringify(found, null, 2), told));
    const head = el("div", { class: "record-drawer-head" }, [el("h2", { tabindex: "-1" }, found ? `${found.fact.kind} ${open}` : open), el("div", { class: "spring" }), told, copier, closer]);
    place.replaceChildren(head, ...(found ? parts(found, go).filter(Boolean) : [el("p", { class: "record-gone", role: "alert" }, problem || NOTHING), el("p", {}, [button("try again", () => { place.replaceChildren(); drawer(open, go); }, { class: "link" }), " ", button("close", close, { class: "link" })])]));
    head.querySelector("h2").focus({ preventScroll: window.innerWidth > 719 });
    for (const row of document.querySelectorAll("#events-rows tr")) {
      if (row.querySelector(".record-open")?.textContent === open) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  window.egraphConsole.records.drawer = drawer;
})();
