// The only traffic of every page: the overview, told by the server over a socket as soon as there is another one. The first
// is asked for, and so are all where there is no socket. Keeps the last answer, says how the line to the server is.
(() => {
  const PATH = "/api/v1/overview";
  const SOCKET = "/api/v1/live";
  const TIMEOUT_MS = 5000;
  // The server tells something every second and a half, at least. A socket that is silent is no line, whatever the browser thinks of it.
  const SILENCE_MS = 3000;
  const AGAIN_MS = [2000, 60000];
  let etag = null;
  let waiting = false;
  let socket = null;
  let heardAt = 0;
  let openAgainAt = 0;
  let pause = AGAIN_MS[0];

  const tell = (link) => window.dash_clientside.set_props("link-store", { data: { ...link, at: Date.now() } });
  const show = (view) => window.dash_clientside.set_props("overview-store", { data: view });

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
        show(view);
      }
      const age = answer.headers.get("Age");
      return { reachable: true, age_s: age === null ? null : Number(age) };
    } catch (error) {
      return { reachable: false, age_s: null };
    } finally {
      clearTimeout(timer);
    }
  }

  async function poll() {
    if (document.hidden) return shut();
    if (socket && Date.now() - heardAt < SILENCE_MS) return;
    // One question at a time: a slow line makes the page slower, it does not pile up requests.
    if (waiting) return;
    waiting = true;
    shut();
    try {
      const link = await ask();
      tell(link);
      // Only behind an answer: a server that is away is not knocked at twice a second.
      if (link.reachable && !document.hidden) open();
    } finally {
      waiting = false;
    }
  }

  function open() {
    if (!window.DecompressionStream || Date.now() < openAgainAt) return;
    const known = etag ? `?known=${encodeURIComponent(etag)}` : "";
    const mine = new WebSocket(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}${SOCKET}${known}`);
    mine.binaryType = "blob";
    socket = mine;
    heardAt = Date.now();
    let turn = Promise.resolve();
    mine.onmessage = ({ data }) => {
      heardAt = Date.now();
      pause = AGAIN_MS[0];
      turn = turn.then(() => take(mine, data)).catch(() => mine === socket && shut());
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      // A proxy that lets no socket through is tried less and less often; a server that was away tells itself by asking.
      socket = null;
      openAgainAt = Date.now() + pause;
      pause = Math.min(2 * pause, AGAIN_MS[1]);
      poll();
    };
  }

  async function take(from, data) {
    const said = typeof data === "string" ? JSON.parse(data) : await new Response(data.stream().pipeThrough(new DecompressionStream("gzip"))).json();
    if (from !== socket) return;
    if (typeof data !== "string") return show(said);
    etag = said.etag;
    tell({ reachable: true, age_s: said.age_s });
  }

  function shut() {
    const former = socket;
    socket = null;
    if (former) former.close();
  }

  document.addEventListener("visibilitychange", () => {
    if (window.dash_clientside.set_props) poll();
  });

  window.dash_clientside.egraph.poll = () => {
    poll();
  };
})();
