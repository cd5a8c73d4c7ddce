// Asking for what changes only with the log: when the newest fact of the overview is another one, at most every so often,
// and once more when it has been still for a while, because answers are made for all viewers and may be some seconds old.
(() => {
  const newsOf = ({ recent_facts, kpis }) => [recent_facts.length ? `${recent_facts[0].partition}:${recent_facts[0].offset}` : "", kpis.facts, kpis.accepted, kpis.quarantined].join(" ");

  // `isThere` tells whether the page is shown; `show` takes the document, or null and the problem, and gives false where
  // the document says that there is more to come, although the log stays as it is.
  function followed(path, every_ms, isThere, show) {
    let news = null;
    let asked_at = 0;
    let owed = 0;
    let busy = false;
    let patience = 1;
    return async (overview) => {
      const now = newsOf(overview);
      if (now !== news) owed = 2;
      news = now;
      if (!owed || busy || Date.now() - asked_at < every_ms * patience) return;
      busy = true;
      asked_at = Date.now();
      owed -= 1;
      const [found, problem] = await window.egraphConsole.records.ask(path);
      busy = false;
      patience = found ? 1 : 5;
      const isWhole = isThere() ? show(found, problem) : true;
      // What could not be told now is asked for again, later.
      if (!found || isWhole === false) owed = Math.max(owed, 1);
    };
  }

  window.egraphConsole.followed = followed;
})();
