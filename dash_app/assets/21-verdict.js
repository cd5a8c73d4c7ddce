// The verdict: do the agents agree, what is slow, what is kept out and why. One sentence each, for who sees the page for
// the first time. Figures stand below; here is only what they come to.
(() => {
  const { el, fill, count, duration, overviewOf, isNumber, time, drawn, START, SLOW_MS } = window.egraphConsole;

  const SIGNS = { good: "✓", busy: "…", late: "!", bad: "✕", out: "⊘", old: "◌" };
  const names = (agents) => (agents.length > 4 ? `${count(agents.length)} agents` : agents.map((agent) => `A${agent.agent}`).join(", "));

  // Agents of which nothing is heard cannot agree, so they come first. Who is merely late has been heard lately.
  function agreement(overview) {
    const { agents, kpis } = overview;
    const gone = agents.filter((agent) => agent.band === "down");
    const late = agents.filter((agent) => agent.band === "degraded" || agent.band === "suspect");
    const heard = agents.length - gone.length;
    const behind = agents.filter((agent) => agent.band !== "down" && agent.lag > 0).sort((one, other) => other.lag - one.lag);
    const one = kpis.distinct_digests === 1;
    const rest = one ? "agree" : `show ${count(kpis.distinct_digests)} digests`;
    if (kpis.violations > 0) return ["bad", `${count(kpis.violations)} classes break the colour rule`, "must be 0: see Agents"];
    if (gone.length) return ["bad", `${names(gone)} down`, heard ? `the other ${count(heard)} ${rest}` : "no agent is heard"];
    if (late.length) return ["late", `${names(late)} late`, `not heard for some seconds; ${one ? "all agreed when last heard" : `agents ${rest}`}`];
    if (one) return ["good", `All ${count(agents.length)} agents agree`, `${count(kpis.facts)} facts, one digest`];
    const most = behind.length ? `A${behind[0].agent} lacks ${count(behind[0].lag)} facts` : "facts are arriving";
    if (behind.length || kpis.facts_per_s > 0) return ["busy", "Catching up", `${count(kpis.distinct_digests)} digests, ${most}`];
    return ["bad", "Agents disagree", `${count(kpis.distinct_digests)} digests, and nobody lacks a fact`];
  }

  function slowness(overview) {
    const known = overview.flows.filter((flow) => isNumber(flow.p95_ms)).sort((one, other) => other.p95_ms - one.p95_ms);
    if (!known.length) return ["busy", "No messages", "in this window"];
    const slow = known.filter((flow) => flow.p95_ms >= SLOW_MS).length;
    const worst = `A${known[0].sender} → A${known[0].receiver}, p95 ${duration(known[0].p95_ms).join(" ")}`;
    if (!slow) return ["good", "Nothing is slow", `slowest flow ${worst}`];
    const share = slow === known.length ? `All ${count(slow)} flows are slow` : `${count(slow)} of ${count(known.length)} flows ${slow === 1 ? "is" : "are"} slow`;
    return ["late", share, `over ${SLOW_MS} ms; slowest ${worst}`];
  }

  function keptOut(overview) {
    const { quarantined, accepted } = overview.kpis;
    if (!quarantined) return ["good", "Nothing is quarantined", `${count(accepted)} equalities accepted`];
    const noun = quarantined === 1 ? "equality" : "equalities";
    return ["out", `${count(quarantined)} ${noun} quarantined`, "each would put BLUE under RED, or the reverse"];
  }

  function part(name, [sign, says, why], link) {
    const told = [
      el("span", { class: "verdict-sign", "aria-hidden": "true" }, SIGNS[sign]),
      el("strong", {}, says), el("span", { class: "verdict-why" }, why),
    ];
    if (link) told.push(el("a", { href: link[1] }, link[0]));
    return el("p", { id: `verdict-${name}`, class: `verdict-part verdict-${sign}` }, told);
  }

  window.dash_clientside.egraph.draw_verdict = (view, link) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const { kind } = window.egraphConsole.statusOf(link, view);
    const parts = overview.agents.length
      ? [
          part("agreement", agreement(overview)), part("slow", slowness(overview)),
          part("quarantined", keptOut(overview), overview.kpis.quarantined ? ["which, and why", "/egraph"] : null),
        ]
      : [part("agreement", ["busy", "No agent has been heard", START])];
    // Old figures judge an old moment, and must not be read as a judgement of now.
    if (kind === "old" || kind === "bad") parts.unshift(part("old", ["old", `As of ${time(overview.generated_at_us, false)}`, "not now: the figures are old"]));
    const now = JSON.stringify(parts.map((item) => [item.className, item.textContent]));
    const place = document.getElementById("verdict");
    if (place && place.dataset.shown !== now) {
      fill("verdict", parts);
      place.dataset.shown = now;
    }
    return drawn(overview);
  };
})();
