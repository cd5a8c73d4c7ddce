// Dark or light: remembered in the browser, set before the first paint.
(() => {
  const KEY = "egraph-console-scheme";

  function remembered() {
    try {
      return window.localStorage.getItem(KEY) === "light" ? "light" : "dark";
    } catch (error) {
      return "dark"; // storage may be forbidden
    }
  }

  function apply(scheme) {
    document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
    document.documentElement.setAttribute("data-ag-theme-mode", scheme);
  }

  apply(remembered());

  window.dash_clientside.egraph.switch_scheme = (clicks) => {
    let scheme = remembered();
    if (clicks) {
      scheme = scheme === "dark" ? "light" : "dark";
      try {
        window.localStorage.setItem(KEY, scheme);
      } catch (error) {
        // Not remembered, still switched.
      }
    }
    apply(scheme);
    return [scheme, scheme, scheme === "dark" ? "☾" : "☀"];
  };
})();
