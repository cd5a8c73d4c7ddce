// Rows of the two tables. Text is made here, so that the grids only show and sort.
(() => {
  const { overviewOf, bandOf, ago, time, count, fill } = window.egraphConsole;
  const COLOURS = { RED: ["red", "▲ red"], BLUE: ["blue", "● blue"], GREEN: ["green", "■ green"] };
  let shown = null;

  window.dashAgGridFunctions = window.dashAgGridFunctions || {};
  window.dashAgGridFunctions.egraphNumber = count;

  window.dash_clientside.egraph.agent_rows = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    return overview.agents.map((agent) => {
      const band = bandOf(agent.band);
      return {
        agent: `A${agent.agent}`,
        role: agent.role,
        band: agent.band,
        health: `${band.glyph} ${band.word}`,
        facts: agent.facts,
        lag: agent.lag,
        digest: agent.view_digest.slice(0, 8),
        rss_mb: Math.round(agent.rss_bytes / 1e6),
        last_seen: ago((overview.generated_at_us - agent.last_seen_us) / 1e6),
      };
    });
  };

  window.dash_clientside.egraph.fact_rows = (view) => {
    const overview = overviewOf(view);
    if (!overview) return window.dash_clientside.no_update;
    const facts = overview.recent_facts;
    const now = `${facts.length} ${facts.map((fact) => `${fact.partition}:${fact.offset}`).join(" ")}`;
    // The grid is the dearest panel to redraw; leave it alone while no fact came.
    if (now === shown) return window.dash_clientside.no_update;
    shown = now;
    fill("facts-note", facts.length ? `newest first, ${facts.length} rows` : "newest first");
    return facts.map((fact) => {
      const [paint, colour] = COLOURS[fact.colour.toUpperCase()] || ["", "–"];
      return {
        time: time(fact.appended_at_us, true),
        position: `${fact.partition}:${fact.offset}`,
        kind: fact.kind,
        paint,
        colour,
        producer: fact.producer,
        summary: fact.summary,
        event_id: fact.event_id,
      };
    });
  };
})();
