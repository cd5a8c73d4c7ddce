// Marks the page that is shown among the links, and names it in the title of the window. On a phone: the sheet of ways.
(() => {
  const more = () => document.getElementById("ways-more");
  const rest = () => document.getElementById("ways-rest");
  const isOpen = () => more()?.getAttribute("aria-expanded") === "true";

  function toggle(open, focus) {
    more().setAttribute("aria-expanded", String(open));
    if (focus) (open ? rest().querySelector("a") : more()).focus();
  }

  // The bar is built once, by Dash, after this script has run.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#ways-more")) toggle(!isOpen(), !isOpen());
    else if (isOpen()) toggle(false, false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    event.stopPropagation();
    toggle(false, true);
  }, true);
  // Who tabs out of the sheet has left it.
  document.addEventListener("focusin", (event) => {
    if (isOpen() && !event.target.closest("#ways-rest, #ways-more")) toggle(false, false);
  });

  window.dash_clientside.egraph.draw_navigation = (pathname) => {
    let hidden = "";
    for (const link of document.querySelectorAll("#navigation a")) {
      const current = new URL(link.href).pathname === pathname;
      if (current) {
        link.setAttribute("aria-current", "page");
        document.title = `${link.textContent} · egraph-streams`;
        if (rest().contains(link)) hidden = link.textContent;
      } else {
        link.removeAttribute("aria-current");
      }
    }
    more().classList.toggle("is-here", Boolean(hidden));
    more().setAttribute("aria-label", hidden ? `more pages, ${hidden} is shown` : "more pages");
    return pathname;
  };
})();
