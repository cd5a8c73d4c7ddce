// What befell agents in the last minutes: a marker per turn on a strip of time, by icon and word. The words of turns for
// other pages too.
(() => {
  const { el, fill, time, overviewOf, bandOf, count, empty, span, agesOf, drawn, whenResized, START } = window.egraphConsole;
  const WORDS = {
    LOST: ["✕", "red", "lost"], KILLED: ["✕", "red", "killed"], PARKED: ["‖", "red", "parked"],
    RECOVERED: ["✓", "green", "recovered"], RELEASED: ["▸", "green", "released"], REGISTERED: ["+", "green", "registered"],
    DEREGISTERED: ["−", "degraded", "left"], ORDERED_RESTART: ["↻", "blue", "restart ordered"],
    ORDERED_KILL: ["↯", "degraded", "kill ordered"], ORDERED_SCALE: ["⇵", "blue", "scaling ordered"],
  };
  const TOGETHER_US = 3e6;
  const [ROW, AXIS, NARROW] = [25, 20, 600];
  const PLACE = "/runs#runs-turns";

  const wordOf = (kind) => WORDS[kind] || ["·", "blue", kind.toLowerCase().replaceAll("_", " ")];
  const whoOf = (agent) => (agent === null ? "all" : `A${agent}`);
  const detailOf = (turn) => [turn.detail, turn.told_by ? `by ${turn.told_by}` : ""].filter(Boolean).join(", ");

  // Turns of one kind that follow each other closely are one marker: nine agents that start are nine turns.
  function grouped(turns) {
    const groups = [];
    for (const turn of turns) {
      const group = groups.find((item) => item.kind === turn.kind && item.turns.at(-1).at_us - turn.at_us <= TOGETHER_US);
      if (group) group.turns.push(turn);
      else groups.push({ kind: turn.kind, turns: [turn] });
    }
    return groups.map(({ kind, turns: members }) => {
      const [glyph, paint, word] = wordOf(kind);
      const who = members.length === 1 ? whoOf(members[0].agent) : `${count(members.length)} agents`;
      const told = members.map((turn) => `${time(turn.at_us)} ${whoOf(turn.agent)} ${word}: ${detailOf(turn) || "no detail"}`);
      return { at_us: members[0].at_us, paint, text: `${glyph} ${who} ${word}`, told: told.join("\n") };
    });
  }

  // What is amiss now stands at the end of the time: an agent that is suspect or down has had no turn yet.
  function amiss(overview) {
    return ["down", "suspect"].flatMap((band) => {
      const agents = overview.agents.filter((agent) => agent.band === band);
      if (!agents.length) return [];
      const names = agents.map((agent) => `A${agent.agent}`);
      const { glyph, word } = bandOf(band);
      const who = names.length > 2 ? `${count(names.length)} agents` : names.join(", ");
      return [{ at_us: overview.generated_at_us, paint: band, text: `${glyph} ${who} ${word} now`, told: `${names.join(", ")} ${word} now` }];
    });
  }

  // Trouble gets its words first, then that it is over, then the routine that follows both within a second; of two alike
  // the newer. Each stands in the first row that has room, right or left of its moment; the rest are icons on the line.
  function placed(markers, width, share) {
    const rows = Array.from({ length: width < NARROW ? 4 : 2 }, () => []);
    const weight = (marker) => (["red", "down", "suspect"].includes(marker.paint) ? 0 : marker.paint === "green" && marker.text[0] !== "+" ? 1 : 2);
    const made = markers.map((marker) => ({ ...marker, x: share(marker.at_us) * width, wide: marker.text.length * 6.7 + 16, row: -1 }));
    for (const marker of [...made].sort((one, other) => weight(one) - weight(other))) {
      const { x, wide } = marker;
      const spots = [x - 6, x - wide - 10].flatMap((from) => rows.map((taken, row) => ({ row, taken, left: Math.max(0, Math.min(from, width - wide)) })));
      const spot = spots.find(({ taken, left }) => taken.every(([from, to]) => left >= to || left + wide <= from));
      if (!spot) continue;
      spot.taken.push([spot.left, spot.left + wide]);
      Object.assign(marker, { row: spot.row, left: spot.left });
    }
    return made;
  }

  function ticks(window_s) {
    return agesOf(window_s).map(([second, name]) => {
      const edge = second === 0 ? " is-last" : second === window_s ? " is-first" : "";
      return el("span", { class: `turns-tick${edge}`, style: `left:${100 * (1 - second / window_s)}%` }, name);
    });
  }

  const bottomOf = (marker, rows) => 9 + ROW * (rows - 1 - marker.row);

  function drawMarker(marker) {
    if (marker.row < 0) return el("li", { class: `turns-icon ink-${marker.paint}`, title: marker.told, "aria-hidden": "true" }, marker.text[0]);
    const link = el("a", { href: PLACE, class: `turns-marker ink-${marker.paint}`, title: marker.told, "aria-label": `${marker.text.slice(2)}, ${time(marker.at_us)}` }, marker.text);
    return el("li", {}, [el("span", { class: `turns-stem ink-${marker.paint}`, "aria-hidden": "true" }), link]);
  }

  // Time moves the markers on; elements stay, or a click and the tooltip under the pointer would be lost every second.
  function move(item, marker, rows) {
    if (marker.row < 0) return void (item.style.left = `${marker.x}px`);
    const [stem, link] = item.children;
    Object.assign(stem.style, { left: `${marker.x}px`, height: `${bottomOf(marker, rows) + 2}px` });
    Object.assign(link.style, { left: `${marker.left}px`, bottom: `${bottomOf(marker, rows)}px` });
  }

  function strip(found, rows, window_s) {
    return el("div", { class: "turns-strip", style: `height:${ROW * rows + 9 + AXIS}px` }, [
      el("ul", { class: "turns-line" }, found.map(drawMarker)), el("div", { class: "turns-axis", "aria-hidden": "true" }, ticks(window_s)),
    ]);
  }

  function tableOf(overview) {
    const rows = overview.recent_turns.map((turn) =>
      el("tr", {}, [time(turn.at_us), whoOf(turn.agent), wordOf(turn.kind)[2], detailOf(turn)].map((text) => el("td", {}, text)))
    );
    const head = el("tr", {}, ["time", "agent", "what", "detail"].map((name) => el("th", { scope: "col" }, name)));
    return el("table", { class: "hidden", "aria-label": "what befell agents" }, [el("thead", {}, head), el("tbody", {}, rows)]);
  }

  let last = null;
  function draw(overview) {
    const place = document.getElementById("turns");
    if (!place) return;
    const window_us = overview.kpis.window_s * 1e6;
    const share = (at_us) => Math.min(1, Math.max(0, 1 - (overview.generated_at_us - at_us) / window_us));
    const markers = [...amiss(overview), ...grouped(overview.recent_turns)];
    const shown = overview.recent_turns.length;
    const rest = overview.recent_turns_count > shown ? `newest ${count(shown)} of ${count(overview.recent_turns_count)}, ` : "";
    fill("turns-note", `${rest}${span(overview.kpis.window_s)}`);
    if (!markers.length) {
      place.classList.add("is-empty");
      fill("turns", empty(overview.agents.length ? `✓ nothing befell the agents in the ${span(overview.kpis.window_s)}` : START));
      return;
    }
    place.classList.remove("is-empty");
    const found = placed(markers, Math.max(200, place.clientWidth - 24), share);
    const rows = Math.max(1, ...found.map((marker) => marker.row + 1));
    const now = JSON.stringify([rows, overview.kpis.window_s, found.map((marker) => [marker.told, marker.text, marker.row < 0])]);
    if (now !== place.dataset.shown || !place.querySelector(".turns-line")) {
      const focused = place.contains(document.activeElement) ? document.activeElement.title : null;
      fill("turns", [strip(found, rows, overview.kpis.window_s), tableOf(overview)]);
      place.dataset.shown = now;
      if (focused) [...place.querySelectorAll("a")].find((link) => link.title === focused)?.focus();
    }
    [...place.querySelector(".turns-line").children].forEach((item, number) => move(item, found[number], rows));
  }

  window.dash_clientside.egraph.draw_turns = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    last = overview;
    draw(overview);
    return drawn(overview);
  };

  whenResized(() => last && draw(last));

  window.egraphConsole.turns = { wordOf, whoOf, detailOf };
})();
