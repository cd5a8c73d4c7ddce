// What is chosen on the live page stands in its address, so that a link shows the same. Not here: what a choice does.
(() => {
  const CHOICES = { nodes: ["lattice-nodes", "health"], cells: ["matrix-metric", "p95"], scale: ["percentiles-scale", "log"], messages: ["messages-view", "picture"] };
  const VALUES = { nodes: ["health", "colour", "lag"], cells: ["p95", "p99", "mbps", "efficiency"], scale: ["log", "linear"], messages: ["picture", "table"] };
  const page = () => document.getElementById("lattice");

  // From the address to the switches, once for each time that the page is opened.
  window.dash_clientside.egraph.read_overview_address = (search) => {
    if (!page() || page().dataset.addressed) return window.dash_clientside.no_update;
    page().dataset.addressed = "yes";
    const asked = new URLSearchParams(search || "");
    for (const [name, [id]] of Object.entries(CHOICES)) {
      if (VALUES[name].includes(asked.get(name))) window.dash_clientside.set_props(id, { value: asked.get(name) });
    }
    return "read";
  };

  // From the switches to the address. Before that was read, the switches stand as they are made, which is nobody's wish.
  window.dash_clientside.egraph.write_overview_address = (...chosen) => {
    if (!page() || !page().dataset.addressed || window.location.pathname !== "/") return window.dash_clientside.no_update;
    const next = new URLSearchParams(window.location.search);
    Object.entries(CHOICES).forEach(([name, [, plain]], index) => (chosen[index] === plain ? next.delete(name) : next.set(name, chosen[index])));
    const search = next.toString() ? `?${next}` : "";
    if (search !== window.location.search) window.history.replaceState(null, "", window.location.pathname + search);
    return search;
  };
})();
