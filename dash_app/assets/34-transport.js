// The foot of the live page: a strip of the whole log, and ways from its end back into it. Whatever is used leads to the
// page of time travel at that record. No cursor here: the live page shows the end.
(() => {
  const { el, count, time, overviewOf, drawn, whenResized } = window.egraphConsole;
  const density = window.egraphConsole.densityStrip;
  const SLIDER = 1000;
  const EVERY_MS = 5000;
  const NEAR_PX = 6;
  let strip = null;
  let problem = null;
  let kept = [];
  let kept_count = 0;
  let kind = "live";

  const part = (name) => document.getElementById(`transport-${name}`);
  const addressOf = (at) => `/timetravel${at ? `?at=${at}` : ""}`;

  // Without loading the program anew, as the links of the navigation do.
  function go(href) {
    window.dash_clientside.set_props("location", { href });
  }

  // `at` is null for the newest record, followed; undefined where there is no such record.
  const KEYS = [
    ["first", "❘◀", "first record", () => "start"],
    ["back", "‹", "one record back", () => (strip.total > 1 ? `n${strip.total - 1}` : undefined)],
    ["pause", "❚❚", "stop at the newest record", () => `n${strip.total}`],
    ["on", "›", "one record on: the page shows the newest one", () => undefined],
    ["newest", "▶❘", "newest record, in time travel", () => null],
  ];

  let help = null;

  // Letters, because arrows belong to the tables of this page.
  function letters() {
    const to = (name) => () => part(name).hasAttribute("href") && part(name).click();
    help ??= window.egraphConsole.records.pageKeys("transport", "Keys of the live page", [
      ["F", "first record, in Time travel", to("first")], ["B", "one record back, in Time travel", to("back")], ["T", "newest record, in Time travel", to("newest")],
      ["Q", "which equalities are quarantined, and why", () => document.querySelector("#verdict-quarantined a")?.click()],
      ["← → ↑ ↓", "from cell to cell in a table"],
    ]);
    return help();
  }

  function build() {
    const keys = KEYS.map(([name, sign, told]) => el("a", { id: `transport-${name}`, class: "transport-key", role: "link", "aria-label": told, title: told }, el("span", { "aria-hidden": "true" }, sign)));
    const slider = el("input", { id: "transport-slider", type: "range", min: 0, max: SLIDER, value: SLIDER, disabled: "", "aria-label": "place in the log, opens time travel", "aria-valuetext": "newest record" });
    slider.addEventListener("input", told);
    slider.addEventListener("change", () => strip && strip.total && go(addressOf(placeOf(slider.value / SLIDER))));
    const place = el("div", { id: "transport-strip", class: "travel-strip transport-strip" });
    place.addEventListener("click", (event) => strip && strip.total && go(addressOf(pointed(event).at)));
    place.addEventListener("mousemove", (event) => strip && strip.total && (place.title = pointed(event).told));
    document.getElementById("transport").replaceChildren(
      el("div", { class: "transport-keys" }, [...keys, ...letters()]), el("div", { class: "transport-log" }, [place, slider]), el("div", { id: "transport-place", class: "transport-place" })
    );
  }

  // The end of the slider is the newest record, not its millisecond, in which others may stand.
  const placeOf = (share) => (share >= 1 ? `n${strip.total}` : share <= 0 ? "start" : density.placeAt(strip, share));

  // What a place on the strip leads to: the record of a mark that is near, else the newest one by then.
  function pointed(event) {
    const box = part("strip").getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const far = (place) => Math.abs(density.shareAt(strip, place.at_us) - share) * box.width;
    const near = kept.filter((place) => far(place) <= NEAR_PX).sort((one, other) => far(one) - far(other))[0];
    if (near) return { at: `${near.partition}:${near.offset}`, told: `quarantined equality at ${near.partition}:${near.offset}` };
    return { at: placeOf(share), told: `to ${time(density.momentAt(strip, share), true)}` };
  }

  function told() {
    const share = Number(part("slider").value) / SLIDER;
    const at = share >= 1 ? "newest record" : time(density.momentAt(strip, share), true);
    part("slider").setAttribute("aria-valuetext", at);
    density.point(strip, "transport", share);
    write(share >= 1 ? null : ["to ", el("strong", { class: "num" }, at)]);
  }

  function write(moved) {
    if (!strip) return part("place").replaceChildren(el("span", { class: "note transport-problem" }, problem ? `no strip of the log: ${problem}` : "reading the log …"));
    if (!strip.total) return part("place").replaceChildren(el("span", { class: "note" }, "the log is empty: no record yet"));
    const marked = strip.marked.reduce((sum, found) => sum + found, 0);
    const marks = [kept_count ? `▼ ${count(kept_count)} quarantined` : null, marked ? `▪ ${count(marked)} retracted, refused` : null].filter(Boolean);
    const follows = kind === "live" ? "following live" : "not live";
    part("place").replaceChildren(
      el("span", {}, moved || ["record ", el("strong", { class: "num" }, count(strip.total))]), el("span", { class: "note transport-follows" }, moved ? "opens time travel" : follows),
      ...(marks.length ? [el("span", { class: "note transport-marks" }, marks.join(" · "))] : [])
    );
  }

  function paint() {
    if (!part("strip") || !strip) return;
    const slider = part("slider");
    part("strip").replaceChildren(density.draw(strip, "transport", kept, part("strip").clientWidth));
    slider.disabled = !strip.total;
    for (const [name, , , at] of KEYS) {
      const where = strip.total ? at() : undefined;
      const key = part(name);
      if (where === undefined) {
        key.removeAttribute("href");
        key.setAttribute("aria-disabled", "true");
      } else {
        key.setAttribute("href", addressOf(where));
        key.removeAttribute("aria-disabled");
      }
    }
    if (strip.total) density.point(strip, "transport", Number(slider.value) / SLIDER);
    if (Number(slider.value) === SLIDER) write();
  }

  const news = window.egraphConsole.followed("/api/v1/log/density?buckets=240", EVERY_MS, () => part("strip"), (found, trouble) => {
    problem = trouble;
    if (found) strip = found;
    paint();
    if (!strip) write();
  });

  // Where the graph is drawn, it also tells what is quarantined.
  window.egraphConsole.markKept = (places, number) => {
    [kept, kept_count] = [places, number];
    paint();
  };

  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("a.transport-key[href]");
    if (!key || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(key.getAttribute("href"));
  });
  whenResized(paint);

  window.dash_clientside.egraph.draw_transport = (view, link) => {
    const place = document.getElementById("transport");
    if (!place.childElementCount) {
      build();
      paint();
    }
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const now = window.egraphConsole.statusOf(link, view).kind;
    if (now !== kind) {
      kind = now;
      if (Number(part("slider").value) === SLIDER) write();
    }
    news(overview);
    return drawn(overview);
  };
})();
