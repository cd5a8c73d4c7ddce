// Colours as numbers: the theme's variables, and the ramp of the matrix and the arrows.
window.egraphConsole.palette = (() => {
  // Trouble must contrast most with the background: dark pages go from dim blue to bright yellow, light ones from pale
  // to dark blue.
  const RAMPS = {
    dark: [[38, 62, 104], [62, 92, 128], [104, 122, 134], [156, 152, 112], [204, 180, 82], [240, 218, 70]],
    light: [[206, 222, 238], [176, 202, 226], [140, 174, 208], [92, 136, 182], [48, 96, 150], [12, 54, 110]],
  };

  function scheme() {
    return document.documentElement.getAttribute("data-mantine-color-scheme") === "light" ? "light" : "dark";
  }

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // Black or white, whichever contrasts more: one of them reaches 4.5:1 on any background (relative luminance, WCAG 2).
  function inkOn(colour) {
    const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  // share in 0..1 -> {background, ink}
  function ramp(share) {
    const stops = RAMPS[scheme()];
    const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    const rest = place - low;
    const [r, g, b] = stops[low].map((value, index) => Math.round(value + (stops[low + 1][index] - value) * rest));
    return { background: `rgb(${r},${g},${b})`, ink: inkOn([r, g, b]) };
  }

  // Where a value stands between the least and the largest, by ratio; equal values stand low.
  function shareOf(value, values) {
    const known = values.filter((item) => item > 0);
    const low = Math.min(...known);
    const high = Math.max(...known);
    if (!(value > 0) || !(high > low)) return 0.15;
    return Math.log(value / low) / Math.log(Math.max(high, low * 4) / low);
  }

  // Where a latency stands: the same colour means the same milliseconds in every panel and at any time. By ratio from
  // step to step, and with a leap where a message begins to count as slow.
  const { BRISK_MS, LATE_MS, SLOW_MS } = window.egraphConsole;
  const STEPS = [[BRISK_MS / 4, BRISK_MS, 0, 0.18], [BRISK_MS, LATE_MS, 0.2, 0.42], [LATE_MS, SLOW_MS, 0.42, 0.52], [SLOW_MS, 20 * SLOW_MS, 0.93, 1]];
  function latencyShare(ms) {
    if (!(ms > STEPS[0][0])) return 0;
    const [from, to, low, high] = STEPS.find(([, end]) => ms < end) || STEPS.at(-1);
    return Math.min(1, low + (Math.log(ms / from) / Math.log(to / from)) * (high - low));
  }

  return { latencyShare, scheme, variable, ramp, shareOf };
})();
