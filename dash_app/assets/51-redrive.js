// Sending a refused record again, for the operator: a button, the question for the token, and what came of it in place.
// Only the Events page uses it (52-events.js). The token is kept until the page is left, and nowhere else.
window.egraphConsole.redrive = (() => {
  const { el, asked } = window.egraphConsole;
  const { button } = window.egraphConsole.records;
  const PATH = "/api/v1/dead-letters/redrive";
  let token = "";

  async function send(source, again) {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    try {
      return await asked(PATH, { method: "POST", headers, body: JSON.stringify({ positions: [source], again }) });
    } catch (error) {
      return [{ problem: "the server cannot be reached; nothing is known to be sent, try again when the page is live" }, 0];
    }
  }

  function outcome(found, status) {
    if (status === 401) token = "";
    if (status < 200 || status >= 400) return ["✕", found.problem || "the server refused it"];
    if (found.sent.length) return ["✓", "sent again; should it be refused once more, it becomes a dead letter with a new position"];
    if (found.before.length) return ["=", "it was sent again before, so nothing was sent"];
    return ["✕", "the broker holds no such dead letter any more"];
  }

  function dialog(source, told, opener) {
    const secret = el("input", { type: "password", name: "token", required: "", autocomplete: "off", "aria-label": "token of the operator", value: token });
    const again = el("input", { type: "checkbox", name: "again" });
    const form = el("form", { method: "dialog" }, [
      el("h2", { id: "redrive-title" }, "Send this record again?"),
      el("p", {}, ["The bytes of ", el("span", { class: "mono" }, source), " are appended unchanged to the partition they came from, and every agent reads them. Mend the cause first."]),
      el("label", {}, ["token of the operator", secret]), el("label", {}, [again, " also if it was sent again before"]),
      el("div", { class: "redrive-act" }, [el("button", { type: "submit", class: "record-go" }, "Send again"), button("cancel", () => box.close())]),
    ]);
    const box = el("dialog", { class: "keys-dialog redrive-dialog", "aria-labelledby": "redrive-title" }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      token = secret.value;
      box.close();
      told.textContent = "sending …";
      const [sign, words] = outcome(...(await send(source, again.checked)));
      told.textContent = `${sign} ${words}`;
    });
    box.addEventListener("close", () => (box.remove(), opener.focus()));
    document.getElementById("events-page").append(box);
    box.showModal();
  }

  function control(source) {
    const told = el("span", { role: "status" });
    const opener = button("Send again …", () => dialog(source, told, opener), { "aria-label": `send ${source} again` });
    return el("div", { class: "redrive" }, [opener, told]);
  }

  return { control };
})();
