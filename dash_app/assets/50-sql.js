// The SQL page: editor, what can be asked about, the answer as table and chart, export. The statement is in the address.
(() => {
  const { el, count, asked } = window.egraphConsole;
  const SCHEMA = "/api/v1/sql/schema";
  const ASK = "/api/v1/sql";
  const FIRST = "SELECT * FROM v_agents ORDER BY agent";
  const NUMBERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL.*)$/;
  let answer = null;

  const isTime = (kind) => /^(TIMESTAMP|DATE)/.test(kind);
  const isNumber = (kind) => NUMBERS.test(kind);
  const editor = () => document.getElementById("sql-text");

  function inAddress(statement) {
    const search = `?q=${encodeURIComponent(statement)}`;
    if (window.location.search !== search) window.history.replaceState(null, "", window.location.pathname + search);
  }

  async function run() {
    const statement = editor().value;
    const button = document.getElementById("sql-run");
    const place = document.getElementById("sql-answer");
    inAddress(statement);
    button.disabled = true;
    place.setAttribute("aria-busy", "true");
    try {
      const headers = { "Content-Type": "application/json" };
      const [found, status] = await asked(ASK, { method: "POST", headers, body: JSON.stringify({ statement }) });
      if (status < 400) show(found);
      else refuse(found.message || found.problem || "the server refused the statement");
    } catch (error) {
      refuse("the server cannot be reached; the statement is still here, run it again when the page is live");
    } finally {
      button.disabled = false;
      place.removeAttribute("aria-busy");
    }
  }

  function refuse(message) {
    answer = null;
    document.getElementById("sql-answer").replaceChildren(el("p", { class: "sql-problem", role: "alert" }, message));
    tell("");
    chart();
  }

  function tell(text) {
    document.getElementById("sql-note").textContent = text;
    for (const id of ["sql-csv", "sql-json"]) document.getElementById(id).disabled = answer === null;
  }

  function show(found) {
    answer = found;
    const numeric = found.columns.map((column) => isNumber(column.type));
    const head = el("tr", {}, found.columns.map((column, place) => el("th", { scope: "col", class: numeric[place] ? "number" : null }, [column.name, el("small", {}, column.type)])));
    const rows = found.rows.map((row) =>
      el("tr", {}, row.map((value, place) => {
        const text = value === null ? "–" : String(value);
        return el("td", { class: numeric[place] ? "number num" : null, title: text.length > 60 ? text : null }, text);
      }))
    );
    const table = el("table", {}, [el("thead", {}, head), el("tbody", {}, rows)]);
    document.getElementById("sql-answer").replaceChildren(rows.length ? table : el("p", { class: "note" }, "no rows"));
    const cut = found.truncated ? `; ${found.truncated}` : "";
    tell(`${count(found.rows.length)} rows in ${Math.round(found.elapsed_ms)} ms${cut}`);
    chart();
  }

  // A chart where the rows have one: the first column that is a time or a number across, each other number a line.
  function chart() {
    const figure = answer && figureOf(answer);
    window.dash_clientside.set_props("sql-chart", {
      figure: figure || { data: [], layout: {} },
      style: { display: figure ? "block" : "none", height: "260px" },
    });
  }

  function figureOf(found) {
    const kinds = found.columns.map((column) => column.type);
    let across = kinds.findIndex(isTime);
    if (across < 0) across = kinds.findIndex(isNumber);
    const lines = kinds.map((kind, place) => place).filter((place) => place !== across && isNumber(kinds[place]));
    if (across < 0 || !lines.length || found.rows.length < 2) return null;
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim();
    const inks = ["--blue", "--orange", "--green", "--purple", "--red"].map(ink);
    const time = isTime(kinds[across]);
    return {
      data: lines.slice(0, 5).map((place, number) => ({
        type: "scatter", mode: time ? "lines" : "markers", name: found.columns[place].name,
        x: found.rows.map((row) => row[across]), y: found.rows.map((row) => row[place]),
        line: { color: inks[number] }, marker: { color: inks[number], size: 5 },
      })),
      layout: {
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 60, r: 16, t: 10, b: 40 },
        font: { color: ink("--muted"), size: 12 }, showlegend: true, legend: { orientation: "h", y: 1.12 },
        xaxis: { title: { text: found.columns[across].name }, gridcolor: ink("--grid") },
        yaxis: { gridcolor: ink("--grid"), zeroline: false },
      },
    };
  }

  function save(name, type, text) {
    const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function asCsv() {
    const cell = (value) => {
      const text = value === null ? "" : String(value);
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [answer.columns.map((column) => column.name), ...answer.rows];
    save("answer.csv", "text/csv", lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n");
  }

  function asJson() {
    const names = answer.columns.map((column) => column.name);
    const rows = answer.rows.map((row) => Object.fromEntries(row.map((value, place) => [names[place], value])));
    save("answer.json", "application/json", JSON.stringify(rows, null, 2));
  }

  async function fillSide(side) {
    try {
      const [schema] = await asked(SCHEMA);
      const saved = schema.saved.map((query) => {
        const button = el("button", { class: "sql-saved", type: "button", title: query.name }, query.question);
        button.addEventListener("click", () => {
          editor().value = query.sql;
          run();
        });
        return button;
      });
      const relations = schema.relations.map((relation) =>
        el("details", {}, [
          el("summary", {}, relation.name),
          el("p", {}, relation.line),
          el("ul", {}, relation.columns.map((column) => el("li", {}, [column.name, " ", el("span", {}, column.type)]))),
        ])
      );
      side.replaceChildren(el("h2", {}, "Saved queries"), ...saved, el("h2", {}, "Tables and views"), ...relations);
    } catch (error) {
      side.replaceChildren(el("p", {}, "what can be asked about could not be loaded; reload the page"));
    }
  }

  function build() {
    const button = (id, text, act, attributes) => {
      const made = el("button", { id, type: "button", ...attributes }, text);
      made.addEventListener("click", act);
      return made;
    };
    const text = el("textarea", { id: "sql-text", "aria-label": "SQL statement", spellcheck: "false" });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        run();
      }
    });
    const side = el("aside", { class: "panel sql-side", "aria-label": "what can be asked about", tabindex: "0" }, "loading");
    const tools = el("div", { class: "sql-tools" }, [
      button("sql-run", "Run", run, { class: "sql-run", title: "Ctrl+Enter" }),
      button("sql-csv", "CSV", asCsv, { disabled: "" }),
      button("sql-json", "JSON", asJson, { disabled: "" }),
      el("span", { id: "sql-note", class: "note", role: "status" }, "Ctrl+Enter runs; at most 1,000 rows, 2.5 s"),
    ]);
    const place = el("div", { id: "sql-answer", class: "panel sql-answer", tabindex: "0", role: "region", "aria-label": "answer" });
    document.getElementById("sql-page").replaceChildren(side, el("div", { class: "panel sql-ask" }, [text, tools]), place);
    fillSide(side);
  }

  window.dash_clientside.egraph.mount_sql = (search) => {
    const asked = new URLSearchParams(search || "").get("q");
    if (!editor()) {
      build();
      editor().value = asked || FIRST;
      if (asked) setTimeout(run, 0);
    } else {
      chart(); // dark or light has changed
    }
    return "mounted";
  };
})();
