// The page of time travel: the cursor in the address, the bar that moves it, keys, and the band that says what is
// shown. Every panel is drawn from answers about the same cut (60-cut-panels.js).
(() => {
  const { el, count, duration, whenResized } = window.egraphConsole;
  const { ask, button, day, state, cell, table, reading, keysDialog } = window.egraphConsole.records;
  const panels = window.egraphConsole.cutPanels;
  const space = window.egraphConsole.cutSpace;
  const kpis = window.egraphConsole.cutKpis;
  const density = window.egraphConsole.densityStrip;
  const LIVE_MS = 2000;
  const STRIP_MS = 5000;
  // What a panel can be told by, chosen beside its title: [name in the address, for whom, what]; the first is the rule.
  const CHOICES = {
    lattice: ["nodes", "what agents are told by", { health: "by health", colour: "by colour", lag: "by lag" }],
    flows: ["metric", "value in the cells", { p95: "p95", p99: "p99", mbps: "Mbps", efficiency: "useful" }],
  };
  const AXES = { time: "by time", records: "by records" };
  const SPEEDS = [1, 10, 100, 1000];
  const STRIDE = 100;
  const SLIDER = 1000;
  const KEYS = [["Space", "play or pause"], ["← →", "one record back or on"], ["Shift + ← →", `${STRIDE} records`], ["Home", "first record"], ["End", "newest record"], ["L", "back to live"], ["?", "this help"]];
  const BODIES = [
    ["lattice", "Lattice", "nine"], ["flows", "Flow matrix", "seven"], ["percentiles", "Latency", "eight"],
    ["space", "Space-time", "fifteen"], ["convergence", "Convergence", "nine"], ["graph", "E-graph", "nine"], ["events", "Events", "fifteen"],
    ["record", "Record under the cursor", "nine"], ["around", "Records around it", "fifteen"], ["agents", "Agents", "half"], ["reach", "The log", "half"],
  ];

  let at = null; // what the address names; null follows the newest record
  let cut = null;
  let strip = null;
  let playing = null; // the running timer, or null
  let speed = 10;
  let axis = "time";
  const told = { nodes: "health", metric: "p95" };
  let moves = 0;
  let busy = false;
  let waiting = null;

  const root = () => document.getElementById("timetravel-page");
  const part = (name) => document.getElementById(`travel-${name}`);
  const present = () => Boolean(part("band"));

  function address(next, replace, event = space.chosen()) {
    const chosen = Object.values(CHOICES).map(([name, , choice]) => (told[name] === Object.keys(choice)[0] ? null : `${name}=${told[name]}`));
    const parts = [next && `at=${encodeURIComponent(next).replaceAll("%3A", ":")}`, axis === "time" ? null : `axis=${axis}`, ...chosen, event && `event=${event}`].filter(Boolean);
    const search = parts.length ? `?${parts.join("&")}` : "";
    if (search !== window.location.search) window.history[replace ? "replaceState" : "pushState"](null, "", window.location.pathname + search);
    at = next;
  }

  // Where the cursor goes: {at, step} or {live}. One question at a time; what is asked meanwhile waits, steps add up.
  async function move(target, replace) {
    if (busy) {
      waiting = { target: waiting && target.step ? stepped(waiting.target, target.step) : target, replace };
      return;
    }
    busy = true;
    try {
      await show(target, replace);
      while (waiting) {
        const next = waiting;
        waiting = null;
        await show(next.target, next.replace);
      }
    } finally {
      busy = false;
    }
  }

  const stepped = (target, step) => ({ at: target.live ? "end" : target.at, step: (target.step || 0) + step });

  async function show(target, replace) {
    moves += 1;
    const mine = moves;
    const live = Boolean(target.live);
    const from = target.at || (cut && cut.at) || "end";
    if (!target.quiet) panelsBusy(true);
    const [found, problem, status] = await ask(`/api/v1/cut?at=${encodeURIComponent(live ? "end" : from)}&step=${target.step || 0}&now=${live}&events=${space.eventsAtMost()}`);
    if (mine !== moves || !present()) return;
    if (!found) {
      // A page that follows the log keeps what it shows when one question fails; the band says so.
      if (live && cut && status !== 404) band(problem);
      else missing(live ? null : from, problem, status);
      return;
    }
    const same = cut && cut.at === found.at && cut.total === found.total && !part("panels").hidden;
    cut = found;
    address(live ? null : placeOf(found), replace, target.event || null);
    drawCut(target.event || null);
    if (same && part("graph").dataset.at === found.at) return panelsBusy(false);
    // Where the cursor has been moved on meanwhile, only the last graph is folded.
    if (!waiting) await drawGraph(mine);
  }

  // How an address names a cut: by its record, or by a moment after that.
  const placeOf = (found) => (found.moment_us === found.fact.appended_at_us ? found.at : `t${found.moment_us}`);

  function panelsBusy(on) {
    for (const [name] of BODIES) part(name)?.setAttribute("aria-busy", String(on));
  }

  function missing(from, problem, status) {
    pause();
    cut = null;
    const empty = strip && strip.total === 0;
    const title = status === 404 ? (empty ? "The log is empty" : "There is no such moment in the log") : status === 422 ? "This address names no moment of the log" : "The log cannot be shown";
    const end = status === 404 && strip && strip.partitions.find((item) => item.partition === Number(String(from).split(":")[0]));
    const ways = [
      end && String(from).includes(":") ? button(`last record of partition ${end.partition}`, () => move({ at: `${end.partition}:${end.last_offset}` })) : null,
      empty ? null : button("newest record", () => move({ at: "end" })), empty ? null : button("first record", () => move({ at: "start" })),
      button("● back to live", live), status === 404 || status === 422 ? null : button("try again", () => move(from ? { at: from } : { live: true })),
    ];
    const told = status === 422 ? "Write at=PARTITION:OFFSET, at=start or at=end." : `${from ? `at=${from}: ` : ""}${problem}.`;
    part("state").replaceChildren(state(title, told, el("div", { class: "travel-ways" }, ways)));
    part("state").hidden = false;
    part("panels").hidden = true;
    at = from;
    band();
    bar();
  }

  function drawCut(event = space.chosen()) {
    part("state").hidden = true;
    part("panels").hidden = false;
    const put = (name, made) => {
      const place = part(name);
      const open = Boolean(place.querySelector("details[open]"));
      place.replaceChildren(...[].concat(made));
      if (open) place.querySelector("details")?.setAttribute("open", "");
      place.setAttribute("aria-busy", "false");
    };
    const go = (place) => move({ at: place });
    put("kpis", kpis.draw(cut));
    part("kpis").dataset.at = cut.at;
    put("record", panels.record(cut));
    put("around", panels.around(cut, go));
    put("percentiles", panels.percentiles(cut, part("percentiles")));
    put("convergence", panels.convergence(cut, part("convergence")));
    drawChosen();
    put("agents", panels.agents(cut));
    put("reach", panels.reach(cut));
    space.show(cut, { choose, record: go }, event);
    for (const name of ["space", "events"]) part(name).setAttribute("aria-busy", "false");
    part("causality").setAttribute("href", `/causality?to=${cut.moment_us}`);
    const said = panels.notes(cut, space.noteOf());
    for (const [name] of BODIES.filter(([name]) => name !== "graph")) note(name, said(name));
    band();
    bar();
    window.egraphConsole.crosshair(kpis.asOverview(cut), "travel");
  }

  function note(name, text) {
    part(`${name}-note`).textContent = text;
    part(`${name}-note`).title = text;
  }

  // An event of an agent, or none. Who looks at one has left the live page: it would move on under the eyes.
  function choose(event) {
    pause();
    address(placeOf(cut), false, event);
    space.show(cut, { choose, record: (place) => move({ at: place }) }, event);
    band();
    bar();
  }

  // What is told as the reader chooses.
  function drawChosen() {
    if (!cut || !present()) return;
    part("lattice").replaceChildren(panels.lattice(cut, part("lattice"), told.nodes));
    const list = part("flows").querySelector("details");
    part("flows").replaceChildren(panels.flows(cut, told.metric));
    if (list && list.open) part("flows").querySelector("details")?.setAttribute("open", "");
    for (const name of ["lattice", "flows"]) part(name).setAttribute("aria-busy", "false");
  }

  async function drawGraph(mine) {
    const place = part("graph");
    if (place.dataset.at !== cut.at) place.replaceChildren(el("p", { class: "note", role: "status" }, `folding ${count(cut.position)} records …`));
    place.setAttribute("aria-busy", "true");
    const asked = cut.at;
    const [found, problem] = await ask(`/api/v1/cut/graph?at=${asked}&drawn=${window.egraphConsole.cutGraph.drawnAtMost()}`);
    if (mine !== moves || !present()) return;
    place.dataset.at = found ? asked : "";
    note("graph", `at ${asked}${found && found.counts ? `, ${count(found.counts.classes)} classes · ${count(found.counts.nodes)} e-nodes` : ""}`);
    place.replaceChildren(found ? panels.graph(found, place.clientWidth - 24, place.clientHeight - 10) : state("The graph cannot be shown", `${problem}.`, button("try again", () => drawGraph(moves))));
    place.scrollTop = 0;
    place.setAttribute("aria-busy", "false");
  }

  const isLive = () => at === null;

  function band(trouble) {
    const travelling = !isLive();
    root().classList.toggle("is-travelling", travelling);
    root().dataset.playing = String(Boolean(playing));
    const place = part("band");
    const behind = cut ? `${duration(cut.behind_us / 1000).join(" ")} and ${count(cut.total - cut.position)} records behind the newest` : "no record is shown";
    const text = travelling
      ? [el("span", { class: "travel-icon", "aria-hidden": "true" }, playing ? "▶" : "❚❚"), el("strong", {}, "Not live: time travel"), el("span", {}, cut ? `${day(cut.moment_us)}, ${behind}` : behind), el("span", { class: "spring" }), cut ? el("a", { class: "link", href: `/compare?left=${cut.at}&right=end` }, "compare with now") : null, button("● back to live (L)", live, { class: "travel-live" })]
      : [el("span", { class: "travel-icon", "aria-hidden": "true" }, trouble ? "✕" : "●"), el("strong", {}, "Live"), el("span", {}, trouble ? `not refreshed: ${trouble}` : "the page follows the newest record; the bar below goes back in time"), el("span", { class: "spring" })];
    const focused = place.contains(document.activeElement);
    place.replaceChildren(...text.filter(Boolean));
    if (focused) (place.querySelector("button") || part("play")).focus();
  }

  function bar() {
    part("play").textContent = playing ? "❚❚" : "▶";
    part("play").setAttribute("aria-label", playing ? "pause" : "play");
    part("place").replaceChildren(
      cut ? el("span", {}, ["record ", el("strong", { class: "num" }, count(cut.position)), ` / ${count(cut.total)} · ${cut.at}`]) : "–",
      el("span", { class: "note" }, cut ? (isLive() ? "live" : `−${duration(cut.behind_us / 1000).join(" ")} · ${count(cut.total - cut.position)} behind`) : "")
    );
    const share = cut && strip && strip.total ? density.shareOf(strip, cut) : 0;
    const slider = part("slider");
    if (document.activeElement !== slider || !slider.matches(":active")) slider.value = Math.round(share * SLIDER);
    slider.disabled = !(strip && strip.total);
    slider.setAttribute("aria-valuetext", cut ? day(cut.moment_us) : "no record");
    if (strip) density.point(strip, "travel", share);
  }

  function drawStrip() {
    part("strip").replaceChildren(density.draw(strip, "travel"));
    part("ends").replaceChildren(...density.ends(strip));
    if (part("strip-table").open) stripTable();
  }

  function stripTable() {
    const rows = strip.facts.map((found, index) => [index, found, strip.marked[index]]).filter(([, found, marked]) => found || marked)
      .map(([index, found, marked]) => el("tr", {}, [cell(day(strip.began_us[index]), "num"), cell(count(found), "number num"), cell(count(marked), "number num")]));
    part("strip-rows").replaceChildren(table([["from"], ["facts", "number"], ["retracted or refused", "number"]], rows, "facts over the log"));
  }

  async function loadStrip() {
    const [found] = await ask(`/api/v1/log/density?buckets=240&by=${axis}`);
    if (!found || !present()) return;
    strip = found;
    drawStrip();
    bar();
  }

  function pause() {
    if (playing) window.clearTimeout(playing);
    playing = null;
    if (!present()) return;
    band();
    bar();
  }

  // The next step starts when the last one is shown: a slow graph slows the play, the panels never part.
  function play() {
    const wait = speed === 1 ? 1000 : 500;
    const step = Math.max(1, Math.round((speed * wait) / 1000));
    const beat = async () => {
      if (!playing || !present()) return;
      const begun = Date.now();
      await move({ at: cut && cut.at, step }, true);
      if (!playing || !cut) return;
      if (cut.position >= cut.total) return pause();
      playing = window.setTimeout(beat, Math.max(0, wait - (Date.now() - begun)));
    };
    playing = window.setTimeout(beat, 0);
    if (cut) address(placeOf(cut), false);
    band();
    bar();
  }

  const toggle = () => (playing ? pause() : isLive() || (cut && cut.position >= cut.total) ? move({ at: "start" }).then(play) : cut && play());
  const step = (by) => () => { pause(); move({ step: by, at: null }, !isLive()); };
  const jump = (place) => { pause(); move({ at: place }); };
  const live = () => { pause(); move({ live: true }); };

  function submit(event) {
    event.preventDefault();
    const box = part("jump");
    const place = reading(box.value, cut ? cut.fact.appended_at_us : strip && strip.newest_us);
    box.setAttribute("aria-invalid", String(!place));
    part("jump-told").textContent = place ? "" : "write 3:1041, #500, 12:30:05 or 2026-11-26 12:30:05";
    if (!place) return;
    // A time within the last second of the log means its end, not a moment beyond it.
    jump(place[0] === "t" && strip && Number(place.slice(1)) - strip.newest_us < 1e6 && Number(place.slice(1)) > strip.newest_us ? "end" : place);
  }

  function onKey(event) {
    if (!present() || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.matches("input:not([type=range]), select, textarea") || document.querySelector("dialog[open]")) return;
    const far = event.shiftKey ? STRIDE : 1;
    const acts = { ArrowLeft: step(-far), ArrowRight: step(far), Home: () => jump("start"), End: () => jump("end"), l: live, L: live, "?": help, " ": toggle };
    if (event.key === " " && target.closest("button, a, summary")) return;
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  const help = () => part("help").showModal();

  function panel([name, title, kind]) {
    const place = el("div", { id: `travel-${name}`, class: `travel-body${name === "lattice" || name === "convergence" ? ` ${name}` : ""}`, tabindex: "0", role: "region", "aria-label": title });
    const tools = CHOICES[name] ? [el("span", { class: "spring" }), choiceOf(CHOICES[name])] : [];
    if (name === "space") tools.push(el("span", { class: "spring" }), el("span", { id: "travel-space-key", class: "travel-space-key" }), el("a", { id: "travel-causality", class: "link" }, "open in Causality"));
    return el("section", { class: `panel travel-panel-${name} travel-${kind}`, "aria-labelledby": `travel-${name}-title` }, [
      el("div", { class: "panel-head" }, [el("h2", { id: `travel-${name}-title` }, title), el("span", { id: `travel-${name}-note`, class: "note" }), ...tools]), place,
    ]);
  }

  function choiceOf([name, label, choice]) {
    const made = el("select", { id: `travel-${name}`, "aria-label": label }, Object.entries(choice).map(([value, text]) => el("option", { value, selected: value === told[name] ? "" : null }, text)));
    made.addEventListener("change", () => { told[name] = made.value; address(at, true); drawChosen(); });
    return made;
  }

  function transport() {
    const act = (text, label, what, id) => button(text, what, { "aria-label": label, title: label, id: id || null });
    const choice = el("select", { id: "travel-speed", "aria-label": "speed of play" }, SPEEDS.map((value) => el("option", { value, selected: value === speed ? "" : null }, `${value} rec/s`)));
    choice.addEventListener("change", () => { speed = Number(choice.value); if (playing) { pause(); play(); } });
    const axes = el("select", { id: "travel-axis", "aria-label": "what the strip runs along" }, Object.entries(AXES).map(([value, text]) => el("option", { value, selected: value === axis ? "" : null }, text)));
    axes.addEventListener("change", () => { axis = axes.value; address(at, true); loadStrip(); });
    const slider = el("input", { id: "travel-slider", type: "range", min: 0, max: SLIDER, value: 0, "aria-label": "place in the log" });
    // One place of the way back for each place that was gone to, not for each that was passed.
    slider.addEventListener("input", () => {
      if (!strip || !strip.total) return;
      const target = { at: density.placeAt(strip, slider.value / SLIDER) };
      pause(); // which puts the slider back to where the cursor still is
      move(target, !isLive());
    });
    const form = el("form", { class: "travel-jump" }, [el("label", { for: "travel-jump", class: "hidden" }, "jump to an offset or a time"), el("input", { id: "travel-jump", placeholder: "3:1041, #500 or 12:30:05", autocomplete: "off", "aria-describedby": "travel-jump-told" }), el("button", {}, "go"), el("span", { id: "travel-jump-told", class: "travel-told", role: "status" })]);
    form.addEventListener("submit", submit);
    return el("section", { class: "travel-bar", "aria-label": "transport" }, [
      el("div", { class: "travel-keys" }, [
        act("❘◀", "first record", () => jump("start")), act("‹", "one record back", step(-1)), act("▶", "play", toggle, "travel-play"), act("›", "one record on", step(1)), act("▶❘", "newest record", () => jump("end")), choice,
      ]),
      el("div", { class: "travel-time" }, [el("div", { id: "travel-strip", class: "travel-strip" }), slider]),
      el("div", { id: "travel-place", class: "travel-place" }), form, menu(axes),
    ]);
  }

  // What is used seldom: it opens above the bar.
  function menu(axes) {
    const strip_ = el("details", { id: "travel-strip-table" }, [el("summary", {}, "strip as a table"), el("div", { id: "travel-strip-rows", class: "travel-rows", tabindex: "0", role: "region", "aria-label": "facts over the log" })]);
    strip_.addEventListener("toggle", () => strip && strip_.open && stripTable());
    const made = el("details", { id: "travel-menu", class: "travel-menu" }, [
      el("summary", { "aria-label": "more of the transport", title: "more" }, "⋯"),
      el("div", { class: "travel-more panel" }, [el("div", { id: "travel-ends", class: "travel-ends note" }), el("label", {}, ["the strip runs ", axes]), strip_, button("keys ?", help, { class: "travel-help" })]),
    ]);
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !made.open) return;
      made.open = false;
      made.querySelector("summary").focus();
    });
    return made;
  }

  function build() {
    root().replaceChildren(
      el("section", { id: "travel-band", class: "travel-band", "aria-label": "what is shown" }), el("div", { id: "travel-state", class: "panel", hidden: "" }),
      el("div", { id: "travel-panels", class: "travel-panels" }, [el("div", { id: "travel-kpis", class: "travel-kpis", role: "list", "aria-label": "key figures of then" }), ...BODIES.map(panel)]),
      transport(), keysDialog("travel-help", "Keys of time travel", KEYS)
    );
    cut = null;
    strip = null;
  }

  async function open(search) {
    const parameters = new URLSearchParams(search);
    const asked = parameters.get("at");
    const along = parameters.get("axis") === "records" ? "records" : "time";
    if (along !== axis) {
      axis = along;
      strip = null;
    }
    part("axis").value = axis;
    for (const [name, , choice] of Object.values(CHOICES)) {
      told[name] = choice[parameters.get(name)] ? parameters.get(name) : Object.keys(choice)[0];
      part(name).value = told[name];
    }
    drawChosen();
    const event = parameters.get("event");
    if (cut && strip && asked === at && event === space.chosen()) return;
    pause();
    at = asked;
    band();
    if (!strip) await loadStrip();
    move(asked === null ? { live: true } : { at: asked, event }, true);
  }

  document.addEventListener("keydown", onKey);
  whenResized(() => cut && present() && drawCut());
  document.addEventListener("click", (event) => { if (part("menu")?.open && !event.target.closest("#travel-menu")) part("menu").open = false; });
  // Colours of latencies are numbers in the picture: dark and light have their own.
  new MutationObserver(() => cut && present() && drawCut()).observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  window.addEventListener("popstate", () => present() && window.location.pathname === "/timetravel" && open(window.location.search));
  window.setInterval(() => present() && !document.hidden && isLive() && !busy && strip && move({ live: true, quiet: true }, true), LIVE_MS);
  window.setInterval(() => present() && !document.hidden && loadStrip(), STRIP_MS);

  window.dash_clientside.egraph.mount_timetravel = () => {
    if (!root().childElementCount) build();
    open(window.location.search);
    return "mounted";
  };
})();
