// What of an answer can be drawn, and the figure for it: lines over time, points over a number, bars over words. No page.
window.egraphConsole.sqlChart = (() => {
  const { count } = window.egraphConsole;
  const NUMBERS = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL.*)$/;
  const [LINES, BARS] = [5, 40];
  const INKS = ["--blue", "--orange", "--green", "--purple", "--red"];
  const DASHES = ["solid", "dash", "dot", "dashdot", "longdash"];
  const MARKS = ["circle", "square", "diamond", "triangle-up", "x"];

  const isTime = (kind) => /^(TIMESTAMP|DATE)/.test(kind);
  const isNumber = (kind) => NUMBERS.test(kind);
  // Numbers that a browser would round come as text; a line may round them.
  const value = (cell) => (cell === null ? null : Number(cell));

  // Across stands the first time, else the first number if another follows, else the first words of few rows.
  function plan(found) {
    const kinds = found.columns.map((column) => column.type);
    const numbers = kinds.map((kind, place) => place).filter((place) => isNumber(kinds[place]));
    const time = kinds.findIndex(isTime);
    const words = kinds.indexOf("VARCHAR");
    if (found.rows.length < 2 || !numbers.length) return null;
    if (time >= 0) return { across: time, up: numbers, kind: "lines" };
    if (words >= 0 && words < numbers[0]) return found.rows.length <= BARS ? { across: words, up: numbers, kind: "bars" } : null;
    return numbers.length > 1 ? { across: numbers[0], up: numbers.slice(1), kind: "markers" } : null;
  }

  function trace(found, planned, place, number, ink) {
    const [x, y] = [found.rows.map((row) => row[planned.across]), found.rows.map((row) => value(row[place]))];
    const name = found.columns[place].name;
    if (planned.kind === "bars") return { type: "bar", name, x: x.map((word) => (word === null ? "–" : word)), y, marker: { color: ink } };
    return { type: "scatter", mode: planned.kind, name, x: planned.kind === "markers" ? x.map(value) : x, y, line: { color: ink, dash: DASHES[number] }, marker: { color: ink, size: 6, symbol: MARKS[number] } };
  }

  // Gives the figure and how much of the answer is in it; nothing where the rows have no chart.
  function figureOf(found) {
    const planned = plan(found);
    if (!planned) return null;
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim();
    const up = planned.up.slice(0, LINES);
    const axis = { gridcolor: ink("--grid"), zeroline: false, automargin: true };
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 60, r: 16, t: 10, b: 40 },
      font: { color: ink("--muted"), size: 12 }, showlegend: true, legend: { orientation: "h", y: 1.12 }, barmode: "group",
      xaxis: { ...axis, title: { text: found.columns[planned.across].name }, type: planned.kind === "bars" ? "category" : undefined },
      yaxis: axis,
    };
    const note = planned.up.length > up.length ? `the chart shows ${count(up.length)} of ${count(planned.up.length)} columns of numbers` : "";
    return [{ data: up.map((place, number) => trace(found, planned, place, number, ink(INKS[number]))), layout }, note];
  }

  return { figureOf, isNumber };
})();
