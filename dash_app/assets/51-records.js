// What pages about records share: a question to the API, ids and places as links, bytes as hex. No page.
(() => {
  const { el, time, NOTHING } = window.egraphConsole;
  const { asked } = window.egraphConsole;
  const COLOURS = { RED: ["red", "▲ red"], BLUE: ["blue", "● blue"], GREEN: ["green", "■ green"] };

  // Gives [document, problem, status]: one of the first two is null; the status is 0 where no server answered.
  async function ask(path) {
    try {
      const [found, status] = await asked(path);
      if (status < 400) return [found, null, status];
      const told = Array.isArray(found.detail) ? found.detail.map((item) => `${item.loc.at(-1)}: ${item.msg}`).join("; ") : null;
      return [null, found.problem || told || `the server answered ${status}`, status];
    } catch (error) {
      return [null, "the server cannot be reached; try again when the page is live", 0];
    }
  }

  function button(text, act, attributes) {
    const made = el("button", { type: "button", ...attributes }, text);
    made.addEventListener("click", act);
    return made;
  }

  function day(us) {
    if (us === null || us === undefined) return NOTHING;
    const date = new Date(us / 1000);
    const two = (value) => String(value).padStart(2, "0");
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time(us, true)}`;
  }

  const GLYPHS = { RED: "▲", BLUE: "●", GREEN: "■" };

  function colour(name) {
    const [paint, text] = COLOURS[name] || [null, NOTHING];
    return el("span", { class: paint && `ink-${paint}` }, text);
  }

  // Rows of 16 bytes as hexdump -C shows them.
  function dump(hex) {
    const lines = [];
    for (let at = 0; at < hex.length; at += 32) {
      const bytes = hex.slice(at, at + 32).match(/../g) || [];
      const text = bytes.map((byte) => parseInt(byte, 16)).map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : "."));
      lines.push(`${(at / 2).toString(16).padStart(6, "0")}  ${bytes.join(" ").padEnd(47)}  ${text.join("")}`);
    }
    return lines.join("\n");
  }

  async function copy(text, told) {
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = "copied";
    } catch (error) {
      told.textContent = "the browser did not allow copying";
    }
  }

  const state = (title, text, way) => el("div", { class: "record-state", role: "status" }, [el("h2", {}, title), el("p", {}, text), way]);

  const cell = (content, kind, title) => el("td", { class: kind || null, title: title || null }, content);

  // A dialog that lists keys as [key, what it does]; `showModal` opens it.
  function keysDialog(id, title, keys) {
    const dialog = el("dialog", { id, class: "keys-dialog", "aria-labelledby": `${id}-title` }, [
      el("h2", { id: `${id}-title` }, title), el("dl", {}, keys.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
    ]);
    dialog.append(button("close", () => dialog.close()));
    return dialog;
  }

  // Keys of a page as [key, what it does, how]: they work while nobody types and no dialog is open; what is done elsewhere
  // has no `how`. Gives what puts the button and the dialog onto the page.
  function pageKeys(page, title, keys) {
    const id = `${page}-keys`;
    const open = () => document.getElementById(id).showModal();
    const all = [...keys, ["?", "this help", open]];
    document.addEventListener("keydown", (event) => {
      if (!document.getElementById(id) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
      const how = all.find(([key]) => key.toLowerCase() === event.key.toLowerCase())?.[2];
      if (!how) return;
      event.preventDefault();
      how();
    });
    return () => [button("keys ?", open, { class: "keys-button", title: "the keys of this page" }), keysDialog(id, title, all)];
  }

  const placeOf = (item) => `${item.partition}:${item.offset}`;

  // PARTITION:OFFSET, a position in the order of the log, a time of the day of `baseUs`, or a date with a time, as the
  // API addresses it; null for anything else.
  function reading(text, baseUs) {
    const said = text.trim();
    if (/^\d{1,9}:\d{1,18}$/.test(said)) return said;
    if (/^#?\d{1,18}$/.test(said)) return `n${said.replace("#", "")}`;
    const clock = /^\d{1,2}:\d{2}:\d{2}(\.\d+)?$/.test(said);
    const ms = Date.parse(clock ? `${day(baseUs).slice(0, 10)}T${said.padStart(said.indexOf(":") === 1 ? said.length + 1 : said.length, "0")}` : said.replace(/^(\d{4}-\d{2}-\d{2}) /, "$1T"));
    return Number.isNaN(ms) || ms < 0 ? null : `t${Math.round(ms * 1000) + (/\.\d/.test(said) ? 999 : 999999)}`;
  }

  // What a fact of the log says, in a line.
  function summary(fact) {
    if (fact.kind === "NodeAdded") return `${fact.operator}/${fact.children.length}`;
    if (fact.kind === "EqualityAsserted") return `${fact.left_id.slice(0, 8)} = ${fact.right_id.slice(0, 8)}  ${fact.why}`;
    if (fact.kind === "FactRetracted") return `${fact.target.slice(0, 8)}  ${fact.why}`;
    return `${fact.operator}  ${fact.why}`;
  }

  // Heads are [name, class or nothing].
  function table(heads, rows, label) {
    const head = el("tr", {}, heads.map(([name, kind]) => el("th", { scope: "col", class: kind || null }, name)));
    return el("table", { class: "records", "aria-label": label }, [el("thead", {}, head), el("tbody", {}, rows)]);
  }

  // A page whose address is its only state: `show` gets the address's question and takes it, `go` changes it.
  function addressed(path, mount, show) {
    let current = new URLSearchParams();
    const take = (search) => (current = new URLSearchParams(search || ""));
    const get = (name) => current.get(name) || "";

    // Writes into the address without asking anew: for what stands open and is shown already.
    function note(changes) {
      const next = changed(changes);
      current = next;
      window.history.replaceState(null, "", window.location.pathname + (next.toString() ? `?${next}` : ""));
    }

    function changed(changes) {
      const next = new URLSearchParams(current);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
      }
      return next;
    }

    function go(changes, replace) {
      const next = changed(changes);
      const search = next.toString() ? `?${next}` : "";
      window.history[replace ? "replaceState" : "pushState"](null, "", window.location.pathname + search);
      show(search);
    }

    // Changes of the address come back through Dash, which calls the mount; back and forward within the page do not.
    window.addEventListener("popstate", () => {
      if (window.location.pathname === path) show(window.location.search);
    });
    window.dash_clientside.egraph[mount] = (search) => {
      show(search);
      return "mounted";
    };
    return { get, go, note, take };
  }

  window.egraphConsole.records = { ask, button, day, colour, dump, copy, state, cell, table, addressed, placeOf, reading, summary, keysDialog, pageKeys, GLYPHS };
})();
