// The header: is what you see true now? Live, old, empty or cut off; time of the newest event; agents by health.
(() => {
  const { el, fill, time, overviewOf, BANDS, START, isNumber } = window.egraphConsole;
  const OLD_ANSWER_S = 4;
  const OLD_DATA_S = 10;

  function newestUs(overview) {
    const seen = overview.agents.map((agent) => agent.last_seen_us);
    const known = [overview.newest_event_us, ...seen].filter(isNumber);
    return known.length ? Math.max(...known) : null;
  }

  function statusOf(link, view) {
    if (!link) return { kind: "wait", text: "connecting" };
    if (!link.reachable) return { kind: "bad", text: "disconnected" };
    const overview = overviewOf(view);
    const problem = view && view.problem;
    if (!overview) {
      return problem ? { kind: "bad", text: "the data cannot be read", why: problem } : { kind: "wait", text: "connecting" };
    }
    const newest = newestUs(overview);
    if (isNumber(link.age_s) && link.age_s >= OLD_ANSWER_S) {
      return { kind: "old", text: `last update ${link.age_s} s ago`, why: problem };
    }
    if (newest === null) return { kind: "wait", text: START };
    const quiet = Math.round((overview.generated_at_us - newest) / 1e6);
    if (quiet >= OLD_DATA_S) return { kind: "old", text: `last data ${quiet} s ago`, why: "no process writes" };
    // The data is live, but a page that shows a moment of the past must not stand under the word.
    if (document.querySelector(".travel.is-travelling")) return { kind: "travel", text: "time travel, not live" };
    return { kind: "live", text: "live" };
  }

  window.egraphConsole.statusOf = statusOf;

  window.dash_clientside.egraph.draw_status = (link, view) => {
    const status = statusOf(link, view);
    const glyph = { live: "●", old: "◌", bad: "✕", wait: "…", travel: "❚❚" }[status.kind];
    const badge = document.querySelector("#status .badge");
    const text = `${glyph} ${status.text}`;
    // A live region speaks when it changes; rewriting equal text would make it speak every second.
    if (!badge || badge.textContent !== text) {
      fill("status", el("span", { class: `badge badge-${status.kind}`, title: status.why || null }, text));
    }
    document.body.classList.toggle("is-old", status.kind === "old" || status.kind === "bad");
    const overview = overviewOf(view);
    if (!overview) return status.kind;
    const newest = newestUs(overview);
    fill("newest", newest === null ? "" : time(newest, true));
    const bands = Object.keys(BANDS)
      .map((name) => [name, overview.agents.filter((agent) => agent.band === name).length])
      .filter(([, number]) => number > 0);
    fill(
      "bands",
      bands.map(([name, number]) =>
        el("span", { class: `chip ink-${name}` }, `${BANDS[name].glyph} ${number} ${BANDS[name].word}`)
      )
    );
    return status.kind;
  };
})();
