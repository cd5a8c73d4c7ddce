// Marks the page that is shown among the links, and names it in the title of the window.
(() => {
  window.dash_clientside.egraph.draw_navigation = (pathname) => {
    for (const link of document.querySelectorAll("#navigation a")) {
      const current = new URL(link.href).pathname === pathname;
      if (current) {
        link.setAttribute("aria-current", "page");
        document.title = `${link.textContent} · egraph-streams`;
      } else {
        link.removeAttribute("aria-current");
      }
    }
    return pathname;
  };
})();
