// The only traffic of the page: asks for the overview, keeps the last answer, says how the line to the server is.
(() => {
  const PATH = "/api/v1/overview";
  const TIMEOUT_MS = 5000;
  let etag = null;
  let waiting = false;

  async function ask() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(PATH, { headers, cache: "no-store", signal: stop.signal });
      if (answer.status !== 200 && answer.status !== 304) throw new Error(`status ${answer.status}`);
      if (answer.status === 200) {
        const view = await answer.json();
        etag = answer.headers.get("ETag");
        window.dash_clientside.set_props("overview-store", { data: view });
      }
      const age = answer.headers.get("Age");
      return { reachable: true, age_s: age === null ? null : Number(age), at: Date.now() };
    } catch (error) {
      return { reachable: false, age_s: null, at: Date.now() };
    } finally {
      clearTimeout(timer);
    }
  }

  async function poll() {
    // One question at a time: a slow line makes the page slower, it does not pile up requests.
    if (waiting || document.hidden) return;
    waiting = true;
    try {
      window.dash_clientside.set_props("link-store", { data: await ask() });
    } finally {
      waiting = false;
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && window.dash_clientside.set_props) poll();
  });

  window.dash_clientside.egraph.poll = () => {
    poll();
  };
})();
