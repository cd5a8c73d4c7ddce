// The page of the log: filters and page in the address, facts newest first, refused records in a tab of their own.
(() => {
  const { el, count, time } = window.egraphConsole;
  const { ask, button, day, colour, dump, state, addressed, summary, pageKeys } = window.egraphConsole.records;
  const { redrive } = window.egraphConsole;
  const KINDS = ["NodeAdded", "EqualityAsserted", "FactRetracted", "RuleAdded"];
  // What there is room for on a phone.
  const SHORT = { NodeAdded: "node", EqualityAsserted: "equality", FactRetracted: "retracted", RuleAdded: "rule" };
  const FILTERS = ["partition", "offset", "since", "until", "producer", "kind", "text"];
  let asked = 0;
  const { get, go, note, take } = addressed("/events", "mount_events", draw);

  const forward = (name) => () => go({ [name]: null, after: null });

  function question() {
    const next = new URLSearchParams({ limit: 100 });
    for (const name of ["partition", "offset", "producer", "kind", "text", "after"]) if (get(name)) next.set(name, get(name));
    for (const name of ["since", "until"]) {
      const ms = Date.parse(get(name));
      if (!Number.isNaN(ms)) next.set(`${name}_us`, ms * 1000 + (name === "until" ? 999 : 0));
    }
    return `/api/v1/events?${next}`;
  }

  function table(facts) {
    const open = get("open");
    const rows = facts.map((fact) => {
      const place = `${fact.partition}:${fact.offset}`;
      const opener = button(place, () => go({ open: place }), { class: "record-open", "aria-label": `open fact ${place}` });
      const row = el("tr", { "aria-current": place === open ? "true" : null }, [
        el("td", { class: "num", title: day(fact.appended_at_us) }, [time(fact.appended_at_us), el("span", { class: "record-ms" }, time(fact.appended_at_us, true).slice(8))]),
        el("td", { class: "num" }, opener),
        el("td", { class: "record-kind" }, [el("span", { class: "record-kind-long" }, fact.kind), el("span", { class: "record-kind-short" }, SHORT[fact.kind] || fact.kind)]),
        el("td", { class: "record-summary", title: summary(fact) }, el("div", {}, summary(fact))),
        el("td", { class: "wide" }, colour(fact.colour)),
        el("td", { class: "wide", title: fact.producer }, fact.producer),
        el("td", { class: "mono wide", title: fact.event_id }, fact.event_id.slice(0, 8)),
      ]);
      row.addEventListener("click", (event) => event.target.closest("button") || go({ open: place }));
      return row;
    });
    const heads = [["time"], ["part:offset"], ["kind"], ["summary"], ["colour", "wide"], ["producer", "wide"], ["event id", "wide"]];
    const head = el("tr", {}, heads.map(([name, kind]) => el("th", { scope: "col", class: kind || null }, name)));
    return el("table", { class: "records" }, [el("thead", {}, head), el("tbody", {}, rows)]);
  }

  function pager(found, shown, noun) {
    const from = shown ? found.before + 1 : 0;
    const matching = found.matching === found.total ? "" : ` (${count(found.total)} in all)`;
    return el("nav", { class: "record-pager", "aria-label": `pages of ${noun}` }, [
      el("span", { class: "record-count", role: "status" }, `${count(from)}–${count(found.before + shown)} of ${count(found.matching)} ${noun}${matching}`),
      button("newest", () => go({ after: null }), { disabled: found.before ? null : "" }),
      button("older →", () => go({ after: found.next }), { disabled: found.next ? null : "" }),
    ]);
  }

  // A time in the address that is none restricts nothing, and that must not pass for an answer.
  function unread() {
    return ["since", "until"].filter((name) => get(name) && Number.isNaN(Date.parse(get(name)))).map((name) =>
      el("p", { class: "record-note", role: "status" }, [`“${get(name)}” is no time, so “${name}” is left out: write 2026-11-27T08:14:05. `, button(`drop “${name}”`, forward(name), { class: "link" })])
    );
  }

  // An offset beyond the end of its partition: the page still shows the newest, and says what it shows.
  function beyond(found) {
    const offset = Number(get("offset"));
    if (!get("offset") || get("after")) return null;
    const ends = found.partitions.filter((end) => get("partition") === "" || end.partition === Number(get("partition")));
    const last = Math.max(...ends.map((end) => end.last_offset));
    if (!ends.length || offset <= last) return null;
    return el("p", { class: "record-note", role: "status" }, [
      `Offset ${count(offset)} is beyond the end: the last one is ${count(last)}. Shown are the newest facts. `,
      button("drop the offset", forward("offset"), { class: "link" }),
    ]);
  }

  function nothing(found) {
    if (!found.total) return state("The log is empty", "No fact has reached the store yet. It fills while `egraph sink` runs; `make demo` starts everything.", button("look again", () => draw(window.location.search)));
    const span = `The store holds ${count(found.total)} facts, from ${day(found.oldest_us)} to ${day(found.newest_us)}, in partitions ${found.partitions.map((end) => `${end.partition} (${end.first_offset}–${end.last_offset})`).join(", ")}.`;
    if (found.matching) return state("Beyond the end of the log", `No fact is older than this page. ${span}`, button("to the newest", () => go({ after: null })));
    return state("No fact fits these filters", span, button("clear the filters", clear));
  }

  const clear = () => go(Object.fromEntries([...FILTERS, "after"].map((name) => [name, null])));

  async function showFacts(place) {
    const number = ++asked;
    place.setAttribute("aria-busy", "true");
    const [found, problem] = await ask(question());
    if (number !== asked) return;
    place.removeAttribute("aria-busy");
    if (problem) place.replaceChildren(state("The facts cannot be shown", problem, button("try again", () => draw(window.location.search))), button("clear the filters", clear, { class: "link" }));
    else if (!found.facts.length) place.replaceChildren(nothing(found));
    else place.replaceChildren(...[...unread(), beyond(found), pager(found, found.facts.length, "facts"), table(found.facts)].filter(Boolean));
  }

  function letter(item, offered) {
    const source = `${item.source_topic}/${item.source_partition}/${item.source_offset}`;
    const cut = item.raw_hex.length / 2 < item.raw_bytes ? `, the first ${count(item.raw_hex.length / 2)} shown` : "";
    const made = el("details", { class: "letter", open: get("letter") === source ? "" : null, "data-source": source }, [
      el("summary", {}, [el("span", { class: "letter-reason" }, item.reason), " ", el("span", { class: "mono" }, source), " ", el("span", { class: "note" }, day(item.refused_at_us))]),
      el("dl", {}, [
        el("dt", {}, "detail"), el("dd", {}, item.detail || "none"),
        el("dt", {}, "what to do"), el("dd", {}, item.advice),
        el("dt", {}, "try again"), el("dd", {}, [offered ? redrive.control(source) : null, el("span", { class: "mono" }, `egraph dead-letters redrive ${source} --yes`)]),
        el("dt", {}, "bytes"), el("dd", {}, `${count(item.raw_bytes)}${cut}`),
      ]),
      el("pre", { tabindex: "0", "aria-label": "bytes in hexadecimal and ASCII" }, dump(item.raw_hex) || "no bytes"),
    ]);
    // The address holds the letter that was opened last; opening one does not fill the history.
    made.addEventListener("toggle", () => {
      if (made.open !== (get("letter") === source) && made.isConnected) note({ letter: made.open ? source : null });
    });
    return made;
  }

  // A link to a letter that does not stand on this page.
  function gone(found) {
    const source = get("letter");
    if (!source || found.letters.some((item) => `${item.source_topic}/${item.source_partition}/${item.source_offset}` === source)) return [];
    return [el("p", { class: "record-note", role: "status" }, [`No dead letter of ${source} stands on this page. `, button("forget it", () => go({ letter: null }), { class: "link" }), " ", button("all dead letters", () => go({ letter: null, reason: null, after: null }), { class: "link" })])];
  }

  async function showLetters(place) {
    const number = ++asked;
    const next = new URLSearchParams();
    for (const name of ["reason", "after"]) if (get(name)) next.set(name, get(name));
    place.setAttribute("aria-busy", "true");
    const [[found, problem], [way]] = await Promise.all([ask(`/api/v1/dead-letters?${next}`), ask("/api/v1/dead-letters/redrive")]);
    if (number !== asked) return;
    place.removeAttribute("aria-busy");
    if (problem) return place.replaceChildren(state("The dead letters cannot be shown", problem, button("try again", () => draw(window.location.search))));
    if (!found.total) return place.replaceChildren(state("No dead letters", "No record was refused since the log began.", button("to the facts", () => go({ tab: null }))));
    const reasons = Object.entries(found.by_reason).map(([reason, n]) =>
      button(`${reason} ${count(n)}`, () => go({ reason: get("reason") === reason ? null : reason, after: null }), { class: "chip", "aria-pressed": String(get("reason") === reason) })
    );
    const rows = found.letters.length ? found.letters.map((item) => letter(item, Boolean(way && way.offered))) : [state("No dead letter here", "None has this reason or stands after this page.", button("all dead letters", () => go({ reason: null, after: null })))];
    place.replaceChildren(el("div", { class: "record-chips", role: "group", "aria-label": "reasons" }, reasons), pager(found, found.letters.length, "dead letters"), ...gone(found), ...rows);
    place.querySelector("details.letter[open]")?.scrollIntoView({ block: "nearest" });
  }

  function field(name, label, attributes) {
    const input = el("input", { name, id: `events-${name}`, ...attributes });
    return el("label", { class: `record-field record-field-${name}` }, [el("span", {}, label), input]);
  }

  function filters() {
    const kind = el("select", { name: "kind", id: "events-kind" }, [el("option", { value: "" }, "any kind"), ...KINDS.map((name) => el("option", { value: name }, name))]);
    const form = el("form", { id: "events-filters", class: "record-filters", role: "search", "aria-label": "facts" }, [
      field("text", "text or id", { type: "search", maxlength: "200" }),
      el("label", { class: "record-field" }, [el("span", {}, "kind"), kind]),
      field("producer", "producer begins", { maxlength: "200" }),
      field("partition", "partition", { type: "number", min: "0" }),
      field("offset", "from offset", { type: "number", min: "0" }),
      field("since", "since", { type: "datetime-local", step: "1" }),
      field("until", "until", { type: "datetime-local", step: "1" }),
      el("button", { type: "submit", class: "record-go" }, "Seek"),
      button("Clear", clear),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      go({ ...Object.fromEntries(FILTERS.map((name) => [name, String(given.get(name)).trim()])), after: null });
    });
    return form;
  }

  const keys = pageKeys("events-page", "Keys of the Events page", [
    ["/", "to the search", () => (document.getElementById("events-filters").hidden ? null : document.getElementById("events-text").focus())],
    ["J", "next row", () => step(1)], ["K", "row before", () => step(-1)], ["Enter", "open the row"],
    ["N", "newest", () => go({ after: null })], ["O", "older page", () => [...document.querySelectorAll(".record-pager button")].at(-1)?.click()],
    ["F", "facts", () => document.getElementById("events-tab-facts").click()], ["D", "dead letters", () => document.getElementById("events-tab-dead-letters").click()],
    ["[", "earlier fact of the partition, beside an open one", () => document.querySelector(".record-steps button:first-child")?.click()],
    ["]", "later fact of the partition", () => document.querySelector(".record-steps button:last-child")?.click()], ["Esc", "close the fact"],
  ]);

  // Rows are walked by what opens them.
  function step(by) {
    const ways = [...document.querySelectorAll("#events-rows .record-open, #events-rows summary")];
    const at = ways.indexOf(document.activeElement);
    ways[at < 0 ? (by > 0 ? 0 : ways.length - 1) : Math.min(ways.length - 1, Math.max(0, at + by))]?.focus();
  }

  function build(root) {
    const tab = (name, text) => button(text, () => go({ tab: name, after: null, open: null, letter: null }), { role: "tab", id: `events-tab-${name || "facts"}`, "aria-controls": "events-rows" });
    const tabs = el("div", { class: "record-tabs", role: "tablist", "aria-label": "kinds of records" }, [tab(null, "Facts"), tab("dead-letters", "Dead letters")]);
    tabs.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = [...tabs.children].find((item) => item !== document.activeElement);
      other.focus();
      other.click();
    });
    root.replaceChildren(
      el("div", { class: "panel record-list" }, [el("div", { class: "record-head" }, [tabs, el("div", { class: "spring" }), ...keys()]), filters(), el("div", { id: "events-rows", class: "record-rows", role: "tabpanel", tabindex: "0" })]),
      el("aside", { id: "events-drawer", class: "panel record-drawer", hidden: "", "aria-label": "one fact" })
    );
  }

  function draw(search) {
    const root = document.getElementById("events-page");
    if (!root) return;
    if (!document.getElementById("events-rows")) build(root);
    take(search);
    const letters = get("tab") === "dead-letters";
    const form = document.getElementById("events-filters");
    form.hidden = letters;
    for (const name of FILTERS) form.elements[name].value = get(name);
    for (const [name, chosen] of [["facts", !letters], ["dead-letters", letters]]) {
      const tab = document.getElementById(`events-tab-${name}`);
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    const place = document.getElementById("events-rows");
    place.setAttribute("aria-labelledby", `events-tab-${letters ? "dead-letters" : "facts"}`);
    if (letters) showLetters(place);
    else showFacts(place);
    window.egraphConsole.records.drawer(letters ? "" : get("open"), go);
  }
})();
