// What every panel uses: the namespace of the callbacks, building elements, writing numbers, asking the server, the size of the window. No panel, no data.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.egraph = window.dash_clientside.egraph || {};

window.egraphConsole = (() => {
  const NOTHING = "–";
  const SVG = "http://www.w3.org/2000/svg";

  // Elements are built, never parsed: text from the log can hold anything.
  function build(namespace, name, attributes, children) {
    const node = namespace ? document.createElementNS(namespace, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) node.setAttribute(key, value);
    }
    for (const child of [].concat(children === undefined ? [] : children)) {
      if (child === null || child === undefined) continue;
      node.append(child instanceof Node ? child : String(child));
    }
    return node;
  }
  const el = (name, attributes, children) => build(null, name, attributes, children);
  const svg = (name, attributes, children) => build(SVG, name, attributes, children);

  function fill(id, children) {
    const target = document.getElementById(id);
    if (target) target.replaceChildren(...[].concat(children));
  }

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

  function count(value) {
    return isNumber(value) ? whole.format(value) : NOTHING;
  }

  // Three significant digits are what an eye compares.
  function short(value) {
    if (!isNumber(value)) return NOTHING;
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size < 0.01) return value.toExponential(0);
    if (size < 1) return value.toFixed(2);
    if (size < 10) return value.toFixed(1);
    return whole.format(value);
  }

  // [number, unit] of a duration in milliseconds.
  function duration(ms) {
    if (!isNumber(ms)) return [NOTHING, ""];
    if (ms >= 60000) return [(ms / 60000).toFixed(1), "min"];
    if (ms >= 10000) return [(ms / 1000).toFixed(1), "s"];
    if (ms >= 1000) return [(ms / 1000).toFixed(2), "s"];
    return [short(ms), "ms"];
  }

  function ago(seconds) {
    if (!isNumber(seconds)) return NOTHING;
    if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s ago`;
    if (seconds < 120) return `${Math.round(seconds)} s ago`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
    return `${Math.round(seconds / 3600)} h ago`;
  }

  function span(seconds) {
    return seconds % 60 === 0 ? `last ${seconds / 60} min` : `last ${seconds} s`;
  }

  // Where an axis over a window that ends now has its words: [seconds ago, word], from now on backward.
  function agesOf(window_s) {
    const step = window_s <= 90 ? 30 : window_s <= 360 ? 60 : 300 * Math.ceil(window_s / 1800);
    const word = (second) => (second === 0 ? "now" : second % 60 ? `−${second} s` : `−${second / 60} min`);
    return Array.from({ length: Math.floor(window_s / step) + 1 }, (_, number) => [number * step, word(number * step)]);
  }

  // The newest seconds are still being written; their gap is not a fall to zero.
  function settled(values) {
    let end = values.length;
    while (end > values.length - 5 && !isNumber(values[end - 1])) end -= 1;
    return values.slice(0, end);
  }

  function time(us, withMs) {
    if (!isNumber(us)) return NOTHING;
    const date = new Date(us / 1000);
    const two = (value) => String(value).padStart(2, "0");
    const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    return withMs ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
  }

  // Gives [document, status]. A browser calls every status above 399 an error in its log; pages tell problems in place,
  // so they prefer the true status in a header.
  async function asked(path, options) {
    const headers = { Prefer: "problems=in-place", ...(options || {}).headers };
    const reply = await fetch(path, { ...options, headers });
    return [await reply.json(), Number(reply.headers.get("Problem-Status")) || reply.status];
  }

  // Once the size of the window has settled.
  function whenResized(paint) {
    let waiting = null;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(paint, 150);
    });
  }

  const empty = (text) => el("p", { class: "empty" }, text);
  const overviewOf = (view) => (view && view.overview) || null;
  const drawn = (overview) => String(overview.generated_at_us);
  const BANDS = {
    healthy: { glyph: "✓", word: "healthy" },
    degraded: { glyph: "!", word: "degraded" },
    suspect: { glyph: "?", word: "suspect" },
    down: { glyph: "✕", word: "down" },
  };
  const bandOf = (name) => BANDS[name] || { glyph: "·", word: String(name) };
  // From here on a message counts as slow, on every panel; the scale of colours has its steps at the others.
  const [BRISK_MS, LATE_MS, SLOW_MS] = [10, 50, 100];
  const START = "no data yet: start with make demo";

  return {
    NOTHING, START, BRISK_MS, LATE_MS, SLOW_MS, BANDS, bandOf, el, svg, fill, isNumber, count, short, duration, ago, span, agesOf, settled, time, empty, overviewOf,
    drawn, asked, whenResized,
  };
})();
