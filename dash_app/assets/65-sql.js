// The SQL page: editor, what can be asked about, the answer as a table, what to do where there is none. The statement is in
// the address. The chart is drawn by 64-sql-chart.js.
(() => {
  const { el, count, time, asked, sqlChart } = window.egraphConsole;
  const SCHEMA = "/api/v1/sql/schema";
  const ASK = "/api/v1/sql";
  const FILE = "/api/v1/sql/file";
  const FIRST = "SELECT * FROM v_agents ORDER BY agent";
  let answer = null;

  const editor = () => document.getElementById("sql-text");

  function inAddress(statement) {
    const search = `?q=${encodeURIComponent(statement)}`;
    if (window.location.search !== search) window.history.replaceState(null, "", window.location.pathname + search);
  }

  const posted = (document) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(document) });

  async function run() {
    const statement = editor().value;
    const button = document.getElementById("sql-run");
    const place = document.getElementById("sql-answer");
    inAddress(statement);
    button.disabled = true;
    place.setAttribute("aria-busy", "true");
    tell("asking …");
    try {
      const [found, status] = await asked(ASK, posted({ statement }));
      if (status < 400) show(found);
      else refuse(found.message || found.problem || "the server refused the statement", status >= 422);
    } catch (error) {
      refuse("the server cannot be reached; the statement is still here, run it again when the page is live", true);
    } finally {
      button.disabled = false;
      place.removeAttribute("aria-busy");
    }
  }

  function refuse(message, mayPass) {
    answer = null;
    const again = el("button", { type: "button", class: "sql-again" }, "run it again");
    again.addEventListener("click", run);
    document.getElementById("sql-answer").replaceChildren(el("p", { class: "sql-problem", role: "alert" }, message), mayPass ? again : "");
    tell("");
    chart();
  }

  function tell(text) {
    document.getElementById("sql-note").textContent = text;
    for (const id of ["sql-csv", "sql-json", "sql-parquet", "sql-arrow"]) document.getElementById(id).disabled = answer === null;
  }

  function show(found) {
    answer = { ...found, statement: editor().value };
    const numeric = found.columns.map((column) => sqlChart.isNumber(column.type));
    const head = el("tr", {}, found.columns.map((column, place) => el("th", { scope: "col", class: numeric[place] ? "number" : null }, [column.name, el("small", {}, column.type)])));
    const rows = found.rows.map((row) =>
      el("tr", {}, row.map((value, place) => {
        const text = value === null ? "–" : String(value);
        return el("td", { class: numeric[place] ? "number num" : null, title: text.length > 60 ? text : null }, text);
      }))
    );
    const table = el("table", {}, [el("thead", {}, head), el("tbody", {}, rows)]);
    document.getElementById("sql-answer").replaceChildren(rows.length ? table : el("p", { class: "note" }, "no rows"));
    const cut = found.truncated ? `; ${found.truncated}; all: egraph sql --output answer.parquet '…'` : "";
    tell(`${count(found.rows.length)} rows in ${Math.round(found.elapsed_ms)} ms, at ${time(Date.now() * 1000)}${cut}`);
    chart();
  }

  function chart() {
    const [figure, note] = (answer && sqlChart.figureOf(answer)) || [null, ""];
    window.dash_clientside.set_props("sql-chart", {
      figure: figure || { data: [], layout: {} },
      style: { display: figure ? "block" : "none", height: "260px" },
    });
    document.getElementById("sql-charted").textContent = note;
  }

  function save(name, type, text) {
    keep(name, new Blob([text], { type }));
  }

  function keep(name, blob) {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
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

  // Columns keep their types in these, so the server writes them: it asks anew.
  const asFile = (format) => async () => {
    const note = document.getElementById("sql-note");
    note.textContent = `writing ${format} …`;
    try {
      const reply = await fetch(FILE, { ...posted({ statement: answer.statement, format }), headers: { "Content-Type": "application/json", Prefer: "problems=in-place" } });
      const status = Number(reply.headers.get("Problem-Status")) || reply.status;
      if (status >= 400) throw new Error((await reply.json()).message);
      keep(`answer.${format}`, await reply.blob());
      const cut = reply.headers.get("Truncated");
      note.textContent = `answer.${format} is written${cut ? `; ${cut}` : ""}`;
    } catch (error) {
      note.textContent = `answer.${format} is not written: ${error instanceof TypeError ? "the server cannot be reached" : error.message}; try again`;
    }
  };

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
      if (!relations.length) return side.replaceChildren(el("p", {}, "this console answers no SQL; start it with `egraph console --data-dir DIR`"));
      side.replaceChildren(el("h2", {}, `Saved queries (${saved.length})`), ...saved, el("h2", {}, `Tables and views (${relations.length})`), ...relations);
    } catch (error) {
      const again = el("button", { type: "button", class: "sql-again" }, "try again");
      again.addEventListener("click", () => fillSide(side));
      side.replaceChildren(el("p", { role: "status" }, "what can be asked about could not be loaded: the server cannot be reached"), again);
    }
  }

  const keys = window.egraphConsole.records.pageKeys("sql-page", "Keys of the SQL page", [
    ["Ctrl+Enter", "run the statement"], ["/", "to the statement", () => editor().focus()], ["Esc", "out of the statement"],
    ["R", "run it again", () => run()], ["C", "the rows as CSV", () => answer && asCsv()],
  ]);

  function build() {
    const button = (id, text, act, attributes) => {
      const made = el("button", { id, type: "button", ...attributes }, text);
      made.addEventListener("click", act);
      return made;
    };
    const text = el("textarea", { id: "sql-text", "aria-label": "SQL statement", spellcheck: "false" });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") text.blur();
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
      button("sql-parquet", "Parquet", asFile("parquet"), { disabled: "", title: "asks again, with the types of columns" }),
      button("sql-arrow", "Arrow", asFile("arrow"), { disabled: "", title: "asks again, with the types of columns" }),
      ...keys(),
      el("span", { id: "sql-note", class: "note", role: "status" }, "Ctrl+Enter runs; at most 1,000 rows, 2.5 s"),
      el("span", { id: "sql-charted", class: "note" }),
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
