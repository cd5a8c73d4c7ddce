// A strip of the whole log: bars for the facts over it, ticks at the top, what is past, and a cursor. Also where a moment
// stands on it, and which moment a place on it is. No question, no page.
window.egraphConsole.densityStrip = (() => {
  const { el, svg, count, duration, time } = window.egraphConsole;
  const day = (us) => window.egraphConsole.records.day(us);
  const HEIGHT = 40;

  // `name` begins the ids of the two parts that `point` moves. `kept` are places of quarantined equalities, marked by
  // triangles where they are known; `width` is that of the strip, which stretches what is drawn.
  function draw(strip, name, kept = [], width = 0) {
    const rates = strip.facts.map((found, index) => found / strip.lasted_us[index]);
    const most = Math.max(...rates, Number.MIN_VALUE);
    const bars = rates.map((rate, index) => (rate ? `M${index} 40V${(39 - 31 * Math.sqrt(rate / most)).toFixed(1)}H${index + 1}V40Z` : "")).join("");
    const marks = strip.marked.map((found, index) => (found ? `M${index} 0H${index + 1}V5H${index}Z` : "")).join("");
    const half = (5 * Math.max(1, strip.facts.length)) / Math.max(1, width);
    const apart = kept.map((place) => shareAt(strip, place.at_us) * strip.facts.length).map((x) => `M${(x - half).toFixed(2)} 0H${(x + half).toFixed(2)}L${x.toFixed(2)} 15Z`).join("");
    const label = strip.total ? `facts over the whole log, ${day(strip.oldest_us)} to ${day(strip.newest_us)}; ticks at the top are retractions and refused records${kept.length ? `, triangles ${count(kept.length)} quarantined equalities` : ""}` : "the log is empty";
    return svg("svg", { viewBox: `0 0 ${Math.max(1, strip.facts.length)} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, [
      svg("rect", { id: `${name}-past`, class: "travel-past", x: 0, y: 0, width: 0, height: HEIGHT }), svg("path", { class: "travel-bars", d: bars }), svg("path", { class: "travel-marks", d: marks }), svg("path", { class: "travel-kept", d: apart }),
      svg("line", { id: `${name}-cursor`, class: "travel-cursor", x1: 0, x2: 0, y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke" }),
    ]);
  }

  function point(strip, name, share) {
    const line = document.getElementById(`${name}-cursor`);
    if (line) for (const end of ["x1", "x2"]) line.setAttribute(end, share * strip.facts.length);
    document.getElementById(`${name}-past`)?.setAttribute("width", share * strip.facts.length);
  }

  // Its two ends as times, and what a bar is.
  function ends(strip) {
    const each = strip.by === "records" ? `${count(strip.facts[0])} records` : duration((strip.lasted_us[0] || 0) / 1000).join(" ");
    return [el("span", {}, strip.total ? time(strip.oldest_us, false) : ""), el("span", {}, strip.total ? `facts per second in steps of ${each}, height by square root` : "no data yet"), el("span", {}, strip.total ? time(strip.newest_us, false) : "")];
  }

  const within = (share) => Math.min(1, Math.max(0, share));
  const shareAt = (strip, at_us) => within((at_us - strip.oldest_us) / Math.max(1, strip.newest_us - strip.oldest_us));

  const momentAt = (strip, share) => strip.oldest_us + share * (strip.newest_us - strip.oldest_us);

  // Where a cut stands: in time, or in the order of the log.
  function shareOf(strip, cut) {
    return strip.by === "records" ? within(cut.position / strip.total) : shareAt(strip, cut.moment_us);
  }

  function placeAt(strip, share) {
    if (strip.by === "records") return `n${Math.max(1, Math.round(share * strip.total))}`;
    return `t${Math.round(momentAt(strip, share))}`;
  }

  return { draw, point, ends, shareAt, shareOf, placeAt, momentAt };
})();
