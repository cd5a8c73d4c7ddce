// A scale of time that leaves out idle time: where nothing happens for long, the axis is broken and says for how long.
// Without it, two bursts a minute apart would be two vertical lines. Draws only the axis; events are others' business.
window.egraphConsole.timeAxis = (() => {
  const { svg, count, isNumber, NOTHING } = window.egraphConsole;
  // A gap is idle from this share of the time that is left on, if it is also so many times as long as others are.
  const [IDLE_SHARE, TIMES_OTHERS] = [0.15, 4];
  const MOST = 10;
  const [TICK_PX, WORD_PX] = [84, 62];

  // Milliseconds with a sign, as many digits as an eye compares, or as a step needs to be told from the next.
  function signed(us, step_us) {
    if (!isNumber(us)) return NOTHING;
    if (us === 0) return "0 ms";
    const ms = Math.abs(us) / 1000;
    if (step_us >= 1e6) return `${us < 0 ? "−" : "+"}${(ms / 1000).toFixed(step_us % 1e6 ? 1 : 0)} s`;
    const needed = isNumber(step_us) ? Math.max(0, Math.ceil(-Math.log10(step_us / 1000) - 1e-9)) : null;
    const told = needed === null ? (ms >= 100 ? count(ms) : ms.toFixed(ms >= 10 ? 1 : 2)) : needed ? ms.toFixed(needed) : count(ms);
    return `${us < 0 ? "−" : "+"}${ms >= 10000 ? `${(ms / 1000).toFixed(1)} s` : `${told} ms`}`;
  }

  function lengthOf(us) {
    if (us >= 120e6) return `${Math.round(us / 60e6)} min`;
    if (us < 1000) return `${(us / 1000).toFixed(3)} ms`;
    return us >= 1e6 ? `${(us / 1e6).toFixed(1)} s` : `${Math.round(us / 1000)} ms`;
  }

  // A gap is idle if nothing happens in it and no message is on its way: how long one takes is what is looked for.
  function idle(times, flights, from, to, most) {
    const ways = [...flights].sort((one, two) => one[0] - two[0]);
    let [way, until] = [0, -Infinity];
    const busy = (gap) => {
      for (; way < ways.length && ways[way][0] <= gap.from; way += 1) until = Math.max(until, ways[way][1]);
      return until >= gap.to;
    };
    const known = [from, ...times.filter((at) => at > from && at < to).sort((one, two) => one - two), to];
    let others = known.length - 2;
    const gaps = known.slice(1).map((at, index) => ({ from: known[index], to: at, us: at - known[index] })).filter((gap) => !busy(gap)).sort((one, two) => two.us - one.us);
    const found = [];
    let rest = to - from;
    for (const gap of gaps) {
      if (found.length >= most || gap.us < IDLE_SHARE * rest || gap.us * others < TIMES_OTHERS * (rest - gap.us)) break;
      found.push(gap);
      rest -= gap.us;
      others -= 1;
    }
    return found.sort((one, two) => one.from - two.from);
  }

  // Gives the place of a time between two edges in pixels, and where the axis is broken. `whole` leaves nothing out.
  // `flights` are pairs of times, from the sending of a message to its arrival.
  function scale(times, flights, from, to, left, right, whole) {
    const wide = right - left > 520 ? 46 : 30;
    const gaps = whole ? [] : idle([...times, ...flights.flat()], flights, from, to, Math.min(MOST, Math.floor((right - left) / (3 * wide))));
    const lasts = Math.max(1, to - from - gaps.reduce((sum, gap) => sum + gap.us, 0));
    const perUs = (right - left - gaps.length * wide) / lasts;
    const x = (us) => {
      let at = left + (us - from) * perUs;
      for (const gap of gaps) {
        if (us <= gap.from) break;
        at += us >= gap.to ? wide - gap.us * perUs : (us - gap.from) * (wide / gap.us - perUs);
      }
      return at;
    };
    return { x, gaps: gaps.map((gap) => ({ ...gap, left: x(gap.from), right: x(gap.to) })), lasts, from, to, left, right };
  }

  function stepOf(made) {
    const wanted = Math.max(2, Math.floor((made.right - made.left) / TICK_PX));
    const power = 10 ** Math.floor(Math.log10(made.lasts / wanted));
    return [1, 2, 5, 10].map((n) => n * power).find((n) => made.lasts / n <= wanted) || 10 * power;
  }

  // Ticks from an origin, and the breaks with their length.
  function draw(made, origin, top, bottom) {
    const step = stepOf(made);
    const parts = [];
    let last = -Infinity;
    const tick = (n) => {
      const [us, at] = [origin + n * step, made.x(origin + n * step)];
      const broken = made.gaps.some((gap) => us > gap.from && us < gap.to);
      if (broken || (n !== 0 && (at - last < WORD_PX || Math.abs(at - zero) < WORD_PX))) return;
      if (n !== 0) last = at;
      // The outermost words stand inside the picture.
      const anchor = at > made.right - 34 ? "end" : at < made.left + 20 ? "start" : "middle";
      parts.push(svg("line", { x1: at, x2: at, y1: top - 6, y2: bottom, class: n === 0 ? "st-now" : "st-tick" }));
      parts.push(svg("text", { x: at, y: bottom + 15, class: "st-axis", style: `text-anchor:${anchor}` }, signed(n * step, step)));
    };
    const zero = origin >= made.from && origin <= made.to ? made.x(origin) : -Infinity;
    // From one piece to the next, so that an hour left out is not walked through in milliseconds.
    const pieces = [made.from, ...made.gaps.flatMap((gap) => [gap.from, gap.to]), made.to];
    for (let piece = 0; piece < pieces.length; piece += 2) {
      const end = Math.floor((pieces[piece + 1] - origin) / step);
      for (let n = Math.ceil((pieces[piece] - origin) / step); n <= end; n += 1) tick(n === 0 ? 0 : n);
    }
    return [...made.gaps.map((gap) => breakOf(gap, top, bottom)), ...parts];
  }

  function breakOf(gap, top, bottom) {
    const [middle, text] = [(gap.left + gap.right) / 2, lengthOf(gap.us)];
    const edge = (at) => svg("line", { x1: at, x2: at, y1: top - 2, y2: bottom, class: "st-break-edge" });
    return svg("g", { class: "st-break" }, [
      svg("title", {}, `${text} without events are left out`),
      svg("rect", { x: gap.left + 4, y: top - 2, width: Math.max(1, gap.right - gap.left - 8), height: bottom - top + 2, class: "st-break-band" }),
      edge(gap.left + 4), edge(gap.right - 4),
      svg("text", { x: middle, y: top - 5, class: "st-axis st-break-text" }, gap.right - gap.left > 40 ? text : "⫽"),
    ]);
  }

  return { scale, draw, signed, lengthOf };
})();
